// `backup P FILE` and `restore FILE P`.
#include "store/backup.h"

#include <iostream>

#include "verb.h"

namespace millwright::cli {
namespace {

struct Options {
  std::string project, file;
};

Json document_of(const store::BackupResult& result, const std::string& file) {
  return {{"file", file}, {"sha256", to_hex(result.sha256)}, {"bytes", result.bytes}, {"entries", result.entries}};
}

Result<int> back_up(Context& context, const Options& options) {
  MW_ASSIGN(const store::Project project, context.open(options.project, true));
  MW_ASSIGN(const store::BackupResult result, store::back_up(project, options.file, context.work("Backing up")));
  context.answer(document_of(result, result.file.string()), [&](std::ostream& out) {
    out << "Wrote " << result.file.string() << ": " << grouped(result.bytes) << " bytes, SHA-256 "
        << to_hex(result.sha256) << '\n';
  });
  return 0;
}

Result<int> restore(Context& context, const Options& options) {
  MW_ASSIGN(const store::BackupResult result,
            store::restore(options.file, options.project, context.actor(), context.work("Restoring")));
  Json document = document_of(result, options.file);
  document["project"] = result.file.string();
  context.answer(document, [&](std::ostream& out) {
    out << "Restored " << result.file.string() << " from " << options.file << " (SHA-256 " << to_hex(result.sha256)
        << ")\n";
  });
  return 0;
}

void add(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = context.verb(app, "backup", "Write a project into one file, also while it is open",
                                "backup demo demo.backup.tar");
  verb->add_option("PROJECT", options->project, "Project folder")->required();
  verb->add_option("FILE", options->file, "File to write: a tar archive")->required();
  context.action(verb, [options](Context& c) { return back_up(c, *options); });

  auto back = std::make_shared<Options>();
  verb = context.verb(app, "restore", "Make a project from a backup", "restore demo.backup.tar demo-again");
  verb->add_option("FILE", back->file, "Backup")->required();
  verb->add_option("PROJECT", back->project, "Folder to make")->required();
  context.action(verb, [back](Context& c) { return restore(c, *back); });
}
const Registration kRegistration(910, add);

}  // namespace
}  // namespace millwright::cli

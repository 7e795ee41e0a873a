// `export P`: a snapshot as files.
#include "snapshots/export.h"

#include <iostream>

#include "verb.h"

namespace millwright::cli {
namespace {

struct Options {
  std::string project, snapshot, format = "jsonl", to;
};

Result<int> run(Context& context, const Options& options) {
  const auto format = snapshots::export_format_from(options.format);
  if (!format)
    return fail(ErrorKind::usage, "export.format", "There is no format {format}.", {{"format", options.format}},
                "Formats are jsonl, csv and hf.");
  MW_ASSIGN(const auto project, context.open(options.project, true));
  MW_ASSIGN(const auto snapshot, snapshots::find_snapshot(project, options.snapshot));
  MW_ASSIGN(const auto files,
            snapshots::export_snapshot(project, snapshot, *format, options.to, context.work("Export")));
  Json document = {{"files", Json::array()}};
  Table table({"file", "rows", "sha256"});
  for (const auto& file : files) {
    document["files"].push_back({{"path", file.path}, {"rows", file.rows}, {"sha256", to_hex(file.sha256)}});
    table.row({file.path, grouped(file.rows), to_hex(file.sha256).substr(0, 16)});
  }
  context.answer(document, [&](std::ostream& out) { table.print(out); });
  return 0;
}

void add(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = context.verb(app, "export", "Write a snapshot to files",
                                "export demo --snapshot latest --format hf --to sections");
  verb->add_option("PROJECT", options->project, "Project folder")->required();
  verb->add_option("--snapshot", options->snapshot, "The snapshot; the newest otherwise")->type_name("S");
  verb->add_option("--format", options->format, "jsonl, csv or hf (a folder that Hugging Face datasets load)")
      ->type_name("F");
  verb->add_option("--to", options->to, "Folder; made when missing")->type_name("DIR")->required();
  context.action(verb, [options](Context& c) { return run(c, *options); });
}
const Registration kRegistration(150, add);

}  // namespace
}  // namespace millwright::cli

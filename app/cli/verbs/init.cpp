// `init P`: a new, empty project.
#include <iostream>

#include "store/project.h"
#include "verb.h"

namespace millwright::cli {
namespace {

struct Options {
  std::string project, name;
};

Result<int> init(Context& context, const Options& options) {
  MW_ASSIGN(const store::Project project, store::Project::create(options.project, context.actor(), {options.name}));
  const Json document = {{"project", project.folder().string()},
                         {"id", tail(project.id())},
                         {"name", project.name()},
                         {"format_version", project.format_version()}};
  context.answer(document, [&](std::ostream& out) {
    out << "Made the project " << project.name() << " (" << tail(project.id()) << ") in " << project.folder().string()
        << '\n';
  });
  return 0;
}

void add(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = context.verb(app, "init", "Make a new project", "init demo --name \"Package sections\"");
  verb->add_option("PROJECT", options->project, "Folder to make; .millwright is added")->required();
  verb->add_option("--name", options->name, "Name to show; the folder's otherwise");
  context.action(verb, [options](Context& c) { return init(c, *options); });
}
const Registration kRegistration(10, add);

}  // namespace
}  // namespace millwright::cli

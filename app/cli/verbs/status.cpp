// `status`: where the flywheel stands, and the next useful thing to do.
#include <cmath>
#include <iostream>

#include "planning/flywheel.h"
#include "verb.h"

namespace millwright::cli {
namespace {

std::string figures_text(const planning::Stage& stage) {
  std::string out;
  for (const auto& figure : stage.figures) {
    if (figure.text.empty() && !std::isfinite(figure.number)) continue;
    if (!out.empty()) out += " · ";
    const bool share = figure.name == "accuracy" || figure.name == "macro_f1" || figure.name == "progress";
    const bool whole = figure.number == std::floor(figure.number);
    out += figure.name + ' ';
    if (!figure.text.empty())
      out += figure.text;
    else if (share)
      out += percent(figure.number);
    else
      out += whole ? grouped(static_cast<int64_t>(figure.number)) : fixed(figure.number, 1);
  }
  return out;
}

Result<int> show(Context& context, const std::string& typed) {
  MW_ASSIGN(const auto project, context.open(typed, true));
  MW_ASSIGN(const auto status, planning::flywheel_status(project));
  context.answer(planning::to_json(status), [&](std::ostream& out) {
    out << status.project << "\n\n";
    Table stages({"stage", "state", "figures"});
    for (const auto& stage : status.stages)
      stages.row({stage.name, planning::name_of(stage.state), figures_text(stage)});
    stages.print(out);
    out << "\nNext:\n";
    for (const auto& action : status.next)
      out << "  " << planning::words_of(action) << ". " << planning::reason_of(action) << "\n    " << action.command
          << '\n';
    if (status.next.empty()) out << "  nothing waits\n";
  });
  return 0;
}

void add(CLI::App& app, Context& context) {
  auto project = std::make_shared<std::string>();
  CLI::App* verb = context.verb(app, "status", "Where the flywheel stands, and what to do next", "status demo --json");
  verb->add_option("PROJECT", *project, "Project folder")->required();
  context.action(verb, [project](Context& c) { return show(c, *project); });
}
const Registration kRegistration(15, add);

}  // namespace
}  // namespace millwright::cli

// `verify P`: is everything there that was saved, and is it what was saved?
#include "planning/verify_project.h"

#include <algorithm>
#include <iostream>

#include "verb.h"

namespace millwright::cli {
namespace {

struct Options {
  std::string project, head;
  bool deep = false;
};

Json document_of(const store::VerifyReport& report) {
  Json checked = Json::object();
  for (const auto& [name, count] : report.checked) checked[name] = count;
  Json problems = Json::array();
  for (const Error& problem : report.problems) {
    Json arguments = Json::object();
    for (const auto& [name, value] : problem.arguments) arguments[name] = value;
    problems.push_back({{"code", problem.code},
                        {"message", message_of(problem)},
                        {"hint", hint_of(problem)},
                        {"context", std::move(arguments)}});
  }
  return {{"ok", report.ok()},
          {"checked", std::move(checked)},
          {"erased", report.erased},
          {"problems", std::move(problems)}};
}

Result<int> run(Context& context, const Options& options) {
  MW_ASSIGN(const store::Project project, context.open(options.project, true));
  MW_ASSIGN(const store::VerifyReport report,
            planning::verify_project(project, {.deep = options.deep, .head = options.head}, context.work("Verifying")));
  context.answer(document_of(report), [&](std::ostream& out) {
    for (const auto& [name, count] : report.checked) {
      std::string words = name;
      std::replace(words.begin(), words.end(), '_', ' ');
      out << "  " << words << ": " << grouped(count) << '\n';
    }
    if (report.erased > 0) out << "  erased: " << grouped(report.erased) << '\n';
    for (const Error& problem : report.problems) out << "  problem: " << message_of(problem) << '\n';
    if (!report.ok())
      out << "Not ok: " << grouped(static_cast<int64_t>(report.problems.size())) << " problems.\n";
    else
      out << (options.deep ? "Ok: everything was read and is what was saved.\n"
                           : "Ok. (--deep also reads every file and compares its hash.)\n");
  });
  return report.ok() ? 0 : 1;
}

void add(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* verb =
      context.verb(app, "verify", "Check that what was saved is there and unchanged", "verify demo --deep");
  verb->add_option("PROJECT", options->project, "Project folder")->required();
  verb->add_flag("--deep", options->deep, "Read every file and compare its hash");
  verb->add_option("--head", options->head, "A head of the audit trail, printed earlier, that must be in it");
  context.action(verb, [options](Context& c) { return run(c, *options); });
}
const Registration kRegistration(900, add);

}  // namespace
}  // namespace millwright::cli

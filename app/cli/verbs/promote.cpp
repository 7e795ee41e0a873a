// `promote P`, `rollback P`: which model is in use.
#include <iostream>

#include "base/ids.h"
#include "labels/task.h"
#include "models/registry.h"
#include "verb.h"

namespace millwright::cli {
namespace {

struct Options {
  std::string project, task, model, to = "champion", reason;
};

void answer(Context& context, const models::StageChange& change) {
  Json document = {{"model", tail(change.model.uuid)},
                   {"from", models::name_of(change.from)},
                   {"to", models::name_of(change.to)},
                   {"replaced", change.replaced ? Json(tail(change.replaced->uuid)) : Json(nullptr)}};
  context.answer(document, [&](std::ostream& out) {
    out << change.model.name << " is " << models::name_of(change.to) << " now";
    if (change.replaced) out << "; " << change.replaced->name << " is retired";
    out << '\n';
  });
}

Result<int> promote(Context& context, const Options& options) {
  const auto stage = models::stage_named(options.to);
  if (!stage)
    return fail(ErrorKind::usage, "promote.stage", "{stage} is no stage.", {{"stage", options.to}},
                "Stages are candidate, champion and retired.");
  MW_ASSIGN(auto project, context.open(options.project));
  int64_t task = 0;
  if (!options.task.empty()) {
    MW_ASSIGN(const labels::Task found, labels::find_task(project, options.task));
    task = found.id;
  }
  MW_ASSIGN(const models::Model model, models::find_model(project, options.model));
  MW_ASSIGN(const auto change, models::promote(project, task, model.id, *stage, options.reason));
  answer(context, change);
  return 0;
}

Result<int> roll_back(Context& context, const Options& options) {
  MW_ASSIGN(auto project, context.open(options.project));
  MW_ASSIGN(const labels::Task task, labels::find_task(project, options.task));
  MW_ASSIGN(const auto change, models::roll_back(project, task.id, options.reason));
  answer(context, change);
  return 0;
}

void add(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = context.verb(app, "promote", "Change a model's stage", "promote demo --model latest --to champion");
  verb->add_option("PROJECT", options->project, "Project folder")->required();
  verb->add_option("--task", options->task, "The model's task, to be sure")->type_name("T");
  verb->add_option("--model", options->model, "The model")->type_name("M")->required();
  verb->add_option("--to", options->to, "candidate, champion or retired")->type_name("STAGE");
  verb->add_option("--reason", options->reason, "Why")->type_name("TEXT");
  context.action(verb, [options](Context& c) { return promote(c, *options); });
  CLI::App* back = context.verb(app, "rollback", "Put the champion before back", "rollback demo --task section");
  back->add_option("PROJECT", options->project, "Project folder")->required();
  back->add_option("--task", options->task, "The task; the only one otherwise")->type_name("T");
  back->add_option("--reason", options->reason, "Why")->type_name("TEXT");
  context.action(back, [options](Context& c) { return roll_back(c, *options); });
}
const Registration kRegistration(220, add);

}  // namespace
}  // namespace millwright::cli

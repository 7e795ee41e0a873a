// `crossvalidate P`: each label judged by a model that has not seen it.
#include <iostream>
#include <limits>

#include "base/ids.h"
#include "base/remark.h"
#include "labels/task.h"
#include "models/cross_validation.h"
#include "models/cross_validation_plan.h"
#include "models/training.h"
#include "settings.h"
#include "verb.h"

namespace millwright::cli {
namespace {

struct Options {
  std::string project, task;
  models::CrossValidationRequest request;
  std::vector<std::string> settings;
  bool wait = false, plan = false;
};

double figure(const Json& metrics, const char* name) {
  const Json found = metrics.is_object() ? metrics.value(name, Json()) : Json();
  return found.is_number() ? found.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

Result<int> validate(Context& context, Options& options) {
  MW_ASSIGN(auto project, context.open(options.project));
  if (!options.task.empty()) {
    MW_ASSIGN(const auto task, labels::find_task(project, options.task));
    options.request.task = task.id;
  }
  MW_ASSIGN(options.request.settings, read_settings(options.settings));
  const Work work = context.work("Cross-validate");
  if (options.plan) {
    MW_ASSIGN(const auto plan, models::plan_cross_validation(project, options.request));
    context.answer(models::to_json(plan), [&](std::ostream& out) {
      out << grouped(plan.rows) << " rows of " << grouped(plan.labels) << " labels in " << plan.folds
          << " folds: " << (plan.seconds ? words_of(about_time(*plan.seconds)) : "no telling how long")
          << (plan.memory ? ", " + words_of(memory_size(*plan.memory)) : std::string()) << '\n'
          << "  " << words_of(plan.rests_on, " ") << '\n';
    });
    return 0;
  }
  MW_ASSIGN(const jobs::Job job, models::start_cross_validation(project, options.request, work));
  if (!options.wait) return context.queued(tail(job.uuid));
  MW_ASSIGN(auto foreman, models::foreman(project));
  MW_ASSIGN(const jobs::Job done, foreman.wait(job.id, work));
  MW_ASSIGN(const auto made, models::cross_validation_of_job(project, done.id));
  context.answer(models::to_json(made), [&](std::ostream& out) {
    out << grouped(static_cast<int64_t>(figure(made.metrics, "n"))) << " labels in " << made.folds << " folds after "
        << fixed(made.seconds, 1) << " s\n"
        << "  accuracy out of sample  " << percent(figure(made.metrics, "accuracy")) << '\n'
        << "  labels that look wrong  " << fixed(figure(made.metrics, "suspected"), 0)
        << " (estimate of all: " << fixed(figure(made.metrics, "estimated_errors"), 0) << ")\n";
  });
  return 0;
}

void add(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = context.verb(app, "crossvalidate", "Judge each label by a model that has not seen it",
                                "crossvalidate demo --snapshot latest --wait");
  verb->add_option("PROJECT", options->project, "Project folder")->required();
  verb->add_option("--snapshot", options->request.snapshot, "The snapshot; the newest otherwise")->type_name("S");
  verb->add_option("--task", options->task, "The task, where the newest snapshot is meant")->type_name("T");
  verb->add_option("--algorithm", options->request.algorithm, "linear (the default) or encoder")->type_name("A");
  verb->add_option("--base", options->request.base,
                   "A model folder that each fold's training starts from, where the algorithm takes one")
      ->type_name("M");
  verb->add_option("--folds", options->request.folds, "Models to train, each without one part of the rows")
      ->type_name("K")
      ->capture_default_str();
  verb->add_option("--set", options->settings, "A setting of the algorithm, as for train; may be repeated")
      ->type_name("K=V");
  verb->add_option("--seed", options->request.seed, "Of the folds and of everything else that is drawn")
      ->type_name("N");
  verb->add_option("--device", options->request.device, "auto, cpu or cuda:N")->type_name("D");
  verb->add_flag("--wait", options->wait, "Do it now, and wait for its figures");
  verb->add_flag("--plan", options->plan, "Only say about how long it takes, and how much memory");
  context.action(verb, [options](Context& c) { return validate(c, *options); });
}
const Registration kRegistration(165, add);

}  // namespace
}  // namespace millwright::cli

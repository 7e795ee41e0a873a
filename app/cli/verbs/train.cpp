// `train P`: a model from a snapshot.
#include <iostream>
#include <limits>

#include "base/ids.h"
#include "base/remark.h"
#include "display.h"
#include "figures.h"
#include "models/comparison.h"
#include "models/training.h"
#include "models/training_plan.h"
#include "settings.h"
#include "verb.h"

namespace millwright::cli {
namespace {

struct Options {
  std::string project;
  models::TrainRequest request;
  std::vector<std::string> settings;
  bool wait = false, plan = false;
};

double number(const Json& object, const char* key) {
  const Json found = object.value(key, Json());
  return found.is_number() ? found.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

/// The model beside the baseline.
void print(std::ostream& out, const models::Comparison& comparison) {
  if (comparison.kind == labels::TaskKind::number)
    out << "  baseline  nearer on " << grouped(comparison.only_other_right) << " of the same " << grouped(comparison.n)
        << " rows, this model on " << grouped(comparison.only_model_right);
  else
    out << "  baseline  " << percent(comparison.other_accuracy) << " of the same " << grouped(comparison.n)
        << " rows right, this model " << percent(comparison.accuracy);
  out << ", p " << fixed(comparison.p, 4) << '\n';
}

void print(std::ostream& out, const models::Run& run, const std::optional<models::BesideBaseline>& beside) {
  out << "Model " << tail(run.model_uuid) << " after " << fixed(run.seconds, 1) << " s on " << run.device << '\n';
  for (const char* name : {"micro_f1", "f1", "precision", "recall", "r2", "mae", "accuracy", "macro_f1"})
    if (const Json found = run.metrics.value(name, Json()); found.is_object() && found["value"].is_number())
      out << "  test " << models::title_of_figure(name) << "  "
          << figure_text(name, {found["value"].get<double>(), number(found, "low"), number(found, "high")}) << '\n';
  if (beside) print(out, beside->comparison);
  if (!run.gate_override.empty()) out << "  the gate was overridden by " << run.gate_override << '\n';
}

std::string shown(const std::optional<double>& seconds) { return seconds ? words_of(about_time(*seconds)) : "–"; }

void print(std::ostream& out, const models::TrainingPlan& plan) {
  out << "Snapshot " << tail(plan.snapshot.uuid) << " of task " << plan.task.name << ": "
      << grouped(plan.snapshot.counts.train) << " training rows, " << grouped(plan.labels) << " labels\n";
  Table table({"algorithm", "fits", "time", "memory"});
  for (const models::PlannedAlgorithm& one : plan.algorithms)
    table.row({std::string(one.algorithm->name) + (one.baseline ? " (baseline)" : ""), one.fits ? "yes" : "no",
               shown(one.seconds), one.memory ? words_of(memory_size(*one.memory)) : "–"});
  table.print(out);
  for (const models::PlannedAlgorithm& one : plan.algorithms) {
    out << '\n' << one.algorithm->title << ": " << words_of(one.why, " ") << '\n';
    if (!one.rests_on.empty()) out << "  " << words_of(one.rests_on, " ") << '\n';
    for (const models::PlannedObjective& objective : one.objectives)
      if (one.fits && !objective.fits) out << "  " << objective.name << ": " << words_of(objective.why) << '\n';
  }
  if (plan.shut_by.empty()) return;
  out << "\nThe snapshot's gate is shut, so that training is refused:";
  for (const std::string& check : plan.shut_by) out << ' ' << check;
  out << '\n';
}

Result<int> run(Context& context, Options& options) {
  MW_ASSIGN(auto project, context.open(options.project));
  MW_ASSIGN(options.request.settings, read_settings(options.settings));
  const Work work = context.work("Train");
  if (options.plan) {
    MW_ASSIGN(const auto plan, models::plan_training(project, options.request, work));
    context.answer(models::to_json(plan), [&](std::ostream& out) { print(out, plan); });
    return 0;
  }
  MW_ASSIGN(const jobs::Job job, models::start_training(project, options.request, work));
  if (!options.wait) return context.queued(tail(job.uuid));
  MW_ASSIGN(const jobs::Job done, wait_for(context, project, job, "Train"));
  MW_ASSIGN(const models::Run made, models::run_of_job(project, done.id));
  MW_ASSIGN(const models::Model model, models::read_model(project, made.model));
  MW_ASSIGN(const auto beside, models::compare_with_baseline(project, model));
  const Json document = {{"job", tail(done.uuid)},
                         {"run", tail(made.uuid)},
                         {"model", tail(made.model_uuid)},
                         {"metrics", made.metrics},
                         {"seconds", made.seconds},
                         {"device", made.device},
                         {"weights_sha256", to_hex(made.weights_sha256)},
                         {"baseline", beside ? models::to_json(*beside) : Json()}};
  context.answer(document, [&](std::ostream& out) { print(out, made, beside); });
  return 0;
}

void add(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = context.verb(app, "train", "Train a model on a snapshot", "train demo --snapshot latest --wait");
  verb->add_option("PROJECT", options->project, "Project folder")->required();
  verb->add_option("--snapshot", options->request.snapshot, "The snapshot; the newest otherwise")->type_name("S");
  verb->add_option("--algorithm", options->request.algorithm,
                   "linear, lexicon (spans) or encoder; the task's baseline otherwise")
      ->type_name("A");
  verb->add_option("--base", options->request.base, "A model to start from, where the algorithm takes one")
      ->type_name("M");
  verb->add_option("--teacher", options->request.teacher, "A model to learn from beside the labels (distillation)")
      ->type_name("M");
  std::string settings = "A setting of the algorithm; may be repeated.";
  for (const jobs::Algorithm& algorithm : jobs::algorithms()) {
    settings += " " + std::string(algorithm.name) + ":";
    for (const jobs::OptionDeclaration& option : algorithm.options)
      settings += " " + std::string(option.name) + "=" + std::string(option.standard);
    settings += ".";
  }
  verb->add_option("--set", options->settings, settings)->type_name("K=V");
  verb->add_option("--seed", options->request.seed, "Of everything that is drawn")->type_name("N");
  verb->add_option("--device", options->request.device, "auto, cpu or cuda:N")->type_name("D");
  verb->add_flag("--wait", options->wait, "Do it now, and wait for the model");
  verb->add_flag("--plan", options->plan,
                 "Only say which algorithms fit, about how long each takes, and how much memory");
  context.action(verb, [options](Context& c) { return run(c, *options); });
}
const Registration kRegistration(160, add);

}  // namespace
}  // namespace millwright::cli

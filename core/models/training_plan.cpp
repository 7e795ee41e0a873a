#include "models/training_plan.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/ids.h"
#include "detail/training_choice.h"
#include "detail/training_forecast.h"
#include "detail/training_inputs.h"
#include "jobs/foreman.h"
#include "quality/gate_report.h"

namespace millwright::models {
namespace {

constexpr int64_t kFewRowsALabel = 50;  // for a model that begins from nothing

Remark remark_of(const Error& error) { return {error.text, error.arguments}; }

/// Names of the checks that keep the snapshot's gate shut, by its newest report.
Result<std::vector<std::string>> shut_by(const store::Project& project, const snapshots::Snapshot& snapshot) {
  MW_ASSIGN(const auto report, quality::latest_report(project, {quality::SubjectKind::snapshot, snapshot.id}));
  if (!report || report->open()) return std::vector<std::string>();
  return report->blocking();
}

/// What is there to train with.
Status check_engine(const jobs::Algorithm& algorithm) {
  MW_ASSIGN(const fs::path program, jobs::engine_program());
  std::error_code error;
  if (!algorithm.needs_torch || std::getenv("MILLWRIGHT_TORCH_MODULE") != nullptr ||
      fs::exists(program.parent_path() / "millwright-torch.so", error))
    return {};
  return fail(ErrorKind::job, "engine.no_torch", "There is no libtorch beside this program: only the baseline trains.");
}

std::vector<Remark> reasons(const detail::TrainingChoice& choice, const detail::TrainingData& data,
                            labels::TaskKind kind, size_t encoders) {
  const bool number = kind == labels::TaskKind::number;
  std::vector<Remark> why = {{number ? "Fits {rows} training rows." : "Fits {rows} training rows of {labels} labels.",
                              {{"rows", std::to_string(data.rows())}, {"labels", std::to_string(data.labels)}}}};
  if (!choice.algorithm->needs_torch) return why;
  if (choice.base) {
    why.push_back({"Begins from {model}.", {{"model", choice.base->name}}});
  } else if (encoders == 1) {
    why.push_back({"Begins from nothing; an encoder of the registry could be started from.", {}});
  } else if (encoders > 1) {
    why.push_back({"Begins from nothing; any of the registry's {n} encoders could be started from.",
                   {{"n", std::to_string(encoders)}}});
  } else {
    why.push_back({"Begins from nothing: no encoder is in the registry.", {}});
  }
  if (const int64_t each = data.rows() / std::max<int64_t>(1, data.labels);
      !number && !choice.base && each < kFewRowsALabel)
    why.push_back({"{n} rows a label are few for that.", {{"n", std::to_string(each)}}});
  const int64_t all = data.counts.rows() + data.counts.unlabeled;
  const auto share =
      std::llround(100.0 * static_cast<double>(data.counts.unlabeled) / static_cast<double>(std::max<int64_t>(1, all)));
  if (data.counts.unlabeled > 0)
    why.push_back({"{n} records ({percent} %) have no label: masked-lm and pretrain_epochs learn from their words.",
                   {{"n", std::to_string(data.counts.unlabeled)}, {"percent", std::to_string(share)}}});
  return why;
}

std::vector<PlannedObjective> objectives_of(const jobs::Algorithm& algorithm, labels::TaskKind kind) {
  std::vector<PlannedObjective> out;
  for (const jobs::OptionDeclaration& option : algorithm.options) {
    if (option.name != "objective") continue;
    for (const std::string_view name : option.choices) {
      PlannedObjective objective{std::string(name), true, {}};
      if (const Status taught = detail::check_objective(kind, algorithm, objective.name); !taught) {
        objective.fits = false;
        objective.why = remark_of(taught.error());
      }
      out.push_back(std::move(objective));
    }
  }
  return out;
}

/// The request as an algorithm takes it: another's settings are not its own, and what it does not take is left out.
TrainRequest request_for(const jobs::Algorithm& algorithm, const TrainRequest& request) {
  TrainRequest own = request;
  own.algorithm = algorithm.name;
  if (request.algorithm != algorithm.name) own.settings.clear();
  if (algorithm.needs_torch) return own;
  own.base.clear();
  own.teacher.clear();
  own.device = "cpu";
  return own;
}

Json words_or_null(const std::vector<Remark>& remarks) {
  return remarks.empty() ? Json() : Json(words_of(remarks, " "));
}

}  // namespace

Result<TrainingPlan> plan_training(const store::Project& project, const TrainRequest& asked, const Work& work) {
  TrainingPlan plan;
  MW_ASSIGN(plan.snapshot, snapshots::find_snapshot(project, asked.snapshot));
  MW_ASSIGN(plan.task, labels::read_task(project, plan.snapshot.task));
  const labels::TaskKind kind = plan.task.kind;
  plan.objective = detail::objective_of(kind);
  TrainRequest request = asked;
  if (request.algorithm.empty()) request.algorithm = baseline_of(kind);
  if (jobs::find_algorithm(request.algorithm) == nullptr)
    return tl::make_unexpected(detail::choose(project, request, kind).error());
  MW_ASSIGN(plan.shut_by, shut_by(project, plan.snapshot));
  MW_ASSIGN(const snapshots::SnapshotRows rows, snapshots::read_rows(project, plan.snapshot));
  std::vector<RecordRef> learned;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows.split[i] != snapshots::Split::train) continue;
    learned.push_back(rows.records[i]);
  }
  MW_ASSIGN(plan.labels, detail::labels_in_training(rows, kind));
  if (work.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped before it was done.");
  detail::TrainingData data{plan.snapshot.counts, plan.labels, 0};
  MW_ASSIGN(data.bytes, detail::mean_text_bytes(project, plan.snapshot, plan.task, learned));
  MW_ASSIGN(const std::vector<Run> runs, list_runs(project));
  MW_ASSIGN(const std::vector<Model> models, list_models(project));
  const auto encoders = static_cast<size_t>(
      std::count_if(models.begin(), models.end(), [](const Model& model) { return is_encoder(model); }));
  for (const jobs::Algorithm& algorithm : jobs::algorithms()) {
    const TrainRequest own = request_for(algorithm, request);
    MW_ASSIGN(const detail::TrainingChoice choice, detail::choose(project, own, kind));
    PlannedAlgorithm planned;
    planned.algorithm = &algorithm;
    planned.baseline = algorithm.name == baseline_of(kind);
    planned.objectives = objectives_of(algorithm, kind);
    planned.why = reasons(choice, data, kind, encoders);
    for (const Status& suits : {check_engine(algorithm), detail::check_objective(kind, algorithm, choice.objective()),
                                detail::check_label_count(kind, data.labels)}) {
      if (suits || !planned.fits) continue;
      planned.fits = false;
      planned.why = {remark_of(suits.error())};
    }
    if (planned.fits) {
      MW_ASSIGN(auto forecast, detail::forecast_training(project, choice, own.device, data, plan.snapshot, runs));
      planned.seconds = forecast.seconds;
      planned.memory = forecast.memory;
      planned.rests_on = std::move(forecast.rests_on);
      if (const auto tight = detail::tight_memory(planned.memory, own.device)) planned.why.push_back(*tight);
    }
    plan.algorithms.push_back(std::move(planned));
  }
  std::stable_partition(plan.algorithms.begin(), plan.algorithms.end(),
                        [](const PlannedAlgorithm& one) { return one.baseline; });
  return plan;
}

Json to_json(const TrainingPlan& plan) {
  Json algorithms = Json::array();
  for (const PlannedAlgorithm& one : plan.algorithms) {
    Json objectives = Json::array();
    for (const PlannedObjective& objective : one.objectives)
      objectives.push_back({{"objective", objective.name},
                            {"fits", objective.fits},
                            {"why", objective.fits ? Json() : Json(words_of(objective.why))}});
    algorithms.push_back({{"algorithm", one.algorithm->name},
                          {"title", one.algorithm->title},
                          {"baseline", one.baseline},
                          {"fits", one.fits},
                          {"why", words_or_null(one.why)},
                          {"seconds", one.seconds ? number_or_null(*one.seconds) : Json()},
                          {"memory", one.memory ? Json(*one.memory) : Json()},
                          {"rests_on", words_or_null(one.rests_on)},
                          {"objectives", objectives}});
  }
  const auto& counts = plan.snapshot.counts;
  return {{"snapshot", tail(plan.snapshot.uuid)},
          {"task", plan.task.name},
          {"rows", {{"train", counts.train}, {"validation", counts.validation}, {"test", counts.test}}},
          {"labels", plan.labels},
          {"unlabeled", counts.unlabeled},
          {"shut_by", plan.shut_by},
          {"algorithms", algorithms}};
}

}  // namespace millwright::models

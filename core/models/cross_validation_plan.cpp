#include "models/cross_validation_plan.h"

#include <algorithm>

#include "base/ids.h"
#include "detail/fold_choice.h"
#include "detail/training_forecast.h"

namespace millwright::models {

std::vector<const jobs::Algorithm*> judging_algorithms() {
  std::vector<const jobs::Algorithm*> out;
  for (const jobs::Algorithm& algorithm : jobs::algorithms())
    if (detail::learns(algorithm, "classification")) out.push_back(&algorithm);
  return out;
}

Result<CrossValidationPlan> plan_cross_validation(const store::Project& project,
                                                  const CrossValidationRequest& request) {
  MW_ASSIGN(const detail::FoldChoice chosen, detail::choose_folds(project, request));
  CrossValidationPlan plan{chosen.snapshot, chosen.task, static_cast<int64_t>(chosen.rows.size()),
                           static_cast<int64_t>(chosen.rows.labels.size()), request.folds};
  // One fold: a model learns from the others' rows, and judges its own.
  detail::TrainingData data{{}, plan.labels, 0};
  data.counts.test = plan.rows / plan.folds;
  data.counts.train = plan.rows - data.counts.test;
  if (chosen.choice.options.value("patience", int64_t{0}) > 0) {  // another fold is what it stops by
    data.counts.validation = data.counts.test;
    data.counts.train -= data.counts.test;
  }
  MW_ASSIGN(data.bytes, detail::mean_text_bytes(project, plan.snapshot, plan.task, chosen.rows.records));
  MW_ASSIGN(const std::vector<Run> runs, list_runs(project));
  MW_ASSIGN(const auto forecast,
            detail::forecast_training(project, {chosen.choice, {}}, chosen.choice.device, data, plan.snapshot, runs));
  if (forecast.seconds) plan.seconds = *forecast.seconds * static_cast<double>(plan.folds);
  plan.memory = forecast.memory;
  plan.rests_on = forecast.rests_on;
  if (const auto tight = detail::tight_memory(plan.memory, chosen.choice.device)) plan.rests_on.push_back(*tight);
  return plan;
}

Json to_json(const CrossValidationPlan& plan) {
  return {{"snapshot", tail(plan.snapshot.uuid)},
          {"task", plan.task.name},
          {"rows", plan.rows},
          {"labels", plan.labels},
          {"folds", plan.folds},
          {"seconds", plan.seconds ? number_or_null(*plan.seconds) : Json()},
          {"memory", plan.memory ? Json(*plan.memory) : Json()},
          {"rests_on", plan.rests_on.empty() ? Json() : Json(words_of(plan.rests_on, " "))}};
}

}  // namespace millwright::models

// Planning a cross-validation: about how long it will take here and how much memory, told before anything is queued.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/json.h"
#include "base/remark.h"
#include "base/result.h"
#include "jobs/algorithms.h"
#include "labels/task.h"
#include "models/cross_validation.h"
#include "snapshots/snapshot.h"
#include "store/project.h"

namespace millwright::models {

struct CrossValidationPlan {
  snapshots::Snapshot snapshot;
  labels::Task task;
  int64_t rows = 0;    ///< each is judged once
  int64_t labels = 0;  ///< different ones
  int64_t folds = 0;
  std::optional<double> seconds;  ///< about, of all folds; nullopt: nothing to tell it by
  std::optional<int64_t> memory;  ///< bytes resident at most, about
  std::vector<Remark> rests_on;   ///< where both figures come from
};

/// Errors: those of start_cross_validation().
[[nodiscard]] Result<CrossValidationPlan> plan_cross_validation(const store::Project& project,
                                                                const CrossValidationRequest& request);
/// Those that tell one label a text: whose models can judge labels.
[[nodiscard]] std::vector<const jobs::Algorithm*> judging_algorithms();
/// {"snapshot","task","rows","labels","folds","seconds","memory","rests_on"}
[[nodiscard]] Json to_json(const CrossValidationPlan& plan);

}  // namespace millwright::models

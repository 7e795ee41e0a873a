// What a request for a cross-validation names, found and checked, and how its rows are dealt out.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "detail/algorithm_choice.h"
#include "labels/task.h"
#include "models/cross_validation.h"
#include "snapshots/snapshot.h"
#include "store/project.h"

namespace millwright::models::detail {

struct FoldChoice {
  AlgorithmChoice choice;
  snapshots::Snapshot snapshot;
  labels::Task task;
  snapshots::SnapshotRows rows;  ///< all of them for training: which are, the folds say
  std::vector<int32_t> folds;    ///< of each row
};

/// Errors: those of start_cross_validation() that stand in the request and its snapshot.
[[nodiscard]] Result<FoldChoice> choose_folds(const store::Project& project, const CrossValidationRequest& request);

}  // namespace millwright::models::detail

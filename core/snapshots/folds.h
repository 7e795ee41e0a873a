// Folds for cross-validation.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "snapshots/snapshot.h"
#include "store/project.h"

namespace millwright::snapshots {

/// The fold of each row, 0 … folds−1: a group lies in one fold, and the rows of a stratum are dealt out evenly, its
/// largest groups first, each to the fold with the fewest rows of the stratum (RowToSplit::given does not matter).
[[nodiscard]] std::vector<int32_t> cut_folds(std::span<const RowToSplit> rows, int32_t folds);

/// The same for a snapshot: what the snapshot's split keeps together (a group's value, else the same input)
/// stays together here, labels are spread evenly, and the seed draws which groups go where. Errors: usage
/// "folds.number" (2 … 1,000), bad_input "folds.too_few" (fewer groups than folds), store "store.damaged".
[[nodiscard]] Result<std::vector<int32_t>> fold_rows(const store::Project& project, const Snapshot& snapshot,
                                                     const SnapshotRows& rows, int64_t folds, uint64_t seed);

}  // namespace millwright::snapshots

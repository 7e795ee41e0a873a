// The checks of a snapshot over its rows.
#pragma once

#include <vector>

#include "labels/task.h"
#include "quality/check.h"
#include "quality/thresholds.h"
#include "snapshots/snapshot.h"
#include "snapshots/split.h"

namespace millwright::snapshots::detail {

/// Every check but that of its batches.
[[nodiscard]] Result<std::vector<quality::Check>> check_rows(const store::Project& project, const labels::Task& task,
                                                             const SplitPlan& plan, const SnapshotRows& rows,
                                                             const quality::Thresholds& thresholds);
/// "batches": those whose gate is shut. Gates that were never asked are asked.
[[nodiscard]] Result<quality::Check> check_batches(store::Project& project, const SnapshotRows& rows, const Work& work,
                                                   const quality::Thresholds& thresholds);

/// "class_balance" over the labels of the schema and of the rows; `values` say what the rows' labels mean.
[[nodiscard]] quality::Check check_classes(const SnapshotRows& rows, std::span<const labels::LabelValue> values,
                                           const std::vector<std::string>& schema,
                                           const quality::Thresholds& thresholds);
/// "leakage_exact": test rows whose input is in the training split too.
[[nodiscard]] quality::Check check_leakage(const SnapshotRows& rows, std::span<const Hash128> inputs,
                                           const quality::Thresholds& thresholds);
/// "leakage_group": groups in more than one split.
[[nodiscard]] quality::Check check_groups(const SnapshotRows& rows, std::span<const Hash128> groups);

}  // namespace millwright::snapshots::detail

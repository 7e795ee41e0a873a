// What a training job reads of the project.
#pragma once

#include "base/files.h"
#include "base/result.h"
#include "base/work.h"
#include "labels/task.h"
#include "snapshots/snapshot.h"
#include "store/project.h"

namespace millwright::models::detail {

/// inputs/rows.jsonl: the snapshot's rows, with what the task's kind teaches. Records are written as BATCH-ORDINAL of
/// this project's catalogue; the engine hands them back as they are. Where half_life (days) is above 0 a row weighs
/// 2^(-age / half_life), its age taken from the newest training row; rows without a time weigh as the oldest. Errors:
/// usage "train.no_time" (the asset has no time field); cancelled.
[[nodiscard]] Status write_training_rows(const store::Project& project, const snapshots::Snapshot& snapshot,
                                         const labels::Task& task, const snapshots::SnapshotRows& rows,
                                         double half_life, const fs::path& path, const Work& work);

/// inputs/unlabeled.jsonl: the texts of the asset's other records. Those of the snapshot are rows already, or are kept
/// apart to judge by.
[[nodiscard]] Status write_unlabeled(const store::Project& project, const labels::Task& task,
                                     const snapshots::SnapshotRows& rows, const fs::path& path, const Work& work);

/// How many labels, or values of a number, the training split names.
[[nodiscard]] Result<int64_t> labels_in_training(const snapshots::SnapshotRows& rows, labels::TaskKind kind);

}  // namespace millwright::models::detail

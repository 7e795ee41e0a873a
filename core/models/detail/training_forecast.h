// About how long a training will take on this machine, and about how much memory: from earlier runs where there are
// any, else from counts and rates that were measured once.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/remark.h"
#include "base/result.h"
#include "detail/training_choice.h"
#include "labels/task.h"
#include "models/training.h"
#include "snapshots/snapshot.h"
#include "store/project.h"

namespace millwright::models::detail {

/// What is to be learned from.
struct TrainingData {
  snapshots::SnapshotCounts counts;
  int64_t labels = 0;
  double bytes = 0;  ///< of a text, on average

  /// Rows that are learned from.
  [[nodiscard]] int64_t rows() const { return counts.train; }
};

/// Bytes of a text, on average, by some of the records from all over them.
[[nodiscard]] Result<double> mean_text_bytes(const store::Project& project, const snapshots::Snapshot& snapshot,
                                             const labels::Task& task, const std::vector<RecordRef>& records);

struct TrainingForecast {
  std::optional<double> seconds;
  std::optional<int64_t> memory;  ///< bytes
  std::vector<Remark> rests_on;
};

/// `runs`: newest first, of all tasks. `device`: as asked for.
[[nodiscard]] Result<TrainingForecast> forecast_training(const store::Project& project, const TrainingChoice& choice,
                                                         const std::string& device, const TrainingData& data,
                                                         const snapshots::Snapshot& snapshot,
                                                         const std::vector<Run>& runs);

/// What to say of a forecast that lies above the memory that is free now; nothing about a GPU's.
[[nodiscard]] std::optional<Remark> tight_memory(const std::optional<int64_t>& memory, const std::string& device);

}  // namespace millwright::models::detail

// What the Training page shows of its runs: each with its figures, and beside the model that is in use.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "jobs/queue.h"
#include "models/comparison.h"
#include "models/registry.h"
#include "models/training.h"
#include "plan_dialog.h"
#include "ui_widgets/paged_table.h"

namespace millwright::ui::detail {

struct RunsOverview {
  std::vector<models::Run> runs;
  std::vector<models::Model> models;
  std::vector<SnapshotChoice> snapshots;
  std::vector<jobs::Job> jobs;       ///< running and queued training
  std::optional<jobs::Job> stopped;  ///< the newest training, where it failed or was cancelled and can go on
  /// Model and champion, model and baseline → how they compare; none where they were judged on no common rows.
  std::map<std::pair<int64_t, int64_t>, std::optional<models::Comparison>> comparisons;

  [[nodiscard]] models::Stage stage_of(int64_t model) const;
  [[nodiscard]] const models::Model* champion_of(int64_t task) const;
  /// The run's model beside its task's champion; nullptr: there is nothing to compare.
  [[nodiscard]] const models::Comparison* against_champion(const models::Run& run) const;
  /// The run's model beside its snapshot's baseline; nullptr: it is the baseline, or there is nothing to compare.
  [[nodiscard]] const models::Comparison* against_baseline(const models::Run& run) const;
  [[nodiscard]] bool is_baseline(const models::Run& run) const;

 private:
  [[nodiscard]] const models::Comparison* between(int64_t model, int64_t other) const;
};

/// Comparisons that `known` (nullptr: nothing) has are not made again: one of two models stays what it is.
[[nodiscard]] Status read_runs(const store::Project& project, const RunsOverview* known, RunsOverview& overview);

[[nodiscard]] std::vector<Column> run_columns();
/// Keyed by the run's row.
[[nodiscard]] std::vector<Row> run_rows(const RunsOverview& overview);

}  // namespace millwright::ui::detail

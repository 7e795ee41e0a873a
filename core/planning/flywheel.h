// planning/ looks at the factory as a whole: where the loop stands, what to do next, what depends on what, and the demo
// that turns the loop once. It is the lowest room: it may read every other, and none knows it.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "store/project.h"

namespace millwright::planning {

/// State of one stage of the loop.
enum class StageState {
  empty,  ///< nothing there yet
  good,
  warn,
  fail,
  busy,  ///< a job works on it now
};
[[nodiscard]] const char* name_of(StageState state);

/// A figure of a stage: a code that the edge has a word for, and a number (or, where number is NaN, a text).
struct Figure {
  std::string name;  ///< "records", "batches", "waiting", "accuracy", "drifted" …
  double number = 0;
  std::string text;
};

/// Stages in the order of the loop: data, gate, labels, snapshot, training, evaluation, drift.
struct Stage {
  std::string name;
  StageState state = StageState::empty;
  std::vector<Figure> figures;
};

/// The next useful thing to do. `action` and `why` are codes with figures for the edge's words; `command` is the
/// command line that does it; `page` names the workbench page where it is done.
struct NextAction {
  std::string action;  ///< "import_data", "create_task", "label", "fix_gate", "snapshot", "train", "look_at_drift" …
  StageState urgency = StageState::good;
  std::string why;  ///< "drifted_fields" …
  std::vector<Figure> figures;
  std::string command;
  std::string page;  ///< "data", "quality", "labels", "snapshots", "training", "models", "drift"
};

/// Headline figures; NaN where there is none yet.
struct Kpis {
  double test_accuracy = 0, test_low = 0, test_high = 0;  ///< of the newest run of the newest task
  Figure figure;                                          ///< that counts first for its kind of task, on the test split
  double figure_low = 0, figure_high = 0;                 ///< its 95 % interval
  double macro_f1 = 0;
  int64_t records = 0, labeled = 0, labels_this_week = 0;
  double median_seconds_per_label = 0;  ///< of labels that persons made
  int64_t models = 0;
};

struct FlywheelStatus {
  std::string project;
  std::vector<std::pair<std::string, int64_t>>
      counts;  ///< assets, batches, records, tasks, labels, snapshots, runs, models, queued
  std::vector<Stage> stages;
  std::vector<NextAction> next;  ///< most urgent first
  Kpis kpis;
};

/// Reads only; some tens of milliseconds at a million records.
[[nodiscard]] Result<FlywheelStatus> flywheel_status(const store::Project& project);
/// The keys of `status --json`.
[[nodiscard]] Json to_json(const FlywheelStatus& status);
/// English words for an action and its reason; the workbench translates the same texts.
[[nodiscard]] std::string words_of(const NextAction& action);
[[nodiscard]] std::string reason_of(const NextAction& action);

}  // namespace millwright::planning

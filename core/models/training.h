// From a snapshot to a training job, and from a finished job to a run and a model.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/work.h"
#include "jobs/algorithms.h"
#include "jobs/foreman.h"
#include "jobs/queue.h"
#include "labels/label_value.h"
#include "models/evaluation.h"
#include "store/project.h"

namespace millwright::models {

/// The algorithm that every other is compared with on a kind of task.
[[nodiscard]] std::string_view baseline_of(labels::TaskKind kind);
[[nodiscard]] bool is_baseline(std::string_view algorithm);

struct TrainRequest {
  std::string snapshot;                                       ///< id as typed, or "latest"
  std::string algorithm;                                      ///< empty: the baseline of the task
  std::vector<std::pair<std::string, std::string>> settings;  ///< option → value, as typed
  std::string base;                                           ///< model to start from, as typed; empty: none
  std::string teacher;                                        ///< model to learn from beside the labels; empty: none
  uint64_t seed = 0;
  std::string device = "auto";  ///< auto | cpu | cuda:N
  [[nodiscard]] bool operator==(const TrainRequest&) const = default;
};
/// The baseline is always there to compare with: another algorithm's first run on a snapshot has it queued before.
/// Checks the plan, writes the snapshot's rows into a new job's folder and queues it. Refused (kind refused,
/// "gate.closed") when the snapshot's gate is shut: the error names the checks. Errors of options: see
/// jobs/algorithms.h; usage "train.no_such_algorithm", "train.device", "train.base" (an algorithm that starts from
/// nothing, or a model that no encoder can start from), "train.teacher" (likewise), "train.objective" (one that a
/// task's labels do not serve), "train.no_time"; bad_input "train.too_few" (fewer than two labels in the training
/// split).
[[nodiscard]] Result<jobs::Job> start_training(store::Project& project, const TrainRequest& request, const Work& work);

/// Takes over what training jobs leave: model files into blobs, run, model and evaluations into the project.
[[nodiscard]] std::map<std::string, jobs::Harvest> harvests();
/// A foreman that knows every kind of job: for the workbench's timer, `--wait` and `jobs run`.
[[nodiscard]] Result<jobs::Foreman> foreman(const store::Project& project);

/// A point of the training curve.
struct CurvePoint {
  std::string name;  ///< "objective", "validation_accuracy"
  int64_t step = 0;
  double value = 0;
};

struct Run {
  int64_t id = 0;
  Uuid uuid;
  int64_t job = 0;
  Uuid job_uuid;
  int64_t task = 0;
  std::string task_name;
  int64_t snapshot = 0;
  Uuid snapshot_uuid;
  std::string algorithm;
  std::string base;  ///< id of the model that it started from; empty: from nothing
  Json parameters;
  int64_t seed = 0;
  std::string device;
  Json versions;
  /// Of the test split, as evaluation.h names its figures, "validation": {…}, "training": {"memory",…}.
  Json metrics;
  std::vector<CurvePoint> curve;
  std::string gate_override;  ///< who allowed it and why; empty when the gate was green
  double seconds = 0;
  std::string actor;
  int64_t time_ms = 0;
  int64_t model = 0;  ///< row of the model it made
  Uuid model_uuid;
  Digest weights_sha256{};
};
/// Newest first; of one task when task is not 0.
[[nodiscard]] Result<std::vector<Run>> list_runs(const store::Project& project, int64_t task = 0);
/// The snapshot's baseline among these runs, newest first as list_runs() gives them: the first run of a baseline that
/// was made on it. nullptr: there is none.
[[nodiscard]] const Run* baseline_of(const std::vector<Run>& runs, int64_t snapshot);
[[nodiscard]] Result<Run> run_of_job(const store::Project& project, int64_t job);
[[nodiscard]] Json to_json(const Run& run);

}  // namespace millwright::models

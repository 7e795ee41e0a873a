// Planning a run: which algorithms suit a snapshot, about how long each will take here and how much memory, told before
// anything is queued.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/remark.h"
#include "base/result.h"
#include "base/work.h"
#include "jobs/algorithms.h"
#include "labels/task.h"
#include "models/training.h"
#include "snapshots/snapshot.h"
#include "store/project.h"

namespace millwright::models {

struct PlannedObjective {
  std::string name;  ///< as option `objective` takes it
  bool fits = true;
  Remark why;  ///< of one that does not fit
};

struct PlannedAlgorithm {
  const jobs::Algorithm* algorithm = nullptr;
  bool baseline = false;
  bool fits = true;
  std::vector<Remark> why;        ///< why it does not fit; of one that does, what speaks for it and against it
  std::optional<double> seconds;  ///< about; nullopt: nothing to tell it by
  std::optional<int64_t> memory;  ///< bytes resident at most, about
  std::vector<Remark> rests_on;   ///< where both figures come from
  std::vector<PlannedObjective> objectives;  ///< of an algorithm that has a choice of them
};

struct TrainingPlan {
  snapshots::Snapshot snapshot;
  labels::Task task;
  std::string_view objective;                ///< that the task is there for
  int64_t labels = 0;                        ///< different ones in the training split
  std::vector<std::string> shut_by;          ///< checks that keep the snapshot's gate shut: a start is refused
  std::vector<PlannedAlgorithm> algorithms;  ///< of the catalogue, the baseline first
};

/// The request's snapshot; settings count for its algorithm, base, teacher and device for those that take them. An
/// objective that the labels cannot teach is no error here: the algorithm does not fit. Errors: others of
/// start_training() that stand in the request.
[[nodiscard]] Result<TrainingPlan> plan_training(const store::Project& project, const TrainRequest& request,
                                                 const Work& work = {});
/// {"snapshot","task","rows","labels","unlabeled","shut_by","algorithms":[{"algorithm","title","baseline","fits","why",
/// "seconds","memory","rests_on","objectives"}]}
[[nodiscard]] Json to_json(const TrainingPlan& plan);

}  // namespace millwright::models

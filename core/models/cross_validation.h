// Cross-validation of a snapshot: as a job of the engine, each labeled row is judged by a model that has not seen it.
// What is kept of each row is the start of a search for wrong labels (models/label_errors.h).
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/json.h"
#include "base/result.h"
#include "base/work.h"
#include "jobs/foreman.h"
#include "jobs/queue.h"
#include "statistics/confident_learning.h"
#include "store/project.h"

namespace millwright::models {

struct CrossValidationRequest {
  std::string snapshot;  ///< id as typed; empty or "latest": the newest, of `task` where one is given
  int64_t task = 0;      ///< 0: whatever the snapshot's is
  std::string algorithm = "linear";
  std::vector<std::pair<std::string, std::string>> settings;  ///< option → value, as typed
  std::string base;                                           ///< model to start from, as typed; empty: none
  int64_t folds = 5;
  uint64_t seed = 0;
  std::string device = "auto";  ///< auto | cpu | cuda:N

  [[nodiscard]] bool operator==(const CrossValidationRequest&) const = default;
};
/// Queues a job that trains a model for each fold on the others, over all splits. Needs no open gate: it leaves no
/// model behind, and finding wrong labels is how a gate that they shut is opened. Errors: those of
/// snapshots::fold_rows(), of options (jobs/algorithms.h), algorithm, base and device (models/training.h); usage
/// "cross_validate.base" (it has learned labels of this task, so that nothing would be out of sample); bad_input
/// "train.too_few" (fewer than two labels), "cross_validate.no_snapshot" (of that task).
[[nodiscard]] Result<jobs::Job> start_cross_validation(store::Project& project, const CrossValidationRequest& request,
                                                       const Work& work);

struct CrossValidation {
  int64_t id = 0;
  Uuid uuid;
  int64_t job = 0;
  Uuid job_uuid;
  int64_t task = 0;
  std::string task_name;
  int64_t snapshot = 0;
  Uuid snapshot_uuid;
  std::string algorithm;
  std::string base;  ///< id of the model that each fold's training started from; empty: from nothing
  Json parameters;
  int64_t folds = 0;
  int64_t seed = 0;
  std::string device;
  Json metrics;  ///< {"n","accuracy","macro_f1","ece","suspected","estimated_errors"}
  int64_t file = 0;
  double seconds = 0;
  std::string actor;
  int64_t time_ms = 0;
};
/// Newest first.
[[nodiscard]] Result<std::vector<CrossValidation>> list_cross_validations(const store::Project& project);
[[nodiscard]] Result<CrossValidation> cross_validation_of_job(const store::Project& project, int64_t job);
/// The newest of a task (0: of any), of one snapshot where `snapshot` is not 0. Error: bad_input "cross_validate.none".
[[nodiscard]] Result<CrossValidation> newest_cross_validation(const store::Project& project, int64_t task,
                                                              int64_t snapshot = 0);
[[nodiscard]] Json to_json(const CrossValidation& made);

/// What was said of each row; sorted by record. `fold` tells which of the models said it.
struct OutOfSampleRows {
  std::vector<std::string> labels;  ///< what the numbers in `said` mean
  std::vector<double> thresholds;   ///< of each label: statistics::confident_thresholds()
  std::vector<RecordRef> records;
  std::vector<statistics::OutOfSample> said;
  std::vector<int32_t> fold;
};
/// Error: store "store.damaged".
[[nodiscard]] Result<OutOfSampleRows> read_out_of_sample(const store::Project& project, const CrossValidation& made);

/// Takes over what such a job leaves.
[[nodiscard]] Result<jobs::Commit> harvest_cross_validation(store::Project& project, const jobs::Job& job,
                                                            const jobs::JobFolder& folder,
                                                            const jobs::JobResult& result);

}  // namespace millwright::models

// Training an encoder: epochs, steps, evaluation, checkpoints. The device's part is behind EncoderModel.
#pragma once

#include <cstdint>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "engine/encoder_options.h"
#include "engine/ranks.h"
#include "engine/training_task.h"
#include "jobs/job_folder.h"

namespace millwright::engine {

struct EncoderTraining {
  std::vector<float> weights;  ///< the best by validation, else the last
  Json curve;                  ///< [{"step","name","value"}]
  int64_t steps = 0;
  int64_t best_epoch = 0;               ///< from 1; 0 without a validation split
  double tokens_per_second = 0;         ///< real tokens, over the steps alone
  double padding = 1;                   ///< tokens computed beside real ones
  Json micro_schedule = Json::array();  ///< [[step, parts], …]: from that step on a batch was computed in so many parts
  uint64_t memory = 0;                  ///< most bytes in use at any time
  uint64_t memory_forecast = 0;         ///< what was foreseen of it; 0: nothing was
  bool resumed = false;
};

struct TrainingPlace {
  const jobs::JobFolder& folder;
  jobs::EventWriter& events;
  std::stop_token stop;
  std::string stage;  ///< put before the names of its files: a job may train twice
  Ranks ranks;        ///< the first writes checkpoints, which all read
  int64_t parts = 1;  ///< a batch is computed in so many from the first step on: memory would not do for fewer
  std::string phase = "train";  ///< what its progress is called
  /// Of so many trainings alike, one after the other, this one: progress and time left are those of all.
  int64_t turn = 0, turns = 1;
};

/// Trains `model` from `initial` weights, or from the folder's checkpoint. `identity` is what a checkpoint must agree
/// with; `environment` what it should. Errors: cancelled; job "train.diverged", "train.out_of_memory" (when not even
/// single texts fit), "engine.torch"; bad_input "train.bad_checkpoint"; those of writing files.
[[nodiscard]] Result<EncoderTraining> train_encoder(EncoderModel& model, std::span<const float> initial,
                                                    const TrainingTask& task, const EncoderOptions& options,
                                                    uint64_t seed, const std::string& identity, const Json& environment,
                                                    const TrainingPlace& place);

}  // namespace millwright::engine

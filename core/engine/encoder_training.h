// Training an encoder: epochs, steps, evaluation, checkpoints. The device's part is behind EncoderModel.
#pragma once

#include <cstdint>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "engine/encoder_input.h"
#include "engine/encoder_options.h"
#include "jobs/job_folder.h"

namespace millwright::engine {

/// Tokenised rows of a split.
struct EncodedRows {
  std::vector<EncodedText> texts;
  std::vector<int32_t> label;  ///< -1: not known to the training split
  [[nodiscard]] size_t size() const { return texts.size(); }
};

struct EncoderTraining {
  std::vector<float> weights;  ///< the best by validation, else the last
  Json curve;                  ///< [{"step","name","value"}]
  int64_t steps = 0;
  int64_t best_epoch = 0;               ///< from 1; 0 without a validation split
  double tokens_per_second = 0;         ///< real tokens, over the steps alone
  double padding = 1;                   ///< tokens computed beside real ones
  Json micro_schedule = Json::array();  ///< [[step, parts], …]: from that step on a batch was computed in so many parts
  uint64_t memory = 0;                  ///< most bytes seen in use
  bool resumed = false;
};

struct TrainingPlace {
  const jobs::JobFolder& folder;
  jobs::EventWriter& events;
  std::stop_token stop;
};

/// Trains `model` from `initial` weights, or from the folder's checkpoint. `identity` is what a checkpoint must agree
/// with; `environment` what it should. Errors: cancelled; job "train.diverged", "train.out_of_memory" (when not even
/// single texts fit), "engine.torch"; bad_input "train.bad_checkpoint"; those of writing files.
[[nodiscard]] Result<EncoderTraining> train_encoder(EncoderModel& model, const EncoderLayout& layout,
                                                    std::span<const float> initial, const EncodedRows& train,
                                                    const EncodedRows& validation, const EncoderOptions& options,
                                                    uint64_t seed, const std::string& identity, const Json& environment,
                                                    const TrainingPlace& place);

/// Logits of texts × labels, computed in batches. Errors: cancelled, those of EncoderModel::forward().
[[nodiscard]] Result<std::vector<float>> classify(EncoderModel& model, const EncoderLayout& layout,
                                                  std::span<const EncodedText> texts, const std::stop_token& stop);

}  // namespace millwright::engine

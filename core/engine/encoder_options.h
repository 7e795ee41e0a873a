// The options of a training of encoders as the engine uses them; declared, with ranges and defaults, in
// jobs/algorithms.
#pragma once

#include <cstdint>

#include "base/json.h"
#include "base/result.h"
#include "engine/batch_plan.h"
#include "engine/encoder_model.h"
#include "text/encoder_config.h"

namespace millwright::engine {

struct EncoderOptions {
  int64_t epochs = 0, batch_size = 32, accumulation = 1, max_length = 128, patience = 0, max_steps = 0;
  double learning_rate = 0, warmup = 0.1, clip_norm = 1, dropout = -1, max_minutes = 0, checkpoint_seconds = 60;
  Schedule::Shape schedule = Schedule::Shape::linear;
  bool balanced = false;
  bool group_by_length = false;
  Dtype dtype = Dtype::fp32;
  int threads = 1;
  OptimizerSettings optimizer;
  LossSettings loss;
  double mask_probability = 0.15;
  int64_t pretrain_epochs = 0;
  Lora lora;
  /// Of a model that begins from nothing.
  int64_t layers = 0, hidden = 0, heads = 0, intermediate = 0, vocabulary = 0;
};

/// `options` as jobs::check_options() completed them. What they leave open is decided here: epochs and learning rate by
/// the number of training rows and by whether the model begins from nothing; grouping by the device. Error: usage
/// "train.bad_option" (also where options exclude each other).
[[nodiscard]] Result<EncoderOptions> read_encoder_options(const Json& options, size_t rows, bool fresh, bool packed);

/// The configuration of a model that begins from nothing.
[[nodiscard]] text::EncoderConfig fresh_config(const EncoderOptions& options, size_t vocabulary);

}  // namespace millwright::engine

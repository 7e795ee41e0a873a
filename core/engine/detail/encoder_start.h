// What the training of an encoder starts from: a model folder, or nothing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/hash.h"
#include "base/json.h"
#include "base/result.h"
#include "base/work.h"
#include "engine/encoder_layout.h"
#include "engine/encoder_options.h"
#include "engine/training_task.h"
#include "text/tokenizer.h"

namespace millwright::engine::detail {

struct EncoderStart {
  EncoderOptions options;
  EncoderLayout layout;
  std::vector<float> weights;
  text::Tokenizer tokenizer;
  std::vector<std::string> tokenizer_files;  ///< in the folder `model` of start_encoder()
  Json base_config;                          ///< of the folder it came from; null for one that begins from nothing
};

/// Where it starts, and on what.
struct EncoderStarting {
  std::filesystem::path base;   ///< a model folder; where it has no config.json training begins from nothing
  std::filesystem::path model;  ///< the tokenizer's files are put here
  std::string device;           ///< "cpu", "cuda:N"
  uint64_t seed = 0;            ///< of the weights that are drawn
};

/// With a model folder to begin from: its encoder, and its head too when that knows the same labels. Else a vocabulary
/// from the training texts, and weights drawn by the seed. `options` as jobs::check_options() completed them. Errors:
/// those of reading options and model folders; bad_input "model.unsupported"; cancelled.
[[nodiscard]] Result<EncoderStart> start_encoder(const EncoderStarting& from, const Json& options,
                                                 const TrainingRows& rows, const Work& work);

/// What is to be learned from `rows` with a layout of the start's encoder; both must live as long. Errors: those of
/// make_training_task().
[[nodiscard]] Result<std::unique_ptr<TrainingTask>> make_task(const TrainingRows& rows, const EncoderStart& start,
                                                              const EncoderLayout& layout, uint64_t seed,
                                                              const Work& work);

/// The head that an objective needs.
void set_head(text::EncoderConfig& config, const TrainingRows& rows);
/// The generator of the weights that a start has to draw.
[[nodiscard]] Random draw_of_weights(uint64_t seed);

}  // namespace millwright::engine::detail

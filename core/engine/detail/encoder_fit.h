// An encoder fitted to its training rows and asked afterwards: what every job that trains encoders does the same way.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "engine/encoder_training.h"

namespace millwright::engine::detail {

/// What decides the weights beside rows, layout and first weights.
struct EncoderFit {
  const EncoderOptions& options;
  const Json&
      declared;  ///< the same options as jobs::check_options() completed them: a checkpoint must agree with them
  uint64_t seed = 0;
  std::string device;
  Json environment;
};

/// Foresees the memory, makes the model and trains it; `place.parts` is found out here. Errors: those of
/// make_encoder_model() and train_encoder().
[[nodiscard]] Result<EncoderTraining> fit_encoder(const EncoderFit& fit, const EncoderLayout& layout,
                                                  std::span<const float> weights, const TrainingTask& task,
                                                  TrainingPlace place);

/// The model as anybody gets it who loads the weights: in fp32. Errors: those of make_encoder_model().
[[nodiscard]] Result<std::unique_ptr<EncoderModel>> trained_encoder(const EncoderLayout& layout,
                                                                    std::span<const float> weights, Objective objective,
                                                                    const std::string& device);

/// What start_torch() said, with the program's own environment.
[[nodiscard]] Json environment_of(const Json& torch, const EncoderOptions& options, const std::string& device);

/// How a training went, as a result states it.
[[nodiscard]] Json summary_of(const EncoderTraining& trained, const EncoderOptions& options);

}  // namespace millwright::engine::detail

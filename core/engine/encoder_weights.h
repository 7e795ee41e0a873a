// An encoder's numbers: read from a model folder, drawn afresh, written as a model folder.
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "base/hash.h"
#include "base/result.h"
#include "engine/encoder_layout.h"
#include "text/encoder_folder.h"

namespace millwright::engine {

/// Reads every parameter from the folder; where `fresh_head` is given, a head that the folder lacks, or a classifier
/// for other labels, and adapters are drawn from it instead. Errors: those of EncoderFolder::read().
[[nodiscard]] Result<std::vector<float>> load_weights(const text::EncoderFolder& folder, const EncoderLayout& layout,
                                                      Random* fresh_head = nullptr);

/// Weights from a normal distribution of the configuration's initializer_range, LayerNorms 1, biases 0, as the
/// reference implementation draws them.
[[nodiscard]] std::vector<float> draw_weights(const EncoderLayout& layout, Random& random);

/// The weights of a model for another layout of the same encoder: what both have is copied, the rest is drawn.
[[nodiscard]] std::vector<float> with_other_head(const EncoderLayout& from, std::span<const float> weights,
                                                 const EncoderLayout& to, Random& random);

/// The weights of EncoderLayout(layout.config) that compute the same: W + scale · B·A in place of each matrix.
[[nodiscard]] std::vector<float> merge_adapters(const EncoderLayout& layout, std::span<const float> weights);

/// Adapters and head as a folder that PEFT loads: adapter_config.json and adapter_model.safetensors.
[[nodiscard]] Status write_adapters(const std::filesystem::path& folder, const EncoderLayout& layout,
                                    std::span<const float> weights);

/// model.safetensors with the reference's names and {"format": "pt"}, written whole or not at all.
[[nodiscard]] Status write_weights(const std::filesystem::path& file, const EncoderLayout& layout,
                                   std::span<const float> weights);

}  // namespace millwright::engine

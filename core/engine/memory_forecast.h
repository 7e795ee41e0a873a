// How much memory a training of an encoder is going to take on the processor, told before its first step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/encoder_layout.h"
#include "engine/encoder_options.h"

namespace millwright::engine {

/// What decides it, beside the model and the options.
struct MemoryBasis {
  uint64_t before = 0;       ///< bytes resident before the model is made: libraries, rows, tokens, first weights
  size_t tokens = 0;         ///< of the batch with the most of them
  size_t longest = 0;        ///< tokens of the longest text
  size_t judged_tokens = 0;  ///< of the validation texts that are looked at together; 0 without a validation split
  int64_t parts = 1;         ///< a batch is computed in so many parts
};

/// Bytes resident at the peak, parts of it apart. Tensors are counted as the network makes them: what the way back
/// needs of each layer, gradients, moments, and the best weights so far.
struct MemoryForecast {
  uint64_t before = 0;  ///< MemoryBasis::before
  uint64_t model = 0;   ///< weights, moments, narrow copies
  uint64_t step = 0;    ///< activations and gradients of a part of a batch
  uint64_t best = 0;    ///< the best weights so far
  [[nodiscard]] uint64_t peak() const;
};

/// The batch with the most tokens of those that the first epochs are made of.
[[nodiscard]] MemoryBasis memory_basis(std::span<const uint32_t> lengths, const EncoderOptions& options, uint64_t seed,
                                       bool validates);
[[nodiscard]] MemoryForecast forecast_memory(const EncoderLayout& layout, const EncoderOptions& options,
                                             const MemoryBasis& basis);

}  // namespace millwright::engine

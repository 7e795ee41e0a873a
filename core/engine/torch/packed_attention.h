// Attention and dropout as operators with gradients: own kernels on the processor, ATen's operators elsewhere.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "detail/vectors.h"
#include "torch/compat.h"

namespace millwright::engine {

/// Where the texts of a batch lie, on the device that computes.
struct Packing {
  std::vector<int32_t> begin;  ///< of each text in the tokens; one more than there are texts
  int64_t texts = 0, tokens = 0, longest = 0;
  bool equal = true;       ///< all texts have as many tokens: no mask is needed
  at::Tensor place;        ///< int64 [tokens]: of each token in [texts × longest]; undefined where equal
  at::Tensor key_is_real;  ///< bool [texts, 1, 1, longest]; undefined where equal
  at::Tensor first;        ///< int64 [texts]: the first token of each text
};

/// Draws the numbers that a pass drops: one key for each place in the network.
struct Dropout {
  bool on = false;
  uint64_t seed = 0;
  uint64_t places = 0;  ///< that have drawn so far
  /// For devices other than the processor; seeded by whoever starts a pass.
  c10::optional<at::Generator> generator;
  [[nodiscard]] detail::DropoutKey next(double probability);
};

/// x with a share of its numbers set to 0 and the others scaled up.
[[nodiscard]] at::Tensor drop(const at::Tensor& x, double probability, Dropout& dropout);

/// `qkv` [tokens, 3·hidden] → [tokens, hidden]. The processor's own kernel in float and bfloat16; elsewhere, and with
/// `generic`, padded to the longest text and with a mask unless all have the same length.
[[nodiscard]] at::Tensor attention(const at::Tensor& qkv, const Packing& packing, int64_t heads, double probability,
                                   Dropout& dropout, bool generic = false);

}  // namespace millwright::engine

// Self-attention over packed sequences on the processor: softmax(Q·Kᵀ/√d)·V for each sequence and head, forwards and
// backwards, straight out of the fused projection. Short texts spend more time in calls of a matrix library than in
// arithmetic; here a batch is one call, without a copy and without padding.
#pragma once

#include <cstdint>
#include <span>

#include "detail/vectors.h"

namespace millwright::engine::detail {

struct AttentionShape {
  std::span<const int32_t> begin;  ///< of each sequence in the tokens; one more than there are sequences
  int64_t heads = 0;
  int64_t width = 0;   ///< of a head
  float scale = 1;     ///< 1/√width
  DropoutKey dropout;  ///< of the probabilities; threshold 0 for none
  [[nodiscard]] int64_t sequences() const { return static_cast<int64_t>(begin.size()) - 1; }
  [[nodiscard]] int64_t pieces() const { return sequences() * heads; }
};

/// `qkv`: tokens × (3 · heads · width), query, key and value side by side. `out`: tokens × (heads · width). Works on
/// the pieces (sequence × heads + head) from `from` up to `to`; pieces are independent of each other.
void attention_forward(const AttentionShape& shape, const float* qkv, float* out, int64_t from, int64_t to);
void attention_forward(const AttentionShape& shape, const Bf16* qkv, Bf16* out, int64_t from, int64_t to);

/// The gradient of `qkv` from that of `out`; every place of it is written. Probabilities are computed again.
void attention_backward(const AttentionShape& shape, const float* qkv, const float* out_gradient, float* qkv_gradient,
                        int64_t from, int64_t to);
void attention_backward(const AttentionShape& shape, const Bf16* qkv, const Bf16* out_gradient, Bf16* qkv_gradient,
                        int64_t from, int64_t to);

}  // namespace millwright::engine::detail

// What an encoder does to each number by itself, on the processor: dropout, and AdamW's update of weights with their
// moments in one pass over memory.
#pragma once

#include <cstdint>

#include "detail/vectors.h"

namespace millwright::engine::detail {

/// out[i] = in[i] · factor(first + i); in place where out == in.
void dropout_numbers(const DropoutKey& key, const float* in, float* out, uint32_t first, int64_t count);
void dropout_numbers(const DropoutKey& key, const Bf16* in, Bf16* out, uint32_t first, int64_t count);

/// A step of AdamW (Loshchilov & Hutter 2019) as PyTorch computes it, with its constants worked out beforehand.
struct AdamwStep {
  float decay = 1;  ///< 1 - learning rate · weight decay
  float beta1 = 0.9F;
  float beta2 = 0.999F;
  float step_size = 0;    ///< learning rate / (1 - beta1^t)
  float denominator = 1;  ///< √(1 - beta2^t)
  float epsilon = 1e-8F;
  float gradient_scale = 1;  ///< of clipping
};

/// Updates `count` weights. `gradient` may be null: all zero, which changes the weights no less. `shadow` may be null,
/// else it gets the new weights in bfloat16.
void adamw_update(const AdamwStep& step, float* weight, float* first, float* second, const float* gradient,
                  Bf16* shadow, int64_t count);
void adamw_update(const AdamwStep& step, float* weight, float* first, float* second, const Bf16* gradient, Bf16* shadow,
                  int64_t count);

/// Σ x² in sixteen lanes of double, added up in their order: the same on every processor.
[[nodiscard]] double sum_of_squares(const float* values, int64_t count);
[[nodiscard]] double sum_of_squares(const Bf16* values, int64_t count);

void to_bf16(const float* in, Bf16* out, int64_t count);

}  // namespace millwright::engine::detail

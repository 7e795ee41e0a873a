// Numbers in eight bits: what goes into a matrix product in integers, and what comes out of it.
#pragma once

#include <cstdint>

namespace millwright::engine::detail {

/// Rows of floats as bytes round 128, each with a scale of its own: x ≈ scale · (q - 128), scale = max |x| / 127.
void quantize_rows(const float* in, int64_t rows, int64_t width, uint8_t* out, float* scale);

/// A matrix [rows, width] as signed bytes from −most to most, each row with its scale: w ≈ scale · q.
void quantize_weights(const float* in, int64_t rows, int64_t width, int32_t most, int8_t* out, float* scale);

/// sums [rows, width] · row_scale · column_scale + bias as floats.
void scale_back(const int32_t* sums, int64_t rows, int64_t width, const float* row_scale, const float* column_scale,
                const float* bias, float* out);

}  // namespace millwright::engine::detail

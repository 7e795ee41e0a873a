#include "detail/int8_kernels.h"

#include <algorithm>
#include <cmath>

#include "detail/vectors.h"

namespace millwright::engine::detail {
namespace {

constexpr int64_t kLanes = 16;
constexpr float kMost = 127.0F;

[[gnu::always_inline]] inline float largest(const float* in, int64_t width) {
  float lanes[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= width; i += kLanes)
    for (int64_t k = 0; k < kLanes; ++k) {
      const float value = std::fabs(in[i + k]);
      lanes[k] = value > lanes[k] ? value : lanes[k];
    }
  float most = 0;
  for (; i < width; ++i) most = std::max(most, std::fabs(in[i]));
  for (const float lane : lanes) most = std::max(most, lane);
  return most;
}

[[gnu::always_inline]] inline void quantize(const float* in, int64_t rows, int64_t width, uint8_t* out, float* scale) {
  for (int64_t r = 0; r < rows; ++r) {
    const float most = largest(in + r * width, width);
    const float factor = most > 0 ? kMost / most : 0;
    scale[r] = most / kMost;
    // Rounded by cutting off what is half a unit too large: all of it is above 0.
    for (int64_t i = 0; i < width; ++i)
      out[r * width + i] = static_cast<uint8_t>(static_cast<int32_t>(in[r * width + i] * factor + 128.5F));
  }
}

[[gnu::always_inline]] inline void unscale(const int32_t* sums, int64_t rows, int64_t width, const float* row_scale,
                                           const float* column_scale, const float* bias, float* out) {
  for (int64_t r = 0; r < rows; ++r) {
    const int32_t* const from = sums + r * width;
    float* const to = out + r * width;
    const float scale = row_scale[r];
    for (int64_t i = 0; i < width; ++i) to[i] = static_cast<float>(from[i]) * (scale * column_scale[i]) + bias[i];
  }
}

#define MW_KERNELS(TARGET, SUFFIX)                                                                          \
  TARGET void quantize_##SUFFIX(const float* in, int64_t rows, int64_t width, uint8_t* out, float* scale) { \
    quantize(in, rows, width, out, scale);                                                                  \
  }                                                                                                         \
  TARGET void unscale_##SUFFIX(const int32_t* sums, int64_t rows, int64_t width, const float* row_scale,    \
                               const float* column_scale, const float* bias, float* out) {                  \
    unscale(sums, rows, width, row_scale, column_scale, bias, out);                                         \
  }
MW_KERNELS(, plain)
#if MW_HAS_TARGETS
MW_KERNELS(MW_TARGET_AVX2, avx2)
MW_KERNELS(MW_TARGET_AVX512, avx512)
#endif
#undef MW_KERNELS

}  // namespace

void quantize_rows(const float* in, int64_t rows, int64_t width, uint8_t* out, float* scale) {
  MW_DISPATCH(quantize, in, rows, width, out, scale);
}

void quantize_weights(const float* in, int64_t rows, int64_t width, int32_t most, int8_t* out, float* scale) {
  const auto levels = static_cast<float>(most);
  for (int64_t r = 0; r < rows; ++r) {
    const float widest = largest(in + r * width, width);
    const float factor = widest > 0 ? levels / widest : 0;
    scale[r] = widest / levels;
    for (int64_t i = 0; i < width; ++i)
      out[r * width + i] = static_cast<int8_t>(static_cast<int32_t>(in[r * width + i] * factor + 128.5F) - 128);
  }
}

void scale_back(const int32_t* sums, int64_t rows, int64_t width, const float* row_scale, const float* column_scale,
                const float* bias, float* out) {
  MW_DISPATCH(unscale, sums, rows, width, row_scale, column_scale, bias, out);
}

}  // namespace millwright::engine::detail

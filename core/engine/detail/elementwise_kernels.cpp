#include "detail/elementwise_kernels.h"

#include <cmath>

namespace millwright::engine::detail {
namespace {

template <class T>
[[gnu::always_inline]] inline void drop(const DropoutKey& key, const T* in, T* out, uint32_t first, int64_t count) {
  const DropoutKey own = key;
  for (int64_t i = 0; i < count; ++i)
    store(out[i], to_float(in[i]) * dropout_factor(own, first + static_cast<uint32_t>(i)));
}

/// `g(i)` gives the gradient.
template <bool kShadow, class G>
[[gnu::always_inline]] inline void update(const AdamwStep& s, float* __restrict weight, float* __restrict first,
                                          float* __restrict second, G&& g, Bf16* __restrict shadow, int64_t count) {
  const float decay = s.decay, beta1 = s.beta1, beta2 = s.beta2, rest1 = 1 - s.beta1, rest2 = 1 - s.beta2;
  const float step_size = s.step_size, denominator = s.denominator, epsilon = s.epsilon;
  for (int64_t i = 0; i < count; ++i) {
    const float gradient = g(i);
    const float m = first[i] * beta1 + gradient * rest1;
    const float v = second[i] * beta2 + gradient * gradient * rest2;
    first[i] = m;
    second[i] = v;
    const float w = weight[i] * decay - step_size * (m / (__builtin_sqrtf(v) / denominator + epsilon));
    weight[i] = w;
    if constexpr (kShadow) store(shadow[i], w);
  }
}

template <class T>
[[gnu::always_inline]] inline void update_any(const AdamwStep& s, float* weight, float* first, float* second,
                                              const T* gradient, Bf16* shadow, int64_t count) {
  const float scale = s.gradient_scale;
  if (gradient == nullptr) {
    if (shadow != nullptr)
      return update<true>(
          s, weight, first, second, [](int64_t) { return 0.0F; }, shadow, count);
    return update<false>(
        s, weight, first, second, [](int64_t) { return 0.0F; }, shadow, count);
  }
  const auto g = [ gradient, scale ](int64_t i) __attribute__((always_inline)) {
    return to_float(gradient[i]) * scale;
  };
  if (shadow != nullptr) return update<true>(s, weight, first, second, g, shadow, count);
  update<false>(s, weight, first, second, g, shadow, count);
}

template <class T>
[[gnu::always_inline]] inline double squares(const T* values, int64_t count) {
  constexpr int64_t kLanes = 16;
  double lanes[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (int64_t k = 0; k < kLanes; ++k) {
      const double x = to_float(values[i + k]);
      lanes[k] += x * x;
    }
  for (int64_t k = 0; i < count; ++i, ++k) {
    const double x = to_float(values[i]);
    lanes[k] += x * x;
  }
  double sum = 0;
  for (const double lane : lanes) sum += lane;
  return sum;
}

[[gnu::always_inline]] inline void round_all(const float* in, Bf16* out, int64_t count) {
  for (int64_t i = 0; i < count; ++i) store(out[i], in[i]);
}

#define MW_KERNELS(TARGET, SUFFIX, T)                                                                     \
  TARGET void drop_##SUFFIX(const DropoutKey& key, const T* in, T* out, uint32_t first, int64_t count) {  \
    drop(key, in, out, first, count);                                                                     \
  }                                                                                                       \
  TARGET void update_##SUFFIX(const AdamwStep& s, float* w, float* m, float* v, const T* g, Bf16* shadow, \
                              int64_t count) {                                                            \
    update_any(s, w, m, v, g, shadow, count);                                                             \
  }                                                                                                       \
  TARGET double squares_##SUFFIX(const T* values, int64_t count) { return squares(values, count); }
MW_KERNELS(, plain, float)
MW_KERNELS(, plain, Bf16)
#if MW_HAS_TARGETS
MW_KERNELS(MW_TARGET_AVX2, avx2, float)
MW_KERNELS(MW_TARGET_AVX2, avx2, Bf16)
MW_KERNELS(MW_TARGET_AVX512, avx512, float)
MW_KERNELS(MW_TARGET_AVX512, avx512, Bf16)
#endif
#undef MW_KERNELS
void round_plain(const float* in, Bf16* out, int64_t count) { round_all(in, out, count); }
#if MW_HAS_TARGETS
MW_TARGET_AVX2 void round_avx2(const float* in, Bf16* out, int64_t count) { round_all(in, out, count); }
MW_TARGET_AVX512 void round_avx512(const float* in, Bf16* out, int64_t count) { round_all(in, out, count); }
#endif

}  // namespace

void dropout_numbers(const DropoutKey& key, const float* in, float* out, uint32_t first, int64_t count) {
  MW_DISPATCH(drop, key, in, out, first, count);
}
void dropout_numbers(const DropoutKey& key, const Bf16* in, Bf16* out, uint32_t first, int64_t count) {
  MW_DISPATCH(drop, key, in, out, first, count);
}
void adamw_update(const AdamwStep& step, float* weight, float* first, float* second, const float* gradient,
                  Bf16* shadow, int64_t count) {
  MW_DISPATCH(update, step, weight, first, second, gradient, shadow, count);
}
void adamw_update(const AdamwStep& step, float* weight, float* first, float* second, const Bf16* gradient, Bf16* shadow,
                  int64_t count) {
  MW_DISPATCH(update, step, weight, first, second, gradient, shadow, count);
}
double sum_of_squares(const float* values, int64_t count) { MW_DISPATCH(squares, values, count); }
double sum_of_squares(const Bf16* values, int64_t count) { MW_DISPATCH(squares, values, count); }
void to_bf16(const float* in, Bf16* out, int64_t count) { MW_DISPATCH(round, in, out, count); }

}  // namespace millwright::engine::detail

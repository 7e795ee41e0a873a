// One source, several instruction sets: a kernel is written once as an always-inlined function and called from wrappers
// that name the target. Arithmetic is in a fixed order and never contracted, so results are the same on each.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#define MW_TARGET_AVX2 [[gnu::target("avx2")]]
#if defined(__clang__)  // knows no preferred width; only the fuzzers are built with it
#define MW_TARGET_AVX512 [[gnu::target("avx512f,avx512vl,avx512bw,avx512dq")]]
#else
#define MW_TARGET_AVX512 [[gnu::target("avx512f,avx512vl,avx512bw,avx512dq,prefer-vector-width=512")]]
#endif
#define MW_HAS_TARGETS 1
#else
#define MW_HAS_TARGETS 0
#endif

namespace millwright::engine::detail {

enum class Instructions : uint8_t { plain, avx2, avx512 };

/// The widest that this processor has.
[[nodiscard]] inline Instructions widest_instructions() {
#if MW_HAS_TARGETS
  static const Instructions widest = [] {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
      return Instructions::avx512;
    return __builtin_cpu_supports("avx2") ? Instructions::avx2 : Instructions::plain;
  }();
  return widest;
#else
  return Instructions::plain;
#endif
}

// Returns what NAME_avx512, NAME_avx2 or NAME_plain makes of the arguments.
#if MW_HAS_TARGETS
#define MW_DISPATCH(NAME, ...)           \
  switch (widest_instructions()) {       \
    case Instructions::avx512:           \
      return NAME##_avx512(__VA_ARGS__); \
    case Instructions::avx2:             \
      return NAME##_avx2(__VA_ARGS__);   \
    case Instructions::plain:            \
      break;                             \
  }                                      \
  return NAME##_plain(__VA_ARGS__)
#else
#define MW_DISPATCH(NAME, ...) return NAME##_plain(__VA_ARGS__)
#endif

/// bfloat16 as bits: the upper half of a float.
struct Bf16 {
  uint16_t bits;
};

[[gnu::always_inline]] inline float to_float(float value) { return value; }
[[gnu::always_inline]] inline float to_float(Bf16 value) {
  const uint32_t bits = static_cast<uint32_t>(value.bits) << 16;
  float out;
  std::memcpy(&out, &bits, 4);
  return out;
}
[[gnu::always_inline]] inline void store(float& place, float value) { place = value; }
/// Rounds to nearest, ties to even. Finite numbers only: a NaN may become infinite, and is found as such.
[[gnu::always_inline]] inline void store(Bf16& place, float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  bits += 0x7FFFU + ((bits >> 16) & 1U);
  place.bits = static_cast<uint16_t>(bits >> 16);
}

/// e^x for x ≤ 0, to 2 units in the last place; 0 below -87. Range reduction and polynomial of Cephes (Moshier 1989),
/// without a branch, so that loops over it become vectors.
[[gnu::always_inline]] inline float exp_of_negative(float x) {
  const float clamped = x < -87.0F ? -87.0F : x;
  // Adding and subtracting 1.5·2^23 rounds to the nearest whole number.
  const float n = (clamped * 1.44269504088896341F + 12582912.0F) - 12582912.0F;
  const float r = (clamped - n * 0.693359375F) + n * 2.12194440e-4F;
  float p = 1.9875691500e-4F;
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = (p * r) * r + r + 1.0F;
  const int32_t exponent = (static_cast<int32_t>(n) + 127) << 23;
  float scale;
  std::memcpy(&scale, &exponent, 4);
  return x < -87.0F ? 0.0F : p * scale;
}

/// Which numbers a dropout keeps: a hash of a key (made of seed, step and place) and the number's index, so that the
/// pattern is the same for any number of threads, is never stored, and needs no generator to be saved.
struct DropoutKey {
  uint32_t first = 0, second = 0;
  uint32_t threshold = 0;  ///< drop where the hash is below: probability × 2^32; 0 keeps everything
  float scale = 1;         ///< 1 / (1 - probability)
};

[[gnu::always_inline]] inline float dropout_factor(const DropoutKey& key, uint32_t index) {
  uint32_t x = index ^ key.first;
  x ^= x >> 16;
  x *= 0x7FEB352DU;
  x ^= x >> 15;
  x += key.second;
  x *= 0x846CA68BU;
  x ^= x >> 16;
  x *= 0x9E3779B1U;
  x ^= x >> 15;
  return x < key.threshold ? 0.0F : key.scale;
}

}  // namespace millwright::engine::detail

// SPDX-License-Identifier: Apache-2.0
#include "plugin_csv/scan.h"

#include <bit>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace millwright::plugin::csv {
namespace {

struct Masks {
  uint64_t structure;
  uint64_t high;
  uint64_t zero;
};

struct Wanted {
  uint8_t delimiter;
  uint8_t second;  ///< CR, or LF once more where CR means nothing
};

/// Appends the positions of the set bits. Eight at a time without a branch on each: what is written too much is
/// overwritten by the next block.
inline uint32_t* flatten(uint32_t* out, uint32_t base, uint64_t bits) {
  if (bits == 0) return out;
  uint32_t* const end = out + std::popcount(bits);
  do {
    for (int i = 0; i < 8; ++i) {
      out[i] = base + static_cast<uint32_t>(std::countr_zero(bits));
      bits &= bits - 1;
    }
    out += 8;
  } while (out < end);
  return end;
}

/// Bits at and above `size - at` off: what lies behind the end is not looked at.
inline uint64_t live(size_t at, size_t size) {
  return size - at >= 64 ? ~uint64_t{0} : (uint64_t{1} << (size - at)) - 1;
}

#if defined(__x86_64__)

inline Masks block_baseline(const uint8_t* p, Wanted wanted) {
  const __m128i delimiter = _mm_set1_epi8(static_cast<char>(wanted.delimiter));
  const __m128i second = _mm_set1_epi8(static_cast<char>(wanted.second));
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i line = _mm_set1_epi8('\n');
  Masks masks{};
  for (int i = 0; i < 4; ++i) {
    const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + 16 * i));
    const __m128i hit = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, delimiter), _mm_cmpeq_epi8(v, quote)),
                                     _mm_or_si128(_mm_cmpeq_epi8(v, line), _mm_cmpeq_epi8(v, second)));
    const auto bits = [&](__m128i m) { return uint64_t{static_cast<uint32_t>(_mm_movemask_epi8(m))} << (16 * i); };
    masks.structure |= bits(hit);
    masks.high |= bits(v);
    masks.zero |= bits(_mm_cmpeq_epi8(v, _mm_setzero_si128()));
  }
  return masks;
}

__attribute__((target("avx2,bmi,popcnt"))) inline Masks block_avx2(const uint8_t* p, Wanted wanted) {
  const __m256i delimiter = _mm256_set1_epi8(static_cast<char>(wanted.delimiter));
  const __m256i second = _mm256_set1_epi8(static_cast<char>(wanted.second));
  const __m256i quote = _mm256_set1_epi8('"');
  const __m256i line = _mm256_set1_epi8('\n');
  Masks masks{};
  for (int i = 0; i < 2; ++i) {
    const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + 32 * i));
    const __m256i hit = _mm256_or_si256(_mm256_or_si256(_mm256_cmpeq_epi8(v, delimiter), _mm256_cmpeq_epi8(v, quote)),
                                        _mm256_or_si256(_mm256_cmpeq_epi8(v, line), _mm256_cmpeq_epi8(v, second)));
    const int shift = 32 * i;
    masks.structure |= uint64_t{static_cast<uint32_t>(_mm256_movemask_epi8(hit))} << shift;
    masks.high |= uint64_t{static_cast<uint32_t>(_mm256_movemask_epi8(v))} << shift;
    masks.zero |= uint64_t{static_cast<uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(v, _mm256_setzero_si256())))}
                  << shift;
  }
  return masks;
}

__attribute__((target("avx2,bmi,popcnt"))) ScanResult scan_avx2(const uint8_t* data, size_t size, Wanted wanted,
                                                                uint32_t* positions) {
  uint32_t* out = positions;
  uint64_t high = 0;
  uint64_t zero = 0;
  for (size_t at = 0; at < size; at += 64) {
    const Masks masks = block_avx2(data + at, wanted);
    const uint64_t inside = live(at, size);
    high |= masks.high & inside;
    zero |= masks.zero & inside;
    out = flatten(out, static_cast<uint32_t>(at), masks.structure & inside);
  }
  return {static_cast<size_t>(out - positions), high != 0, zero != 0};
}

#else

inline Masks block_baseline(const uint8_t* p, Wanted wanted) {
  Masks masks{};
  for (int i = 0; i < 64; ++i) {
    const uint8_t c = p[i];
    const bool hit = c == wanted.delimiter || c == '"' || c == '\n' || c == wanted.second;
    masks.structure |= uint64_t{hit} << i;
    masks.high |= uint64_t{c >= 0x80} << i;
    masks.zero |= uint64_t{c == 0} << i;
  }
  return masks;
}

#endif

ScanResult scan_portable(const uint8_t* data, size_t size, Wanted wanted, uint32_t* positions) {
  uint32_t* out = positions;
  uint64_t high = 0;
  uint64_t zero = 0;
  for (size_t at = 0; at < size; at += 64) {
    const Masks masks = block_baseline(data + at, wanted);
    const uint64_t inside = live(at, size);
    high |= masks.high & inside;
    zero |= masks.zero & inside;
    out = flatten(out, static_cast<uint32_t>(at), masks.structure & inside);
  }
  return {static_cast<size_t>(out - positions), high != 0, zero != 0};
}

}  // namespace

ScanResult scan(const uint8_t* data, size_t size, uint8_t delimiter, bool carriage_return, Buffer& positions) {
  // One position for each byte at worst, and eight that flatten() may write too many.
  positions.reserve((size + 8) * sizeof(uint32_t));
  const Wanted wanted{delimiter, static_cast<uint8_t>(carriage_return ? '\r' : '\n')};
#if defined(__x86_64__)
  static const bool avx2 = __builtin_cpu_supports("avx2");
  if (avx2) return scan_avx2(data, size, wanted, positions.as<uint32_t>());
#endif
  return scan_portable(data, size, wanted, positions.as<uint32_t>());
}

}  // namespace millwright::plugin::csv

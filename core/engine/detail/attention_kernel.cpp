#include "detail/attention_kernel.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace millwright::engine::detail {
namespace {

/// Room for one piece, kept between calls by each thread.
struct Scratch {
  std::vector<float> memory;
  float* take(size_t count) {
    if (memory.size() < count) memory.resize(count);
    return memory.data();
  }
};

thread_local Scratch scratch;

struct Piece {
  int64_t first;   ///< token
  int64_t length;  ///< tokens
  int64_t head;
  uint32_t index;  ///< among all pieces: part of the dropout's index
};

Piece piece_of(const AttentionShape& shape, int64_t number) {
  const auto sequence = static_cast<size_t>(number / shape.heads);
  return {shape.begin[sequence], shape.begin[sequence + 1] - shape.begin[sequence], number % shape.heads,
          static_cast<uint32_t>(number)};
}

/// out[c][r] = in[r][c] of a head's part of the projection, as floats.
template <class T>
[[gnu::always_inline]] inline void load_transposed(const T* in, int64_t stride, int64_t rows, int64_t columns,
                                                   float* __restrict out) {
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c) out[c * rows + r] = to_float(in[r * stride + c]);
}
template <class T>
[[gnu::always_inline]] inline void load(const T* in, int64_t stride, int64_t rows, int64_t columns,
                                        float* __restrict out) {
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c) out[r * columns + c] = to_float(in[r * stride + c]);
}
template <class T>
[[gnu::always_inline]] inline void save(const float* in, int64_t stride, int64_t rows, int64_t columns, float factor,
                                        T* __restrict out) {
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c) store(out[r * stride + c], in[r * columns + c] * factor);
}

/// out[r][:] = Σ_k a[r][k] · b[k][:]. In this order and in no other.
[[gnu::always_inline]] inline void multiply(const float* a, const float* b, int64_t rows, int64_t inner,
                                            int64_t columns, float* __restrict out) {
  for (int64_t r = 0; r < rows; ++r) {
    float* __restrict row = out + r * columns;
    std::fill_n(row, columns, 0.0F);
    for (int64_t k = 0; k < inner; ++k) {
      const float factor = a[r * inner + k];
      const float* other = b + k * columns;
      for (int64_t c = 0; c < columns; ++c) row[c] += factor * other[c];
    }
  }
}
/// out[k][:] = Σ_r a[r][k] · b[r][:].
[[gnu::always_inline]] inline void multiply_transposed(const float* a, const float* b, int64_t rows, int64_t inner,
                                                       int64_t columns, float* __restrict out) {
  std::fill_n(out, inner * columns, 0.0F);
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t k = 0; k < inner; ++k) {
      const float factor = a[r * inner + k];
      const float* other = b + r * columns;
      float* __restrict row = out + k * columns;
      for (int64_t c = 0; c < columns; ++c) row[c] += factor * other[c];
    }
}

/// Softmax of scale · scores, row by row, in place.
[[gnu::always_inline]] inline void softmax_rows(float* scores, int64_t length, float scale) {
  for (int64_t r = 0; r < length; ++r) {
    float* __restrict row = scores + r * length;
    float most = row[0];
    for (int64_t c = 1; c < length; ++c) most = row[c] > most ? row[c] : most;
    for (int64_t c = 0; c < length; ++c) row[c] = exp_of_negative((row[c] - most) * scale);
    float sum = 0;
    for (int64_t c = 0; c < length; ++c) sum += row[c];
    const float factor = 1 / sum;
    for (int64_t c = 0; c < length; ++c) row[c] *= factor;
  }
}

[[gnu::always_inline]] inline void drop(const AttentionShape& shape, const Piece& piece, const float* in,
                                        float* __restrict out) {
  const auto n = static_cast<uint32_t>(piece.length * piece.length);
  // Pieces draw from distant parts of the index space; its wrap-around does no harm.
  const uint32_t base = piece.index * 0x00C2B2AFU;
  for (uint32_t i = 0; i < n; ++i) out[i] = in[i] * dropout_factor(shape.dropout, base + i);
}

template <class T>
[[gnu::always_inline]] inline void forward_piece(const AttentionShape& shape, const T* qkv, T* out,
                                                 const Piece& piece) {
  const int64_t n = piece.length, width = shape.width, hidden = shape.heads * width, stride = 3 * hidden;
  float* query = scratch.take(static_cast<size_t>(4 * n * width + n * n));
  float *keys = query + n * width, *value = keys + n * width, *result = value + n * width, *scores = result + n * width;
  const T* at = qkv + piece.first * stride + piece.head * width;
  load(at, stride, n, width, query);
  load_transposed(at + hidden, stride, n, width, keys);
  load(at + 2 * hidden, stride, n, width, value);
  multiply(query, keys, n, width, n, scores);
  softmax_rows(scores, n, shape.scale);
  if (shape.dropout.threshold != 0) drop(shape, piece, scores, scores);
  multiply(scores, value, n, n, width, result);
  save(result, hidden, n, width, 1, out + piece.first * hidden + piece.head * width);
}

template <class T>
[[gnu::always_inline]] inline void backward_piece(const AttentionShape& shape, const T* qkv, const T* out_gradient,
                                                  T* qkv_gradient, const Piece& piece) {
  const int64_t n = piece.length, width = shape.width, hidden = shape.heads * width, stride = 3 * hidden;
  float* query = scratch.take(static_cast<size_t>(6 * n * width + 3 * n * n));
  float *key = query + n * width, *turned = key + n * width, *values = turned + n * width;
  float *upper = values + n * width, *result = upper + n * width;
  float *probability = result + n * width, *dropped = probability + n * n, *gradient = dropped + n * n;
  const T* at = qkv + piece.first * stride + piece.head * width;
  T* to = qkv_gradient + piece.first * stride + piece.head * width;
  load(at, stride, n, width, query);
  load(at + hidden, stride, n, width, key);
  load_transposed(at + hidden, stride, n, width, turned);
  load_transposed(at + 2 * hidden, stride, n, width, values);
  load(out_gradient + piece.first * hidden + piece.head * width, hidden, n, width, upper);
  multiply(query, turned, n, width, n, probability);
  softmax_rows(probability, n, shape.scale);
  const bool drops = shape.dropout.threshold != 0;
  if (drops) drop(shape, piece, probability, dropped);
  multiply_transposed(drops ? dropped : probability, upper, n, n, width, result);
  save(result, stride, n, width, 1, to + 2 * hidden);
  multiply(upper, values, n, width, n, gradient);
  if (drops) drop(shape, piece, gradient, gradient);
  for (int64_t r = 0; r < n; ++r) {
    float* __restrict row = gradient + r * n;
    const float* p = probability + r * n;
    float sum = 0;
    for (int64_t c = 0; c < n; ++c) sum += row[c] * p[c];
    for (int64_t c = 0; c < n; ++c) row[c] = p[c] * (row[c] - sum);
  }
  multiply(gradient, key, n, n, width, result);
  save(result, stride, n, width, shape.scale, to);
  multiply_transposed(gradient, query, n, n, width, result);
  save(result, stride, n, width, shape.scale, to + hidden);
}

template <class T>
[[gnu::always_inline]] inline void forward_all(const AttentionShape& shape, const T* qkv, T* out, int64_t from,
                                               int64_t to) {
  for (int64_t i = from; i < to; ++i) forward_piece(shape, qkv, out, piece_of(shape, i));
}
template <class T>
[[gnu::always_inline]] inline void backward_all(const AttentionShape& shape, const T* qkv, const T* out_gradient,
                                                T* qkv_gradient, int64_t from, int64_t to) {
  for (int64_t i = from; i < to; ++i) backward_piece(shape, qkv, out_gradient, qkv_gradient, piece_of(shape, i));
}

#define MW_FORWARD(NAME, T)                                                            \
  void NAME(const AttentionShape& s, const T* qkv, T* out, int64_t from, int64_t to) { \
    forward_all(s, qkv, out, from, to);                                                \
  }
#define MW_BACKWARD(NAME, T)                                                                                           \
  void NAME(const AttentionShape& s, const T* qkv, const T* out_gradient, T* qkv_gradient, int64_t from, int64_t to) { \
    backward_all(s, qkv, out_gradient, qkv_gradient, from, to);                                                        \
  }
MW_FORWARD(forward_plain, float)
MW_FORWARD(forward_plain, Bf16)
MW_BACKWARD(backward_plain, float)
MW_BACKWARD(backward_plain, Bf16)
#if MW_HAS_TARGETS
MW_TARGET_AVX2 MW_FORWARD(forward_avx2, float) MW_TARGET_AVX2 MW_FORWARD(forward_avx2, Bf16) MW_TARGET_AVX2
    MW_BACKWARD(backward_avx2, float) MW_TARGET_AVX2 MW_BACKWARD(backward_avx2, Bf16) MW_TARGET_AVX512
    MW_FORWARD(forward_avx512, float) MW_TARGET_AVX512 MW_FORWARD(forward_avx512, Bf16) MW_TARGET_AVX512
    MW_BACKWARD(backward_avx512, float) MW_TARGET_AVX512 MW_BACKWARD(backward_avx512, Bf16)
#endif
#undef MW_FORWARD
#undef MW_BACKWARD

        template <class T>
        void forward(const AttentionShape& shape, const T* qkv, T* out, int64_t from, int64_t to) {
#if MW_HAS_TARGETS
  switch (widest_instructions()) {
    case Instructions::avx512:
      return forward_avx512(shape, qkv, out, from, to);
    case Instructions::avx2:
      return forward_avx2(shape, qkv, out, from, to);
    case Instructions::plain:
      break;
  }
#endif
  forward_plain(shape, qkv, out, from, to);
}
template <class T>
void backward(const AttentionShape& shape, const T* qkv, const T* out_gradient, T* qkv_gradient, int64_t from,
              int64_t to) {
#if MW_HAS_TARGETS
  switch (widest_instructions()) {
    case Instructions::avx512:
      return backward_avx512(shape, qkv, out_gradient, qkv_gradient, from, to);
    case Instructions::avx2:
      return backward_avx2(shape, qkv, out_gradient, qkv_gradient, from, to);
    case Instructions::plain:
      break;
  }
#endif
  backward_plain(shape, qkv, out_gradient, qkv_gradient, from, to);
}

}  // namespace

void attention_forward(const AttentionShape& shape, const float* qkv, float* out, int64_t from, int64_t to) {
  forward(shape, qkv, out, from, to);
}
void attention_forward(const AttentionShape& shape, const Bf16* qkv, Bf16* out, int64_t from, int64_t to) {
  forward(shape, qkv, out, from, to);
}
void attention_backward(const AttentionShape& shape, const float* qkv, const float* out_gradient, float* qkv_gradient,
                        int64_t from, int64_t to) {
  backward(shape, qkv, out_gradient, qkv_gradient, from, to);
}
void attention_backward(const AttentionShape& shape, const Bf16* qkv, const Bf16* out_gradient, Bf16* qkv_gradient,
                        int64_t from, int64_t to) {
  backward(shape, qkv, out_gradient, qkv_gradient, from, to);
}

}  // namespace millwright::engine::detail

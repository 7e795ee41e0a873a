#include "torch/int8_matrix.h"

#include <ATen/Parallel.h>

#include <algorithm>

#if MW_HAS_ONEDNN
#include <dnnl.h>
#endif

#include "detail/int8_kernels.h"

namespace millwright::engine {
namespace {

constexpr int64_t kRowsAtOnce = 16;  // that a thread takes

#if MW_HAS_ONEDNN
/// sums [rows, out] = (q − 128) · weightᵀ for q [rows, in] and weight [out, in].
void multiply_bytes(const uint8_t* q, const int8_t* weight, int64_t rows, int64_t out, int64_t in, int32_t* sums) {
  constexpr int32_t kNoOffset = 0;
  const auto done =
      dnnl_gemm_u8s8s32('N', 'T', 'F', rows, out, in, 1.0F, q, in, 128, weight, in, 0, 0.0F, sums, out, &kNoOffset);
  TORCH_CHECK(done == dnnl_success, "oneDNN cannot multiply in integers: ", static_cast<int>(done));
}
#else
void multiply_bytes(const uint8_t*, const int8_t*, int64_t, int64_t, int64_t, int32_t*) {}  // not available()
#endif

/// Whether products are exact. Processors without instructions for it (VNNI) add two products in 16 bits, where they
/// are cut off: 2 · 255 · 127 does not fit.
bool products_are_exact() {
  constexpr int64_t kRows = 16, kOut = 16, kIn = 64;
  constexpr int8_t kLargest = 127;
  const std::vector<uint8_t> q(kRows * kIn, 255);
  const std::vector<int8_t> weight(kOut * kIn, kLargest);
  std::vector<int32_t> sums(kRows * kOut);
  multiply_bytes(q.data(), weight.data(), kRows, kOut, kIn, sums.data());
  return std::all_of(sums.begin(), sums.end(), [](int32_t sum) { return sum == (255 - 128) * kLargest * kIn; });
}

}  // namespace

int32_t Int8Matrix::most() {
  static const int32_t most = products_are_exact() ? 127 : 63;  // 2 · 255 · 63 fits into 16 bits
  return most;
}

bool Int8Matrix::available() { return MW_HAS_ONEDNN != 0; }

Int8Matrix::Int8Matrix(const at::Tensor& weight, const at::Tensor& bias)
    : out_(weight.size(0)),
      in_(weight.size(1)),
      weight_(static_cast<size_t>(weight.numel())),
      scale_(static_cast<size_t>(out_)) {
  const at::Tensor from = weight.contiguous(), add = bias.contiguous();
  detail::quantize_weights(from.data_ptr<float>(), out_, in_, most(), weight_.data(), scale_.data());
  bias_.assign(add.data_ptr<float>(), add.data_ptr<float>() + out_);
}

at::Tensor Int8Matrix::multiply(const at::Tensor& x) const {
  const at::Tensor in = x.contiguous();
  const int64_t rows = in.size(0);
  const at::Tensor bytes = at::empty({rows, in_}, at::kByte), scale = at::empty({rows}, at::kFloat);
  const at::Tensor sums = at::empty({rows, out_}, at::kInt);
  at::Tensor out = at::empty({rows, out_}, at::kFloat);
  const auto* const values = in.data_ptr<float>();
  auto* const q = bytes.data_ptr<uint8_t>();
  auto* const row_scale = scale.data_ptr<float>();
  auto* const sum = sums.data_ptr<int32_t>();
  at::parallel_for(0, rows, kRowsAtOnce, [&](int64_t from, int64_t to) {
    detail::quantize_rows(values + from * in_, to - from, in_, q + from * in_, row_scale + from);
  });
  multiply_bytes(q, weight_.data(), rows, out_, in_, sum);
  auto* const to = out.data_ptr<float>();
  at::parallel_for(0, rows, kRowsAtOnce, [&](int64_t from, int64_t end) {
    detail::scale_back(sum + from * out_, end - from, out_, row_scale + from, scale_.data(), bias_.data(),
                       to + from * out_);
  });
  return out;
}

}  // namespace millwright::engine

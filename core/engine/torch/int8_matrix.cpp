#include "torch/int8_matrix.h"

#include <ATen/Parallel.h>

#if MW_HAS_ONEDNN
#include <dnnl.h>
#endif

#include "detail/int8_kernels.h"

namespace millwright::engine {
namespace {

constexpr int64_t kRowsAtOnce = 16;  // that a thread takes

}  // namespace

bool Int8Matrix::available() { return MW_HAS_ONEDNN != 0; }

Int8Matrix::Int8Matrix(const at::Tensor& weight, const at::Tensor& bias)
    : out_(weight.size(0)),
      in_(weight.size(1)),
      weight_(static_cast<size_t>(weight.numel())),
      scale_(static_cast<size_t>(out_)) {
  const at::Tensor from = weight.contiguous(), add = bias.contiguous();
  detail::quantize_weights(from.data_ptr<float>(), out_, in_, weight_.data(), scale_.data());
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
#if MW_HAS_ONEDNN
  constexpr int32_t kNoOffset = 0;
  const auto done = dnnl_gemm_u8s8s32('N', 'T', 'F', rows, out_, in_, 1.0F, q, in_, 128, weight_.data(), in_, 0, 0.0F,
                                      sum, out_, &kNoOffset);
  TORCH_CHECK(done == dnnl_success, "oneDNN cannot multiply in integers: ", static_cast<int>(done));
#endif
  auto* const to = out.data_ptr<float>();
  at::parallel_for(0, rows, kRowsAtOnce, [&](int64_t from, int64_t end) {
    detail::scale_back(sum + from * out_, end - from, out_, row_scale + from, scale_.data(), bias_.data(),
                       to + from * out_);
  });
  return out;
}

}  // namespace millwright::engine

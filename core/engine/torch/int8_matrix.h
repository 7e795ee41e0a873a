// A matrix in eight bits to multiply floats with, on the processor: oneDNN's integer product between own kernels that
// quantize each row of what comes in and scale back what goes out (dynamic quantization, symmetric, a scale for each
// row and each output).
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

namespace millwright::engine {

class Int8Matrix {
 public:
  /// Whether this build has the integer product.
  [[nodiscard]] static bool available();
  /// Weights are whole numbers from −most to most: 127, or 63 where the processor's products would be cut off.
  [[nodiscard]] static int32_t most();
  /// `weight` float [out, in], `bias` float [out], in main memory.
  Int8Matrix(const at::Tensor& weight, const at::Tensor& bias);
  /// x float [rows, in] → x · weightᵀ + bias, [rows, out].
  [[nodiscard]] at::Tensor multiply(const at::Tensor& x) const;

 private:
  int64_t out_, in_;
  std::vector<int8_t> weight_;
  std::vector<float> scale_, bias_;
};

}  // namespace millwright::engine

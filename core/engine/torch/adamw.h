// AdamW over all parameters of an encoder. On the processor one pass over memory for each of them, and rows of the word
// embeddings that a batch does not touch rest until they are needed: then they take all the steps that they missed,
// with the very operations that they would have taken at the time, so that nothing differs from updating them always.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "detail/elementwise_kernels.h"
#include "engine/encoder_layout.h"
#include "engine/encoder_model.h"

namespace millwright::engine {

class Adamw {
 public:
  /// `weights`, flat, on the device; `shadows` by parameter: bfloat16 copies that are kept up to date, where defined.
  /// `may_rest`: whether gradients of untouched rows are known to be 0.
  Adamw(const EncoderLayout& layout, const OptimizerSettings& settings, at::Tensor weights,
        std::vector<at::Tensor> shadows, bool may_rest = true);

  [[nodiscard]] bool is_frozen(size_t parameter) const { return rates_[parameter] == 0; }
  /// Whether rows of the word embeddings rest.
  [[nodiscard]] bool rows_rest() const { return rows_rest_; }

  /// √Σ g² over all gradients, in a fixed order.
  [[nodiscard]] double norm(const std::vector<at::Tensor>& gradients) const;
  /// One step. `gradients` by parameter (undefined where frozen); where rows rest, that of the word embeddings belongs
  /// to `touched` rows, in their order.
  void step(std::vector<at::Tensor>& gradients, const std::vector<int64_t>& touched, const StepSettings& settings,
            double scale);
  /// Lets these rows (all when null) catch up with the steps so far.
  void catch_up(const std::vector<int64_t>* rows);

  at::Tensor first, second;            ///< moments, flat
  std::vector<int64_t> row_steps;      ///< the last step that a row has seen
  std::vector<double> learning_rates;  ///< of the steps so far

 private:
  [[nodiscard]] detail::AdamwStep constants(size_t parameter, int64_t step, double learning_rate, double scale) const;
  void step_on_processor(const std::vector<at::Tensor>& gradients, const std::vector<int64_t>& touched, double scale);
  void step_elsewhere(std::vector<at::Tensor>& gradients, double scale);

  const EncoderLayout& layout_;
  OptimizerSettings settings_;
  at::Tensor weights_;
  std::vector<at::Tensor> shadows_;
  std::vector<double> rates_;  ///< of each parameter beside the learning rate; 0: frozen
  bool rows_rest_ = false;
};

}  // namespace millwright::engine

// The forward pass of an encoder over packed texts, in terms of libtorch's tensors.
#pragma once

#include <ATen/ATen.h>

#include <memory>
#include <vector>

#include "engine/encoder_layout.h"
#include "engine/encoder_model.h"
#include "torch/int8_matrix.h"
#include "torch/packed_attention.h"

namespace millwright::engine {

/// A batch on the device that computes.
struct DeviceBatch {
  at::Tensor ids, types, positions;  ///< int64 [tokens]
  Packing packing;
};
[[nodiscard]] DeviceBatch to_device(const PackedBatch& batch, const at::Device& device);

/// Rows of the word embeddings that stand in for the whole table, so that only they get a gradient.
struct WordRows {
  at::Tensor rows;   ///< [unique, hidden]
  at::Tensor index;  ///< int64 [tokens]: of each token in `rows`
};

class EncoderNetwork {
 public:
  /// `tensors`: one for each parameter of the layout. Matrices and their biases may be of a narrower type than the
  /// rest; what they are multiplied with is converted. `generic`: ATen's operators everywhere.
  EncoderNetwork(const EncoderLayout& layout, std::vector<at::Tensor> tensors, bool generic = false);

  /// [tokens, hidden] after the last layer. The first `frozen_layers` layers and the embeddings keep no graph where
  /// frozen_layers > 0.
  [[nodiscard]] at::Tensor hidden(const DeviceBatch& batch, Dropout& dropout, int64_t frozen_layers = 0,
                                  const WordRows* words = nullptr) const;
  /// What the head makes of it, in float or double.
  [[nodiscard]] at::Tensor logits(const at::Tensor& hidden, const DeviceBatch& batch, Dropout& dropout) const;
  /// [texts, hidden]: the mean over each text's tokens.
  [[nodiscard]] static at::Tensor mean(const at::Tensor& hidden, const DeviceBatch& batch);

  [[nodiscard]] const std::vector<at::Tensor>& tensors() const { return tensors_; }
  /// Takes the layers' matrices, as they are now, in eight bits from here on.
  void quantize();

 private:
  struct Pair {
    at::Tensor weight, bias;
    at::Tensor lora_a, lora_b;               ///< of the adapter, where there is one
    std::shared_ptr<const Int8Matrix> int8;  ///< in place of weight and bias, where there is one
    int64_t members = 1;  ///< matrices that lie side by side in `weight`, each with an adapter of its own
  };
  struct Layer {
    Pair projection, attention_output, attention_norm, up, down, output_norm;
  };
  [[nodiscard]] Pair pair(text::Role role, int64_t layer = -1) const;
  [[nodiscard]] at::Tensor embed(const DeviceBatch& batch, Dropout& dropout, const WordRows* words) const;
  [[nodiscard]] at::Tensor run(const Layer& layer, const at::Tensor& x, const DeviceBatch& batch,
                               Dropout& dropout) const;
  [[nodiscard]] at::Tensor activate(const at::Tensor& x, text::Activation activation) const;
  [[nodiscard]] at::Tensor norm(const at::Tensor& x, const Pair& by) const;
  [[nodiscard]] at::Tensor dense(const at::Tensor& x, const Pair& by) const;

  const EncoderLayout& layout_;
  std::vector<at::Tensor> tensors_;
  bool generic_;
  at::Tensor word_, position_, type_;
  Pair embeddings_norm_, pooler_, classifier_, transform_, transform_norm_;
  at::Tensor prediction_bias_;
  std::vector<Layer> layers_;
};

}  // namespace millwright::engine

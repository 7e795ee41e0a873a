// What a training makes small, in terms of libtorch's tensors.
#pragma once

#include <ATen/ATen.h>

#include "engine/encoder_model.h"
#include "torch/encoder_network.h"

namespace millwright::engine {

/// Σ weight · loss / weight_sum of a part, from the hidden states of its tokens: a scalar in float or double. `right`,
/// where given, takes the number of hidden words that a masked-language head tells.
[[nodiscard]] at::Tensor loss_of(const EncoderNetwork& network, const at::Tensor& hidden, const DeviceBatch& batch,
                                 const MicroBatch& part, const LossSettings& settings, double weight_sum,
                                 Dropout& dropout, int64_t* right = nullptr);

}  // namespace millwright::engine

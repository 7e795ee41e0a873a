// Where each tensor of an encoder lies in one long vector of floats: what is loaded, trained, checkpointed and written
// is that vector. Query, key and value of a layer lie side by side, so that they are one matrix to multiply with.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "text/encoder_config.h"

namespace millwright::engine {

/// Low-rank adapters (LoRA, Hu et al. 2021): a matrix W counts as W + alpha/rank · B·A, and only A and B are trained.
struct Lora {
  int64_t rank = 0;  ///< 0: none
  double alpha = 16;
  [[nodiscard]] double scale() const { return rank > 0 ? alpha / static_cast<double>(rank) : 0; }
};

/// What the engine computes with as one tensor: a slot, or a layer's query, key and value together.
struct Parameter {
  text::Role role;
  text::Part part;
  int64_t layer = -1;
  uint64_t offset = 0;  ///< of its first number in the vector
  std::vector<int64_t> shape;
  std::vector<text::Slot> slots;  ///< in the order of their numbers

  [[nodiscard]] uint64_t elements() const;
  /// Biases and LayerNorms are not drawn towards zero.
  [[nodiscard]] bool decays() const;
};

struct EncoderLayout {
  text::EncoderConfig config;
  Lora lora;
  std::vector<Parameter> parameters;
  uint64_t size = 0;  ///< numbers in all

  /// With adapters, each matrix of a layer is followed, after all other parameters, by its A [rank, in] and B
  /// [out, rank]; query, key and value have one each, side by side.
  explicit EncoderLayout(text::EncoderConfig wanted, Lora adapters = {});
  /// The parameter of that role; nullptr when this model has none.
  [[nodiscard]] const Parameter* find(text::Role role, text::Part part, int64_t layer = -1) const;
};

}  // namespace millwright::engine

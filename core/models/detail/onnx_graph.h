// A transformer encoder as an ONNX graph, operator set 17: what ONNX Runtime since 1.12 and Debian's libonnx 1.12 know.
#pragma once

#include <onnx/onnx_pb.h>

#include <string>
#include <vector>

#include "text/encoder_config.h"

namespace millwright::models::detail {

inline constexpr int64_t kOnnxOperators = 17, kOnnxFormat = 8;  ///< opset_import, ir_version

/// A weight as the graph names it. Matrices are stored in × out: ONNX multiplies by them from the right.
struct OnnxWeight {
  std::string name;
  text::Slot slot;
  bool transposed = false;
  [[nodiscard]] std::vector<int64_t> shape() const;  ///< as stored
};

struct OnnxGraph {
  onnx::GraphProto graph;  ///< nodes, inputs, output and small constants, without the weights
  std::vector<OnnxWeight> weights;
};

/// Inputs, int64 [batch, sequence]: input_ids, attention_mask (1: a token, 0: padding) and, where the model tells types
/// apart, token_type_ids. Output, float: last_hidden_state [batch, sequence, hidden] without a head; logits
/// [batch, labels] of sequences; logits [batch, sequence, labels or vocabulary] of tokens. Computes what the reference
/// (transformers' modeling_bert, _distilbert, _roberta, _xlm_roberta, in evaluation) computes.
[[nodiscard]] OnnxGraph onnx_graph_of(const text::EncoderConfig& config);

}  // namespace millwright::models::detail

#include "detail/onnx_graph.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <numbers>
#include <set>
#include <utility>

namespace millwright::models::detail {
namespace {

using onnx::AttributeProto;
using onnx::TensorProto;
using text::Activation;
using text::EncoderConfig;
using text::Family;
using text::Head;
using text::Part;
using text::Role;

using Value = std::string;  ///< the name of what a node gives

AttributeProto whole(const char* name, int64_t value) {
  AttributeProto out;
  out.set_name(name);
  out.set_type(AttributeProto::INT);
  out.set_i(value);
  return out;
}
AttributeProto real(const char* name, double value) {
  AttributeProto out;
  out.set_name(name);
  out.set_type(AttributeProto::FLOAT);
  out.set_f(static_cast<float>(value));
  return out;
}
AttributeProto wholes(const char* name, std::initializer_list<int64_t> values) {
  AttributeProto out;
  out.set_name(name);
  out.set_type(AttributeProto::INTS);
  for (const int64_t value : values) out.add_ints(value);
  return out;
}

/// Nodes, constants and weights, named as they are asked for.
class Builder {
 public:
  explicit Builder(const EncoderConfig& config) : config_(config), slots_(text::slots_of(config)) {}

  /// Names of the nodes that follow begin with it.
  void scope(std::string name) { scope_ = std::move(name); }

  Value op(const char* type, std::initializer_list<Value> inputs,
           std::initializer_list<AttributeProto> attributes = {}) {
    onnx::NodeProto& node = *out_.graph.add_node();
    node.set_op_type(type);
    node.set_name(scope_ + "/" + type + "_" + std::to_string(out_.graph.node_size()));
    for (const Value& input : inputs) node.add_input(input);
    for (const AttributeProto& attribute : attributes) *node.add_attribute() = attribute;
    node.add_output(node.name() + ":0");
    return node.output(0);
  }

  Value number(float value) {
    const Value name = "number:" + std::to_string(value);
    if (TensorProto* tensor = constant(name, TensorProto::FLOAT)) tensor->add_float_data(value);
    return name;
  }
  Value count(int64_t value) {
    const Value name = "count:" + std::to_string(value);
    if (TensorProto* tensor = constant(name, TensorProto::INT64)) tensor->add_int64_data(value);
    return name;
  }
  Value counts(std::initializer_list<int64_t> values) {
    Value name = "counts";
    for (const int64_t value : values) name += ":" + std::to_string(value);
    if (TensorProto* tensor = constant(name, TensorProto::INT64)) {
      tensor->add_dims(static_cast<int64_t>(values.size()));
      for (const int64_t value : values) tensor->add_int64_data(value);
    }
    return name;
  }

  Value weight(Role role, Part part, int64_t layer = -1, bool transposed = false) {
    const auto slot = std::find_if(slots_.begin(), slots_.end(), [&](const text::Slot& s) {
      return s.role == role && s.part == part && s.layer == layer;
    });
    OnnxWeight weight{slot->name + (transposed ? ".transposed" : ""), *slot, transposed};
    if (constants_.insert(weight.name).second) out_.weights.push_back(weight);
    return weight.name;
  }
  Value table(Role role) { return weight(role, Part::weight); }

  Value dense(const Value& x, Role role, int64_t layer = -1) {
    const Value product = op("MatMul", {x, weight(role, Part::weight, layer, true)});
    return op("Add", {product, weight(role, Part::bias, layer)});
  }
  Value norm(const Value& x, Role role, int64_t layer = -1) {
    return op("LayerNormalization", {x, weight(role, Part::weight, layer), weight(role, Part::bias, layer)},
              {whole("axis", -1), real("epsilon", config_.norm_epsilon)});
  }
  /// GELU's two forms (Hendrycks & Gimpel 2016), which operator set 17 does not have as one operator.
  Value activate(const Value& x, Activation activation) {
    if (activation == Activation::relu) return op("Relu", {x});
    const Value half = number(0.5F), one = number(1);
    Value inner;
    if (activation == Activation::gelu) {
      inner = op("Erf", {op("Div", {x, number(std::numbers::sqrt2_v<float>)})});
    } else {
      const Value cube = op("Mul", {op("Mul", {x, x}), x});
      const Value sum = op("Add", {x, op("Mul", {cube, number(0.044715F)})});
      inner = op("Tanh", {op("Mul", {sum, number(std::sqrt(2 / std::numbers::pi_v<float>))})});
    }
    return op("Mul", {op("Mul", {x, op("Add", {inner, one})}), half});
  }

  void input(const char* name) {
    onnx::ValueInfoProto& info = *out_.graph.add_input();
    describe(info, name, TensorProto::INT64, {"batch", "sequence"}, 0);
  }
  /// Gives the last node's value this name and makes it the graph's output; width 0: the value has no such dimension.
  void output(const char* name, std::initializer_list<const char*> dimensions, int64_t width) {
    out_.graph.mutable_node(out_.graph.node_size() - 1)->set_output(0, name);
    describe(*out_.graph.add_output(), name, TensorProto::FLOAT, dimensions, width);
  }
  OnnxGraph take() {
    out_.graph.set_name("encoder");
    return std::move(out_);
  }

 private:
  static void describe(onnx::ValueInfoProto& info, const char* name, TensorProto::DataType type,
                       std::initializer_list<const char*> dimensions, int64_t width) {
    info.set_name(name);
    auto& tensor = *info.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(type);
    for (const char* dimension : dimensions) tensor.mutable_shape()->add_dim()->set_dim_param(dimension);
    if (width > 0) tensor.mutable_shape()->add_dim()->set_dim_value(width);
  }
  /// A constant to be filled; nullptr when it is there.
  TensorProto* constant(const Value& name, TensorProto::DataType type) {
    if (!constants_.insert(name).second) return nullptr;
    TensorProto* tensor = out_.graph.add_initializer();
    tensor->set_name(name);
    tensor->set_data_type(type);
    return tensor;
  }

  const EncoderConfig& config_;
  std::vector<text::Slot> slots_;
  OnnxGraph out_;
  std::set<std::string> constants_;
  std::string scope_;
};

bool counts_on(const EncoderConfig& config) {
  return config.family == Family::roberta || config.family == Family::xlm_roberta;
}

/// Positions 0, 1, … of a row; RoBERTa's count its real tokens, on from the padding token's number, and padding keeps
/// that number (create_position_ids_from_input_ids).
Value positions(Builder& b, const EncoderConfig& config) {
  if (!counts_on(config)) {
    const Value length = b.op("Gather", {b.op("Shape", {"input_ids"}), b.count(1)}, {whole("axis", 0)});
    return b.op("Range", {b.count(0), length, b.count(1)});
  }
  const Value padding = b.op("Equal", {"input_ids", b.count(config.pad_token)});
  const Value real_ones = b.op("Cast", {b.op("Not", {padding})}, {whole("to", TensorProto::INT64)});
  const Value counted = b.op("Mul", {b.op("CumSum", {real_ones, b.count(1)}), real_ones});
  return b.op("Add", {counted, b.count(config.pad_token)});
}

Value embed(Builder& b, const EncoderConfig& config) {
  b.scope("embeddings");
  const auto look_up = [&](Role role, const Value& which) {
    return b.op("Gather", {b.table(role), which}, {whole("axis", 0)});
  };
  Value x = look_up(Role::word_embeddings, "input_ids");
  x = b.op("Add", {x, look_up(Role::position_embeddings, positions(b, config))});
  // The one row of a table that has but one is the same for every token.
  if (config.types == 1) x = b.op("Add", {x, b.table(Role::type_embeddings)});
  if (config.types > 1) x = b.op("Add", {x, look_up(Role::type_embeddings, "token_type_ids")});
  return b.norm(x, Role::embeddings_norm);
}

/// What is added to attention's scores: 0 for tokens, the lowest float for padding; [batch, 1, 1, sequence].
Value mask_of(Builder& b) {
  b.scope("mask");
  const Value wide = b.op("Unsqueeze", {"attention_mask", b.counts({1, 2})});
  const Value is_real = b.op("Cast", {wide}, {whole("to", TensorProto::FLOAT)});
  return b.op("Mul", {b.op("Sub", {b.number(1), is_real}), b.number(std::numeric_limits<float>::lowest())});
}

Value attention(Builder& b, const EncoderConfig& config, int64_t layer, const Value& x, const Value& mask) {
  const int64_t width = config.hidden / config.heads;
  const auto split = [&](Role role, std::initializer_list<int64_t> order) {
    const Value parts = b.op("Reshape", {b.dense(x, role, layer), b.counts({0, 0, config.heads, width})});
    return b.op("Transpose", {parts}, {wholes("perm", order)});
  };
  const Value query = split(Role::query, {0, 2, 1, 3}), key = split(Role::key, {0, 2, 3, 1});
  const Value value = split(Role::value, {0, 2, 1, 3});
  const Value scores = b.op("Div", {b.op("MatMul", {query, key}), b.number(std::sqrt(static_cast<float>(width)))});
  const Value shares = b.op("Softmax", {b.op("Add", {scores, mask})}, {whole("axis", -1)});
  const Value mixed = b.op("Transpose", {b.op("MatMul", {shares, value})}, {wholes("perm", {0, 2, 1, 3})});
  return b.op("Reshape", {mixed, b.counts({0, 0, config.hidden})});
}

Value encoder_layer(Builder& b, const EncoderConfig& config, int64_t layer, const Value& x, const Value& mask) {
  const std::string name = "layer." + std::to_string(layer);
  b.scope(name + "/attention");
  const Value mixed = b.dense(attention(b, config, layer, x, mask), Role::attention_output, layer);
  const Value attended = b.norm(b.op("Add", {mixed, x}), Role::attention_norm, layer);
  b.scope(name + "/feed_forward");
  const Value wide = b.activate(b.dense(attended, Role::up, layer), config.activation);
  return b.norm(b.op("Add", {b.dense(wide, Role::down, layer), attended}), Role::output_norm, layer);
}

void head(Builder& b, const EncoderConfig& config, const Value& x) {
  b.scope("head");
  const auto labels = static_cast<int64_t>(config.labels.size());
  if (config.head == Head::none) {
    b.output("last_hidden_state", {"batch", "sequence"}, config.hidden);
  } else if (config.head == Head::sequence) {
    const Value first = b.op("Gather", {x, b.count(0)}, {whole("axis", 1)});
    const char* const bend = config.family == Family::distilbert ? "Relu" : "Tanh";
    b.dense(b.op(bend, {b.dense(first, Role::pooler)}), Role::classifier);
    b.output("logits", {"batch"}, labels);
  } else if (config.head == Head::token) {
    b.dense(x, Role::classifier);
    b.output("logits", {"batch", "sequence"}, labels);
  } else {
    // RoBERTa's language head always uses GELU; the others use the configuration's activation.
    const Activation activation = counts_on(config) ? Activation::gelu : config.activation;
    const Value y = b.norm(b.activate(b.dense(x, Role::transform), activation), Role::transform_norm);
    // The word embeddings once more: turned by a node, so that the table is stored once.
    const Value words = b.op("Transpose", {b.table(Role::word_embeddings)}, {wholes("perm", {1, 0})});
    b.op("Add", {b.op("MatMul", {y, words}), b.weight(Role::prediction, Part::bias)});
    b.output("logits", {"batch", "sequence"}, config.vocabulary);
  }
}

}  // namespace

std::vector<int64_t> OnnxWeight::shape() const {
  std::vector<int64_t> out(slot.shape.begin(), slot.shape.end());
  if (transposed) std::reverse(out.begin(), out.end());
  return out;
}

OnnxGraph onnx_graph_of(const EncoderConfig& config) {
  Builder b(config);
  b.input("input_ids");
  b.input("attention_mask");
  if (config.types > 1) b.input("token_type_ids");
  Value x = embed(b, config);
  const Value mask = mask_of(b);
  for (int64_t layer = 0; layer < config.layers; ++layer) x = encoder_layer(b, config, layer, x, mask);
  head(b, config, x);
  return b.take();
}

}  // namespace millwright::models::detail

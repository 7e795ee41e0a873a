// What a transformer encoder is made of, as a Hugging Face config.json says it: BERT (and MiniLM, which is one),
// DistilBERT, RoBERTa, XLM-R, each with its own names for the same parts. Needs no libtorch: models/ reads folders with
// it where the engine is not built.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "text/problem.h"

namespace millwright::text {

enum class Family : uint8_t { bert, distilbert, roberta, xlm_roberta };
enum class Head : uint8_t { none, sequence, token, masked_lm };
enum class Activation : uint8_t { gelu, gelu_tanh, relu };

[[nodiscard]] std::string_view name_of(Family family);  ///< model_type: "bert", "distilbert", "roberta", "xlm-roberta"
[[nodiscard]] std::string_view name_of(Head head);      ///< "none", "sequence-classification", …

/// Sizes are checked to be in range and to fit together (hidden is a multiple of heads), not against any weights.
struct EncoderConfig {
  Family family = Family::bert;
  Head head = Head::none;
  int64_t vocabulary = 0, hidden = 0, layers = 0, heads = 0, intermediate = 0;
  int64_t positions = 0;  ///< rows of the position table
  int64_t types = 0;      ///< rows of the token type table; 0: there is none (DistilBERT)
  int64_t pad_token = 0;
  double norm_epsilon = 1e-12;
  double initializer_range = 0.02;
  double hidden_dropout = 0.1, attention_dropout = 0.1, classifier_dropout = 0.1;
  Activation activation = Activation::gelu;
  Problem problem = Problem::single_label;
  std::vector<std::string> labels;  ///< of a classification head, by output

  /// Position of the first token: RoBERTa counts on from the padding token's number.
  [[nodiscard]] int64_t first_position() const {
    return family == Family::roberta || family == Family::xlm_roberta ? pad_token + 1 : 0;
  }
  /// Tokens that a text may have, special ones included.
  [[nodiscard]] int64_t longest() const { return positions - first_position(); }
};

/// A config.json as far as it could be understood. Where `unsupported` is not empty the model cannot be run, and the
/// numbers of `config` need not mean anything.
struct ConfigReading {
  std::string model_type;
  EncoderConfig config;
  std::vector<std::string> unsupported;  ///< "model_type gpt2", "hidden_act swish", …
};

/// Reads what config.json holds. Errors: bad_input "model.bad_config" with the key whose value is missing or out of
/// range.
[[nodiscard]] Result<ConfigReading> read_encoder_config(const Json& json);

/// config.json as transformers reads it. What `base` (another config.json, or null) holds beyond it stays.
[[nodiscard]] Json to_json(const EncoderConfig& config, const Json& base);

/// What a tensor is for. The layer's parts come in the order in which the engine keeps them.
enum class Role : uint8_t {
  word_embeddings,
  position_embeddings,
  type_embeddings,
  embeddings_norm,
  query,
  key,
  value,
  attention_output,
  attention_norm,
  up,
  down,
  output_norm,
  pooler,  ///< dense layer over the first token: BERT's pooler, DistilBERT's pre_classifier, RoBERTa's classifier.dense
  classifier,  ///< labels × hidden
  transform,   ///< of masked-language modelling
  transform_norm,
  prediction,  ///< its bias over the vocabulary; its weight is the word embeddings'
};
enum class Part : uint8_t { weight, bias, lora_a, lora_b };  ///< the last two: adapters beside a matrix

struct Slot {
  Role role;
  Part part;
  int64_t layer = -1;  ///< -1: outside the layers
  std::string name;    ///< the reference's, prefix included
  std::vector<uint64_t> shape;
  [[nodiscard]] uint64_t elements() const;
  [[nodiscard]] bool is_norm() const {
    return role == Role::embeddings_norm || role == Role::attention_norm || role == Role::output_norm ||
           role == Role::transform_norm;
  }
  [[nodiscard]] bool is_head() const { return role >= Role::pooler; }
};

/// Every tensor that a model of this configuration computes with, in a fixed order: embeddings, layers, head.
[[nodiscard]] std::vector<Slot> slots_of(const EncoderConfig& config);
/// Numbers in all of them together.
[[nodiscard]] uint64_t parameters_of(const EncoderConfig& config);
/// The names under which a slot's tensor is found in the wild, the reference's own first: with or without the prefix,
/// LayerNorm's gamma and beta.
[[nodiscard]] std::vector<std::string> names_in_the_wild(const EncoderConfig& config, const Slot& slot);

}  // namespace millwright::text

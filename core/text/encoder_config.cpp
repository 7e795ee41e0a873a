#include "text/encoder_config.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace millwright::text {
namespace {

constexpr int64_t kMostLabels = 65535;

struct Architecture {
  Family family;
  std::string_view model_type;
  std::string_view class_prefix;  ///< of the names in "architectures"
};
constexpr Architecture kArchitectures[] = {{Family::bert, "bert", "Bert"},
                                           {Family::distilbert, "distilbert", "DistilBert"},
                                           {Family::roberta, "roberta", "Roberta"},
                                           {Family::xlm_roberta, "xlm-roberta", "XLMRoberta"}};

struct HeadClass {
  Head head;
  std::string_view name;    ///< as `info` says it
  std::string_view suffix;  ///< of the class in "architectures"
};
constexpr HeadClass kHeads[] = {{Head::none, "none", "Model"},
                                {Head::sequence, "sequence-classification", "ForSequenceClassification"},
                                {Head::token, "token-classification", "ForTokenClassification"},
                                {Head::masked_lm, "masked-lm", "ForMaskedLM"}};

struct ProblemName {
  Problem problem;
  std::string_view name;
};
constexpr ProblemName kProblems[] = {{Problem::single_label, "single_label_classification"},
                                     {Problem::multi_label, "multi_label_classification"},
                                     {Problem::regression, "regression"}};

tl::unexpected<Error> bad_config(std::string_view key, std::string reason) {
  return fail(ErrorKind::bad_input, "model.bad_config", "config.json cannot be used: {key} {reason}.",
              {{"key", std::string(key)}, {"reason", std::move(reason)}});
}

/// Reads values of config.json and remembers the first that is wrong.
class Reader {
 public:
  explicit Reader(const Json& json) : json_(json) {}

  int64_t whole(const char* key, int64_t low, int64_t high, std::optional<int64_t> otherwise = {}) {
    const auto found = json_.find(key);
    if (found == json_.end() || found->is_null()) {
      if (otherwise) return *otherwise;
      return wrong(key, "is missing"), low;
    }
    if (!found->is_number_integer()) return wrong(key, "is no whole number"), low;
    // nlohmann keeps numbers beyond int64 as unsigned; either way the comparison below is between equals.
    const bool huge = found->is_number_unsigned() && found->get<uint64_t>() > static_cast<uint64_t>(INT64_MAX);
    if (huge || found->get<int64_t>() < low || found->get<int64_t>() > high)
      return wrong(key, "is not from " + std::to_string(low) + " to " + std::to_string(high)), low;
    return found->get<int64_t>();
  }
  double real(const char* key, double low, double high, double otherwise) {
    const auto found = json_.find(key);
    if (found == json_.end() || found->is_null()) return otherwise;
    if (!found->is_number()) return wrong(key, "is no number"), otherwise;
    const auto value = found->get<double>();
    if (!(value >= low && value <= high)) return wrong(key, "is out of range"), otherwise;
    return value;
  }
  std::string text(const char* key, std::string_view otherwise) {
    const auto found = json_.find(key);
    if (found == json_.end() || found->is_null()) return std::string(otherwise);
    if (!found->is_string()) return wrong(key, "is no text"), std::string(otherwise);
    return found->get<std::string>();
  }
  bool truth(const char* key) const {
    const auto found = json_.find(key);
    return found != json_.end() && found->is_boolean() && found->get<bool>();
  }
  void wrong(std::string_view key, std::string reason) {
    if (!error_) error_ = bad_config(key, std::move(reason)).value();
  }
  [[nodiscard]] Status status() const {
    if (error_) return tl::make_unexpected(*error_);
    return {};
  }
  [[nodiscard]] const Json& json() const { return json_; }

 private:
  const Json& json_;
  std::optional<Error> error_;
};

std::string first_architecture(const Json& json) {
  const auto found = json.find("architectures");
  if (found == json.end() || !found->is_array() || found->empty() || !found->front().is_string()) return {};
  return found->front().get<std::string>();
}

const Architecture* architecture_of(std::string_view model_type, std::string_view class_name) {
  for (const Architecture& a : kArchitectures)
    if (a.model_type == model_type) return &a;
  if (model_type.empty())
    for (const Architecture& a : kArchitectures)
      if (class_name.starts_with(a.class_prefix)) return &a;
  return nullptr;
}

void read_head(std::string_view class_name, const Architecture& architecture, ConfigReading& reading) {
  if (class_name.empty()) return;
  const std::string_view suffix = class_name.starts_with(architecture.class_prefix)
                                      ? class_name.substr(architecture.class_prefix.size())
                                      : class_name;
  for (const HeadClass& head : kHeads)
    if (head.suffix == suffix) {
      reading.config.head = head.head;
      return;
    }
  if (suffix == "ForPreTraining") {
    reading.config.head = Head::masked_lm;
  } else {
    reading.unsupported.push_back("architecture " + std::string(class_name));
  }
}

void read_activation(Reader& reader, const char* key, ConfigReading& reading) {
  const std::string name = reader.text(key, "gelu");
  if (name == "gelu") {
    reading.config.activation = Activation::gelu;
  } else if (name == "gelu_new" || name == "gelu_pytorch_tanh") {
    reading.config.activation = Activation::gelu_tanh;
  } else if (name == "relu") {
    reading.config.activation = Activation::relu;
  } else {
    reading.unsupported.push_back(std::string(key) + " " + name);
  }
}

/// Outputs of a classification head by number. Without id2label transformers takes two labels, or num_labels.
void read_labels(Reader& reader, EncoderConfig& config) {
  const auto found = reader.json().find("id2label");
  if (found == reader.json().end() || found->is_null()) {
    const int64_t count = reader.whole("num_labels", 1, kMostLabels, 2);
    for (int64_t i = 0; i < count; ++i) config.labels.push_back("LABEL_" + std::to_string(i));
    return;
  }
  if (!found->is_object() || found->empty() || found->size() > static_cast<size_t>(kMostLabels))
    return reader.wrong("id2label", "is no table of 1 to 65,535 labels");
  std::vector<const std::string*> names(found->size());
  for (const auto& [key, name] : found->items()) {
    const bool number = !key.empty() && key.size() <= 5 &&
                        std::all_of(key.begin(), key.end(), [](char c) { return c >= '0' && c <= '9'; });
    const size_t index = number ? std::stoul(key) : names.size();
    if (index >= names.size() || names[index] != nullptr || !name.is_string())
      return reader.wrong("id2label", "does not number its labels from 0");
    names[index] = name.get_ptr<const std::string*>();
  }
  for (const std::string* name : names) config.labels.push_back(*name);
}

void read_problem(Reader& reader, ConfigReading& reading) {
  const std::string name = reader.text("problem_type", "");
  if (name.empty()) {
    // The reference's own rule: one output is a regression.
    reading.config.problem = reading.config.labels.size() == 1 ? Problem::regression : Problem::single_label;
    return;
  }
  for (const ProblemName& p : kProblems)
    if (p.name == name) {
      reading.config.problem = p.problem;
      return;
    }
  reading.unsupported.push_back("problem_type " + name);
}

void read_sizes(Reader& reader, EncoderConfig& config) {
  const bool distil = config.family == Family::distilbert;
  config.vocabulary = reader.whole("vocab_size", 1, 10'000'000);
  config.hidden = reader.whole(distil ? "dim" : "hidden_size", 1, 16384);
  config.layers = reader.whole(distil ? "n_layers" : "num_hidden_layers", 1, 256);
  config.heads = reader.whole(distil ? "n_heads" : "num_attention_heads", 1, 256);
  config.intermediate = reader.whole(distil ? "hidden_dim" : "intermediate_size", 1, 131072);
  config.positions = reader.whole("max_position_embeddings", 1, 1'000'000);
  config.types = distil ? 0 : reader.whole("type_vocab_size", 1, 1024, 2);
  const bool counts_on = config.family == Family::roberta || config.family == Family::xlm_roberta;
  config.pad_token = reader.whole("pad_token_id", 0, std::max<int64_t>(0, config.vocabulary - 1), counts_on ? 1 : 0);
  if (config.hidden % config.heads != 0)
    reader.wrong(distil ? "dim" : "hidden_size", "is no multiple of the number of attention heads");
  if (config.longest() < 2) reader.wrong("max_position_embeddings", "leaves no room for a text");
}

void read_dropout(Reader& reader, EncoderConfig& config) {
  const bool distil = config.family == Family::distilbert;
  config.hidden_dropout = reader.real(distil ? "dropout" : "hidden_dropout_prob", 0, 0.99, 0.1);
  config.attention_dropout = reader.real(distil ? "attention_dropout" : "attention_probs_dropout_prob", 0, 0.99, 0.1);
  config.classifier_dropout = distil ? reader.real("seq_classif_dropout", 0, 0.99, 0.2)
                                     : reader.real("classifier_dropout", 0, 0.99, config.hidden_dropout);
  config.norm_epsilon = distil ? 1e-12 : reader.real("layer_norm_eps", 0, 0.1, 1e-12);
  config.initializer_range = reader.real("initializer_range", 0, 10, 0.02);
}

void read_what_is_unusual(Reader& reader, ConfigReading& reading) {
  if (const std::string kind = reader.text("position_embedding_type", "absolute"); kind != "absolute")
    reading.unsupported.push_back("position_embedding_type " + kind);
  for (const char* key : {"is_decoder", "add_cross_attention"})
    if (reader.truth(key)) reading.unsupported.emplace_back(key);
  const auto tied = reader.json().find("tie_word_embeddings");
  if (reading.config.head == Head::masked_lm && tied != reader.json().end() && *tied == false)
    reading.unsupported.emplace_back("tie_word_embeddings false");
}

/// Names of a family's parts; {n} stands for the layer.
struct Names {
  std::string_view prefix;
  std::string_view layer;
  std::string_view query, key, value, attention_output, attention_norm, up, down, output_norm;
};
constexpr Names kBertNames = {"bert.",
                              "encoder.layer.",
                              ".attention.self.query",
                              ".attention.self.key",
                              ".attention.self.value",
                              ".attention.output.dense",
                              ".attention.output.LayerNorm",
                              ".intermediate.dense",
                              ".output.dense",
                              ".output.LayerNorm"};
constexpr Names kDistilNames = {"distilbert.",      "transformer.layer.", ".attention.q_lin", ".attention.k_lin",
                                ".attention.v_lin", ".attention.out_lin", ".sa_layer_norm",   ".ffn.lin1",
                                ".ffn.lin2",        ".output_layer_norm"};

Names names_of(Family family) {
  if (family == Family::distilbert) return kDistilNames;
  Names names = kBertNames;
  if (family != Family::bert) names.prefix = "roberta.";
  return names;
}

/// Collects slots with the names that this family gives them.
class SlotList {
 public:
  explicit SlotList(const EncoderConfig& config) : config_(config), names_(names_of(config.family)) {}

  void embeddings() {
    const auto hidden = static_cast<uint64_t>(config_.hidden);
    const std::string prefix = body() + "embeddings.";
    table(Role::word_embeddings, prefix + "word_embeddings.weight", config_.vocabulary);
    table(Role::position_embeddings, prefix + "position_embeddings.weight", config_.positions);
    if (config_.types > 0) table(Role::type_embeddings, prefix + "token_type_embeddings.weight", config_.types);
    norm(Role::embeddings_norm, -1, prefix + "LayerNorm", hidden);
  }
  void layer(int64_t n) {
    const auto hidden = static_cast<uint64_t>(config_.hidden), wide = static_cast<uint64_t>(config_.intermediate);
    const std::string prefix = body() + std::string(names_.layer) + std::to_string(n);
    const auto at = [&](std::string_view part) { return prefix + std::string(part); };
    dense(Role::query, n, at(names_.query), hidden, hidden);
    dense(Role::key, n, at(names_.key), hidden, hidden);
    dense(Role::value, n, at(names_.value), hidden, hidden);
    dense(Role::attention_output, n, at(names_.attention_output), hidden, hidden);
    norm(Role::attention_norm, n, at(names_.attention_norm), hidden);
    dense(Role::up, n, at(names_.up), wide, hidden);
    dense(Role::down, n, at(names_.down), hidden, wide);
    norm(Role::output_norm, n, at(names_.output_norm), hidden);
  }
  void head() {
    const auto hidden = static_cast<uint64_t>(config_.hidden), labels = static_cast<uint64_t>(config_.labels.size());
    const bool distil = config_.family == Family::distilbert, bert = config_.family == Family::bert;
    if (config_.head == Head::sequence) {
      dense(Role::pooler, -1,
            bert     ? body() + "pooler.dense"
            : distil ? "pre_classifier"
                     : "classifier.dense",
            hidden, hidden);
      dense(Role::classifier, -1, bert || distil ? "classifier" : "classifier.out_proj", labels, hidden);
    } else if (config_.head == Head::token) {
      dense(Role::classifier, -1, "classifier", labels, hidden);
    } else if (config_.head == Head::masked_lm) {
      const std::string dense_name = bert     ? "cls.predictions.transform.dense"
                                     : distil ? "vocab_transform"
                                              : "lm_head.dense";
      dense(Role::transform, -1, dense_name, hidden, hidden);
      norm(Role::transform_norm, -1,
           bert     ? "cls.predictions.transform.LayerNorm"
           : distil ? "vocab_layer_norm"
                    : "lm_head.layer_norm",
           hidden);
      slots.push_back({Role::prediction,
                       Part::bias,
                       -1,
                       bert     ? "cls.predictions.bias"
                       : distil ? "vocab_projector.bias"
                                : "lm_head.bias",
                       {static_cast<uint64_t>(config_.vocabulary)}});
    }
  }
  std::vector<Slot> slots;

 private:
  /// The encoder's own tensors bear its name only where something stands on it.
  [[nodiscard]] std::string body() const {
    return config_.head == Head::none ? std::string() : std::string(names_.prefix);
  }
  void table(Role role, std::string name, int64_t rows) {
    slots.push_back({role,
                     Part::weight,
                     -1,
                     std::move(name),
                     {static_cast<uint64_t>(rows), static_cast<uint64_t>(config_.hidden)}});
  }
  void dense(Role role, int64_t layer, const std::string& name, uint64_t out, uint64_t in) {
    slots.push_back({role, Part::weight, layer, name + ".weight", {out, in}});
    slots.push_back({role, Part::bias, layer, name + ".bias", {out}});
  }
  void norm(Role role, int64_t layer, const std::string& name, uint64_t size) {
    slots.push_back({role, Part::weight, layer, name + ".weight", {size}});
    slots.push_back({role, Part::bias, layer, name + ".bias", {size}});
  }
  const EncoderConfig& config_;
  Names names_;
};

}  // namespace

std::string_view name_of(Family family) { return kArchitectures[static_cast<size_t>(family)].model_type; }
std::string_view name_of(Head head) { return kHeads[static_cast<size_t>(head)].name; }

Result<ConfigReading> read_encoder_config(const Json& json) {
  if (!json.is_object()) return bad_config("it", "is no JSON object");
  Reader reader(json);
  ConfigReading reading;
  reading.model_type = reader.text("model_type", "");
  const std::string class_name = first_architecture(json);
  const Architecture* architecture = architecture_of(reading.model_type, class_name);
  if (architecture == nullptr) {
    MW_TRY(reader.status());
    reading.unsupported.push_back(reading.model_type.empty() ? "no model_type" : "model_type " + reading.model_type);
    return reading;
  }
  reading.model_type = architecture->model_type;
  reading.config.family = architecture->family;
  read_head(class_name, *architecture, reading);
  read_sizes(reader, reading.config);
  read_dropout(reader, reading.config);
  read_activation(reader, reading.config.family == Family::distilbert ? "activation" : "hidden_act", reading);
  if (reading.config.head == Head::sequence || reading.config.head == Head::token) {
    read_labels(reader, reading.config);
    read_problem(reader, reading);
  }
  read_what_is_unusual(reader, reading);
  MW_TRY(reader.status());
  return reading;
}

Json to_json(const EncoderConfig& config, const Json& base) {
  Json json = base.is_object() ? base : Json::object();
  const auto& architecture = kArchitectures[static_cast<size_t>(config.family)];
  const bool distil = config.family == Family::distilbert;
  json["architectures"] = {std::string(architecture.class_prefix) +
                           std::string(kHeads[static_cast<size_t>(config.head)].suffix)};
  json["model_type"] = architecture.model_type;
  json["vocab_size"] = config.vocabulary;
  json[distil ? "dim" : "hidden_size"] = config.hidden;
  json[distil ? "n_layers" : "num_hidden_layers"] = config.layers;
  json[distil ? "n_heads" : "num_attention_heads"] = config.heads;
  json[distil ? "hidden_dim" : "intermediate_size"] = config.intermediate;
  json["max_position_embeddings"] = config.positions;
  json["pad_token_id"] = config.pad_token;
  json["initializer_range"] = config.initializer_range;
  constexpr std::string_view kActivations[] = {"gelu", "gelu_new", "relu"};
  json[distil ? "activation" : "hidden_act"] = kActivations[static_cast<size_t>(config.activation)];
  json[distil ? "dropout" : "hidden_dropout_prob"] = config.hidden_dropout;
  json[distil ? "attention_dropout" : "attention_probs_dropout_prob"] = config.attention_dropout;
  json[distil ? "seq_classif_dropout" : "classifier_dropout"] = config.classifier_dropout;
  if (!distil) {
    json["type_vocab_size"] = config.types;
    json["layer_norm_eps"] = config.norm_epsilon;
    json["position_embedding_type"] = "absolute";
  }
  for (const char* key : {"torch_dtype", "dtype"}) json.erase(key);
  json["torch_dtype"] = "float32";
  for (const char* key : {"id2label", "label2id", "problem_type", "num_labels"}) json.erase(key);
  if (config.head == Head::sequence || config.head == Head::token) {
    Json names = Json::object(), numbers = Json::object();
    for (size_t i = 0; i < config.labels.size(); ++i) {
      names[std::to_string(i)] = config.labels[i];
      numbers[config.labels[i]] = i;
    }
    json["id2label"] = std::move(names);
    json["label2id"] = std::move(numbers);
    if (config.head == Head::sequence) json["problem_type"] = kProblems[static_cast<size_t>(config.problem)].name;
  }
  return json;
}

uint64_t Slot::elements() const {
  uint64_t count = 1;
  for (const uint64_t dimension : shape) count *= dimension;  // bounded by the ranges of read_encoder_config()
  return count;
}

std::vector<Slot> slots_of(const EncoderConfig& config) {
  SlotList list(config);
  list.embeddings();
  for (int64_t n = 0; n < config.layers; ++n) list.layer(n);
  list.head();
  return std::move(list.slots);
}

uint64_t parameters_of(const EncoderConfig& config) {
  uint64_t count = 0;
  for (const Slot& slot : slots_of(config)) count += slot.elements();
  return count;
}

std::vector<std::string> names_in_the_wild(const EncoderConfig& config, const Slot& slot) {
  const std::string prefix(names_of(config.family).prefix);
  std::vector<std::string> names{slot.name};
  // Folders of other heads and bare encoders hold the same tensors with and without the family's prefix.
  if (slot.name.starts_with(prefix)) {
    names.push_back(slot.name.substr(prefix.size()));
  } else if (!slot.is_head()) {
    names.push_back(prefix + slot.name);
  }
  // A file keeps one of two tensors that share their numbers, and not always the one that the reference names first.
  if (slot.role == Role::word_embeddings)
    names.insert(names.end(), {"cls.predictions.decoder.weight", "vocab_projector.weight", "lm_head.decoder.weight"});
  if (slot.role == Role::prediction && config.family == Family::bert)
    names.emplace_back("cls.predictions.decoder.bias");
  if (slot.role == Role::prediction && config.family != Family::bert) names.emplace_back("lm_head.decoder.bias");
  if (slot.is_norm()) {
    for (size_t i = 0, n = names.size(); i < n; ++i) {
      const size_t dot = names[i].rfind('.');
      names.push_back(names[i].substr(0, dot) + (slot.part == Part::weight ? ".gamma" : ".beta"));
    }
  }
  return names;
}

}  // namespace millwright::text

#include "torch/encoder_network.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cstring>

namespace millwright::engine {

using text::Activation;
using text::Family;
using text::Head;
using text::Part;
using text::Role;

namespace {

at::Tensor to_tensor(const std::vector<int64_t>& values, const at::Device& device) {
  at::Tensor out = at::empty({static_cast<int64_t>(values.size())}, at::kLong);
  if (!values.empty()) std::memcpy(out.data_ptr<int64_t>(), values.data(), values.size() * sizeof(int64_t));
  return out.to(device);
}

Packing pack(const PackedBatch& batch, const at::Device& device) {
  Packing out;
  out.begin = batch.begin;
  out.texts = static_cast<int64_t>(batch.texts());
  out.tokens = static_cast<int64_t>(batch.tokens());
  std::vector<int64_t> first;
  for (size_t i = 0; i < batch.texts(); ++i) {
    const int64_t length = batch.begin[i + 1] - batch.begin[i];
    if (i > 0 && length != batch.begin[i] - batch.begin[i - 1]) out.equal = false;
    out.longest = std::max(out.longest, length);
    first.push_back(batch.begin[i]);
  }
  out.first = to_tensor(first, device);
  if (out.equal) return out;
  std::vector<int64_t> place;
  place.reserve(batch.tokens());
  at::Tensor real = at::zeros({out.texts, 1, 1, out.longest}, at::kBool);
  for (size_t i = 0; i < batch.texts(); ++i)
    for (int64_t k = 0; k < batch.begin[i + 1] - batch.begin[i]; ++k) {
      place.push_back(static_cast<int64_t>(i) * out.longest + k);
      real.data_ptr<bool>()[place.back()] = true;
    }
  out.place = to_tensor(place, device);
  out.key_is_real = real.to(device);
  return out;
}

}  // namespace

DeviceBatch to_device(const PackedBatch& batch, const at::Device& device) {
  return {to_tensor(batch.ids, device), to_tensor(batch.types, device), to_tensor(batch.positions, device),
          pack(batch, device)};
}

EncoderNetwork::EncoderNetwork(const EncoderLayout& layout, std::vector<at::Tensor> tensors, bool generic)
    : layout_(layout), tensors_(std::move(tensors)), generic_(generic) {
  word_ = pair(Role::word_embeddings).weight;
  position_ = pair(Role::position_embeddings).weight;
  type_ = pair(Role::type_embeddings).weight;
  embeddings_norm_ = pair(Role::embeddings_norm);
  for (int64_t n = 0; n < layout.config.layers; ++n)
    layers_.push_back({pair(Role::query, n), pair(Role::attention_output, n), pair(Role::attention_norm, n),
                       pair(Role::up, n), pair(Role::down, n), pair(Role::output_norm, n)});
  pooler_ = pair(Role::pooler);
  classifier_ = pair(Role::classifier);
  transform_ = pair(Role::transform);
  transform_norm_ = pair(Role::transform_norm);
  prediction_bias_ = pair(Role::prediction).bias;
}

EncoderNetwork::Pair EncoderNetwork::pair(Role role, int64_t layer) const {
  Pair out;
  for (size_t i = 0; i < layout_.parameters.size(); ++i) {
    const Parameter& p = layout_.parameters[i];
    if (p.role != role || p.layer != layer) continue;
    at::Tensor& place = p.part == Part::weight   ? out.weight
                        : p.part == Part::bias   ? out.bias
                        : p.part == Part::lora_a ? out.lora_a
                                                 : out.lora_b;
    place = tensors_[i];
    out.members = static_cast<int64_t>(p.slots.size());
  }
  return out;
}

void EncoderNetwork::quantize() {
  for (Layer& layer : layers_)
    for (Pair* pair : {&layer.projection, &layer.attention_output, &layer.up, &layer.down})
      pair->int8 = std::make_shared<Int8Matrix>(pair->weight, pair->bias);
}

at::Tensor EncoderNetwork::dense(const at::Tensor& x, const Pair& by) const {
  if (by.int8) return by.int8->multiply(x);
  const at::Tensor in = x.to(by.weight.scalar_type());
  const at::Tensor out = at::linear(in, by.weight, by.bias);
  if (!by.lora_a.defined()) return out;
  const at::Tensor inner = at::linear(in, by.lora_a);  // [tokens, members · rank]
  const int64_t rank = layout_.lora.rank, width = by.lora_b.size(0) / by.members;
  std::vector<at::Tensor> added;
  for (int64_t m = 0; m < by.members; ++m)
    added.push_back(at::linear(inner.narrow(1, m * rank, rank), by.lora_b.narrow(0, m * width, width)));
  return out + (by.members == 1 ? added.front() : at::cat(added, 1)) * layout_.lora.scale();
}

at::Tensor EncoderNetwork::norm(const at::Tensor& x, const Pair& by) const {
  return at::layer_norm(x, {layout_.config.hidden}, by.weight, by.bias, layout_.config.norm_epsilon);
}

at::Tensor EncoderNetwork::activate(const at::Tensor& x, Activation activation) const {
  switch (activation) {
    case Activation::gelu_tanh:
      return at::gelu(x, "tanh");
    case Activation::relu:
      return at::relu(x);
    case Activation::gelu:
      break;
  }
  return at::gelu(x);
}

at::Tensor EncoderNetwork::embed(const DeviceBatch& batch, Dropout& dropout, const WordRows* words) const {
  at::Tensor x = words != nullptr ? at::embedding(words->rows, words->index) : at::embedding(word_, batch.ids);
  x = x + at::embedding(position_, batch.positions);
  if (type_.defined()) x = x + at::embedding(type_, batch.types);
  return drop(norm(x, embeddings_norm_), layout_.config.hidden_dropout, dropout);
}

at::Tensor EncoderNetwork::run(const Layer& layer, const at::Tensor& x, const DeviceBatch& batch,
                               Dropout& dropout) const {
  const text::EncoderConfig& config = layout_.config;
  const at::Tensor mixed =
      attention(dense(x, layer.projection), batch.packing, config.heads, config.attention_dropout, dropout, generic_);
  const at::Tensor attended =
      norm(x + drop(dense(mixed, layer.attention_output), config.hidden_dropout, dropout), layer.attention_norm);
  const at::Tensor wide = activate(dense(attended, layer.up), config.activation);
  return norm(attended + drop(dense(wide, layer.down), config.hidden_dropout, dropout), layer.output_norm);
}

at::Tensor EncoderNetwork::hidden(const DeviceBatch& batch, Dropout& dropout, int64_t frozen_layers,
                                  const WordRows* words) const {
  at::Tensor x;
  {
    const at::AutoGradMode keeps_graph(at::GradMode::is_enabled() && frozen_layers == 0);
    x = embed(batch, dropout, words);
  }
  for (size_t n = 0; n < layers_.size(); ++n) {
    const at::AutoGradMode keeps_graph(at::GradMode::is_enabled() && static_cast<int64_t>(n) >= frozen_layers);
    x = run(layers_[n], x, batch, dropout);
  }
  return x;
}

at::Tensor EncoderNetwork::logits(const at::Tensor& hidden, const DeviceBatch& batch, Dropout& dropout) const {
  const text::EncoderConfig& config = layout_.config;
  const at::ScalarType wide = word_.scalar_type();
  if (config.head == Head::sequence) {
    at::Tensor first = hidden.index_select(0, batch.packing.first);
    const bool counts_on = config.family == Family::roberta || config.family == Family::xlm_roberta;
    if (counts_on) first = drop(first, config.classifier_dropout, dropout);
    const at::Tensor pooled = dense(first, pooler_);
    const at::Tensor active = config.family == Family::distilbert ? at::relu(pooled) : at::tanh(pooled);
    return dense(drop(active, config.classifier_dropout, dropout), classifier_).to(wide);
  }
  if (config.head == Head::token) return dense(drop(hidden, config.classifier_dropout, dropout), classifier_).to(wide);
  // RoBERTa's language head always uses GELU; the others use the configuration's activation.
  const Activation activation =
      config.family == Family::bert || config.family == Family::distilbert ? config.activation : Activation::gelu;
  const at::Tensor x = norm(activate(dense(hidden, transform_), activation).to(wide), transform_norm_);
  return at::linear(x, word_, prediction_bias_);
}

at::Tensor EncoderNetwork::mean(const at::Tensor& hidden, const DeviceBatch& batch) {
  // A running sum would be as quick; sums of each text by itself keep the rounding of one text apart from others.
  std::vector<at::Tensor> means;
  for (int64_t i = 0; i < batch.packing.texts; ++i) {
    const int64_t begin = batch.packing.begin[static_cast<size_t>(i)];
    means.push_back(hidden.narrow(0, begin, batch.packing.begin[static_cast<size_t>(i) + 1] - begin).mean(0));
  }
  return at::stack(means);
}

}  // namespace millwright::engine

#include "torch/losses.h"

#include <cstring>
#include <limits>

namespace millwright::engine {
namespace {

at::Tensor longs(const std::vector<int64_t>& values, const at::Device& device) {
  const at::Tensor out = at::empty({static_cast<int64_t>(values.size())}, at::kLong);
  if (!values.empty()) std::memcpy(out.data_ptr<int64_t>(), values.data(), values.size() * sizeof(int64_t));
  return out.to(device);
}

at::Tensor floats(const std::vector<float>& values, const at::Tensor& like) {
  const at::Tensor out = at::empty({static_cast<int64_t>(values.size())}, at::kFloat);
  if (!values.empty()) std::memcpy(out.data_ptr<float>(), values.data(), values.size() * sizeof(float));
  return out.to(like.device(), like.scalar_type());
}

/// (1 - ε) · -log p(label) + ε · mean of -log p, by row.
at::Tensor cross_entropy(const at::Tensor& logits, const at::Tensor& label, double smoothing) {
  const at::Tensor logs = at::log_softmax(logits, -1);
  at::Tensor losses = logs.gather(1, label.unsqueeze(1)).squeeze(1) * -(1 - smoothing);
  if (smoothing > 0) losses = losses - logs.mean(-1) * smoothing;
  return losses;
}

at::Tensor classification(const at::Tensor& logits, const MicroBatch& part, const LossSettings& settings) {
  at::Tensor losses = cross_entropy(logits, longs(part.label, logits.device()), settings.label_smoothing);
  if (part.target.empty() || settings.teacher_weight <= 0) return losses;
  const double t = settings.teacher_temperature;
  const at::Tensor teacher = floats(part.target, logits).view(logits.sizes());
  const at::Tensor beside = -(teacher * at::log_softmax(logits / t, -1)).sum(-1) * (t * t);
  return losses * (1 - settings.teacher_weight) + beside * settings.teacher_weight;
}

/// The mean over the outputs of each text, as BCEWithLogitsLoss of the reference has it.
at::Tensor multi_label(const at::Tensor& logits, const MicroBatch& part) {
  const at::Tensor target = floats(part.target, logits).view(logits.sizes());
  // max(x, 0) - x·y + log(1 + exp(-|x|)), which neither overflows nor cancels.
  return (at::clamp_min(logits, 0) - logits * target + at::log1p(at::exp(-at::abs(logits)))).mean(-1);
}

/// Tokens that have a label, and which text each belongs to.
struct Labeled {
  std::vector<int64_t> token, text, label;
};
Labeled labeled_tokens(const MicroBatch& part) {
  Labeled out;
  for (size_t i = 0; i < part.texts.texts(); ++i)
    for (int32_t k = part.texts.begin[i]; k < part.texts.begin[i + 1]; ++k)
      if (part.label[static_cast<size_t>(k)] >= 0) {
        out.token.push_back(k);
        out.text.push_back(static_cast<int64_t>(i));
        out.label.push_back(part.label[static_cast<size_t>(k)]);
      }
  return out;
}

/// Pairs of texts beside each other: each first is to find its second among all seconds, and the other way round; both
/// by cosine (multiple negatives ranking, Henderson et al. 2017, symmetric). Seconds of another pair with the same
/// label are no wrong answers.
at::Tensor sentence_pairs(const at::Tensor& means, const MicroBatch& part, const LossSettings& settings) {
  const auto pairs = static_cast<int64_t>(part.label.size());
  const at::Tensor length = at::sqrt((means * means).sum(-1, /*keepdim=*/true) + 1e-12);
  const at::Tensor both = (means / length).view({pairs, 2, -1});
  const at::Tensor label = longs(part.label, means.device());
  const at::Tensor same = label.unsqueeze(0).eq(label.unsqueeze(1));
  const at::Tensor own = at::eye(pairs, same.options());
  const at::Tensor cosines = at::matmul(both.select(1, 0), both.select(1, 1).t()) * settings.similarity_scale;
  const at::Tensor scores =
      cosines.masked_fill(same.logical_and(own.logical_not()), -std::numeric_limits<float>::max());
  const at::Tensor answer = at::arange(pairs, label.options());
  return (cross_entropy(scores, answer, 0) + cross_entropy(scores.t(), answer, 0)) * 0.5;
}

}  // namespace

at::Tensor loss_of(const EncoderNetwork& network, const at::Tensor& hidden, const DeviceBatch& batch,
                   const MicroBatch& part, const LossSettings& settings, double weight_sum, Dropout& dropout,
                   int64_t* right) {
  at::Tensor losses, weight = floats(part.weight, hidden.scalar_type() == at::kDouble ? hidden : hidden.to(at::kFloat));
  switch (settings.objective) {
    case Objective::classification:
      losses = classification(network.logits(hidden, batch, dropout), part, settings);
      break;
    case Objective::multi_label:
      losses = multi_label(network.logits(hidden, batch, dropout), part);
      break;
    case Objective::regression: {
      const at::Tensor answer = network.logits(hidden, batch, dropout).squeeze(-1);
      const at::Tensor miss = answer - floats(part.target, answer);
      losses = miss * miss;
      break;
    }
    case Objective::token_classification:
    case Objective::masked_lm: {
      const Labeled labeled = labeled_tokens(part);
      // Only these tokens meet the head: a vocabulary is wide.
      const at::Tensor chosen = hidden.index_select(0, longs(labeled.token, hidden.device()));
      const at::Tensor logits = network.logits(chosen, batch, dropout);
      const at::Tensor label = longs(labeled.label, hidden.device());
      losses = cross_entropy(logits, label, settings.label_smoothing);
      weight = weight.index_select(0, longs(labeled.text, hidden.device()));
      if (right != nullptr) *right = logits.argmax(-1).eq(label).sum().item<int64_t>();
      break;
    }
    case Objective::sentence_embedding:
      losses = sentence_pairs(EncoderNetwork::mean(hidden, batch), part, settings);
      break;
  }
  return (losses * weight).sum() / weight_sum;
}

}  // namespace millwright::engine

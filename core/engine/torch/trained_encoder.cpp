#include "torch/trained_encoder.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "torch/adamw.h"
#include "torch/devices.h"
#include "torch/encoder_network.h"
#include "torch/guard.h"
#include "torch/losses.h"
#include "torch/rank_group.h"

namespace millwright::engine {
namespace {

using text::Part;
using text::Role;

/// Matrices and their biases may be narrow; tables and LayerNorms stay as they are.
bool is_dense(Role role) {
  return role == Role::query || role == Role::attention_output || role == Role::up || role == Role::down ||
         role == Role::pooler || role == Role::classifier || role == Role::transform;
}

at::ScalarType scalar_type(Dtype dtype) {
  switch (dtype) {
    case Dtype::bf16:
      return at::kBFloat16;
    case Dtype::fp16:
      return at::kHalf;
    case Dtype::fp64:
      return at::kDouble;
    case Dtype::fp32:
    case Dtype::int8:
      break;
  }
  return at::kFloat;
}

std::vector<float> to_vector(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.detach().to(at::kCPU, at::kFloat).contiguous();
  const auto* const data = flat.data_ptr<float>();
  return {data, data + flat.numel()};
}

class TorchEncoder final : public EncoderModel {
 public:
  TorchEncoder(EncoderLayout layout, const EncoderSettings& settings, const at::Device& device,
               std::unique_ptr<RankGroup> group)
      : layout_(std::move(layout)), settings_(settings), device_(device), group_(std::move(group)) {
    const at::ScalarType wide = settings.dtype == Dtype::fp64 ? at::kDouble : at::kFloat;
    flat_ = at::zeros({static_cast<int64_t>(layout_.size)}, at::TensorOptions(wide).device(device));
    std::vector<at::Tensor> tensors;
    for (const Parameter& p : layout_.parameters) {
      at::Tensor view = part_of(flat_, p), shadow;
      if (is_dense(p.role) && (settings.dtype == Dtype::bf16 || settings.dtype == Dtype::fp16))
        shadow = at::zeros(p.shape, view.options().dtype(scalar_type(settings.dtype)));
      shadows_.push_back(shadow);
      tensors.push_back((shadow.defined() ? shadow : view).detach());
    }
    network_ = std::make_unique<EncoderNetwork>(layout_, tensors, settings.dtype == Dtype::fp64);
    if (!settings.trains) return;
    adamw_ = std::make_unique<Adamw>(layout_, settings.optimizer, flat_, shadows_, group_ == nullptr);
    for (size_t i = 0; i < tensors.size(); ++i)
      if (!adamw_->is_frozen(i) && !(i == 0 && adamw_->rows_rest())) tensors[i].set_requires_grad(true);
  }

  Result<std::vector<float>> forward(const PackedBatch& batch, Output what) override {
    return guarded([&]() -> Result<std::vector<float>> {
      const at::NoGradGuard no_graph;
      settle();
      const DeviceBatch on_device = to_device(batch, device_);
      Dropout none;
      const at::Tensor hidden = network_->hidden(on_device, none);
      switch (what) {
        case Output::hidden:
          return to_vector(hidden);
        case Output::mean_hidden:
          return to_vector(EncoderNetwork::mean(hidden, on_device));
        case Output::logits:
          break;
      }
      return to_vector(network_->logits(hidden, on_device, none));
    });
  }

  Result<StepOutcome> step(std::span<const MicroBatch> parts, const StepSettings& settings) override {
    return guarded([&]() -> Result<StepOutcome> {
      const std::vector<int64_t> touched = touched_rows(parts);
      if (adamw_->rows_rest()) adamw_->catch_up(&touched);
      std::vector<at::Tensor> gradients;
      double loss = 0;
      for (size_t i = 0; i < parts.size(); ++i) loss += add_gradients(parts[i], i, touched, settings, gradients);
      if (group_) MW_TRY(add_other_ranks(gradients, loss));
      const double norm = adamw_->norm(gradients);
      if (!std::isfinite(loss) || !std::isfinite(norm))
        return fail(ErrorKind::job, "train.diverged", "The loss or its gradient is no finite number at step {step}.",
                    {{"step", std::to_string(settings.step)}},
                    "Try a smaller learning_rate or a longer warmup; with dtype bf16 try fp32.");
      const double scale = settings.clip_norm > 0 && norm > settings.clip_norm ? settings.clip_norm / norm : 1;
      adamw_->step(gradients, touched, settings, scale);
      settled_ = false;
      return StepOutcome{loss, norm};
    });
  }

  Result<Assessment> assess(const MicroBatch& part, double weight_sum) override {
    return guarded([&]() -> Result<Assessment> {
      const at::NoGradGuard no_graph;
      settle();
      const DeviceBatch batch = to_device(part.texts, device_);
      Dropout none;
      Assessment out;
      out.loss =
          loss_of(*network_, network_->hidden(batch, none), batch, part, settings_.loss, weight_sum, none, &out.right)
              .item<double>();
      return out;
    });
  }

  Result<int64_t> agree(int64_t value) override {
    return guarded([&]() -> Result<int64_t> {
      if (!group_) return value;
      at::Tensor one =
          at::full({1}, settings_.ranks.first() ? value : 0, at::TensorOptions(at::kLong).device(group_->device()));
      MW_TRY(group_->sum(one));
      return one.item<int64_t>();
    });
  }

  Result<std::vector<float>> weights() override {
    return guarded([&]() -> Result<std::vector<float>> {
      settle();
      return to_vector(flat_);
    });
  }
  Status set_weights(std::span<const float> weights) override {
    return guarded([&]() -> Status {
      if (weights.size() != layout_.size)
        return fail(ErrorKind::job, "engine.weights", "The weights are of another model.");
      fill(flat_, weights);
      refresh_shadows();
      settled_ = true;
      if (adamw_)
        std::fill(adamw_->row_steps.begin(), adamw_->row_steps.end(),
                  static_cast<int64_t>(adamw_->learning_rates.size()));
      return {};
    });
  }
  Status restart(std::span<const float> weights) override {
    return guarded([&]() -> Status {
      const at::NoGradGuard no_graph;
      adamw_->first.zero_();
      adamw_->second.zero_();
      adamw_->learning_rates.clear();
      return set_weights(weights);
    });
  }
  Status look_at_state(const std::function<Status(const TrainingStateView&)>& look) override {
    return guarded([&]() -> Status {
      // Tensors that are floats in main memory already are these themselves.
      const auto here = [](const at::Tensor& tensor) { return tensor.detach().to(at::kCPU, at::kFloat).contiguous(); };
      const at::Tensor weights = here(flat_), first = here(adamw_->first), second = here(adamw_->second);
      const auto span = [](const at::Tensor& tensor) {
        return std::span<const float>(tensor.data_ptr<float>(), static_cast<size_t>(tensor.numel()));
      };
      return look({span(weights), span(first), span(second), adamw_->row_steps, adamw_->learning_rates});
    });
  }
  Status set_state(const TrainingState& state) override {
    return guarded([&]() -> Status {
      if (state.weights.size() != layout_.size || state.first.size() != layout_.size ||
          state.second.size() != layout_.size || state.row_steps.size() != adamw_->row_steps.size())
        return fail(ErrorKind::job, "engine.weights", "The state is one of another model.");
      const auto steps = static_cast<int64_t>(state.learning_rates.size());
      if (std::any_of(state.row_steps.begin(), state.row_steps.end(),
                      [&](int64_t step) { return step < 0 || step > steps; }))
        return fail(ErrorKind::job, "engine.weights", "The state counts steps that were not taken.");
      fill(flat_, state.weights);
      fill(adamw_->first, state.first);
      fill(adamw_->second, state.second);
      adamw_->row_steps = state.row_steps;
      adamw_->learning_rates = state.learning_rates;
      refresh_shadows();
      settled_ = false;
      return {};
    });
  }
  [[nodiscard]] uint64_t memory() const override { return memory_in_use(device_); }

 private:
  static at::Tensor part_of(const at::Tensor& flat, const Parameter& p) {
    return flat.narrow(0, static_cast<int64_t>(p.offset), static_cast<int64_t>(p.elements())).view(p.shape);
  }
  static void fill(at::Tensor& flat, std::span<const float> values) {
    const at::NoGradGuard no_graph;
    // The tensor only borrows the numbers, and only to be copied from.
    flat.copy_(at::from_blob(const_cast<float*>(values.data()), {static_cast<int64_t>(values.size())}, at::kFloat));
  }
  void refresh_shadows() {
    const at::NoGradGuard no_graph;
    for (size_t i = 0; i < shadows_.size(); ++i)
      if (shadows_[i].defined()) shadows_[i].copy_(part_of(flat_, layout_.parameters[i]));
    if (settings_.dtype == Dtype::int8) network_->quantize();
  }
  /// Before weights are read: rows that rest catch up.
  void settle() {
    if (!settled_ && adamw_) adamw_->catch_up(nullptr);
    settled_ = true;
  }

  /// The rows of the word embeddings that a step uses, sorted; none where rows do not rest.
  [[nodiscard]] std::vector<int64_t> touched_rows(std::span<const MicroBatch> parts) const {
    std::vector<int64_t> rows;
    if (!adamw_->rows_rest()) return rows;
    for (const MicroBatch& part : parts) rows.insert(rows.end(), part.texts.ids.begin(), part.texts.ids.end());
    std::sort(rows.begin(), rows.end());
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
    return rows;
  }

  [[nodiscard]] WordRows words_of(const MicroBatch& part, const std::vector<int64_t>& touched) const {
    const at::NoGradGuard no_graph;
    const at::Tensor chosen = at::empty({static_cast<int64_t>(touched.size())}, at::kLong);
    std::memcpy(chosen.data_ptr<int64_t>(), touched.data(), touched.size() * sizeof(int64_t));
    const at::Tensor index = at::empty({static_cast<int64_t>(part.texts.tokens())}, at::kLong);
    for (size_t i = 0; i < part.texts.tokens(); ++i)
      index.data_ptr<int64_t>()[i] =
          std::lower_bound(touched.begin(), touched.end(), part.texts.ids[i]) - touched.begin();
    return {network_->tensors()[0].index_select(0, chosen), index};
  }

  /// Adds the gradients of a part to those of the parts before it; returns its share of the loss.
  double add_gradients(const MicroBatch& part, size_t number, const std::vector<int64_t>& touched,
                       const StepSettings& settings, std::vector<at::Tensor>& sums) {
    Dropout dropout{true, settings.dropout_seed + number * 0x9E3779B97F4A7C15ULL, 0, c10::nullopt};
    if (!device_.is_cpu()) dropout.generator = seeded_generator(device_, dropout.seed);
    const DeviceBatch batch = to_device(part.texts, device_);
    const bool rests = adamw_->rows_rest();
    WordRows words;
    std::vector<at::Tensor> leaves;
    std::vector<size_t> owner;
    for (size_t i = 0; i < layout_.parameters.size(); ++i) {
      if (adamw_->is_frozen(i)) continue;
      if (i == 0 && rests) {
        words = words_of(part, touched);
        words.rows.set_requires_grad(true);
      }
      leaves.push_back(i == 0 && rests ? words.rows : network_->tensors()[i]);
      owner.push_back(i);
    }
    const at::Tensor hidden =
        network_->hidden(batch, dropout, settings_.optimizer.frozen_layers, rests ? &words : nullptr);
    const at::Tensor loss = loss_of(*network_, hidden, batch, part, settings_.loss, settings.weight_sum, dropout);
    const auto gradients = torch::autograd::grad({loss}, leaves, {}, /*retain_graph=*/false, /*create_graph=*/false,
                                                 /*allow_unused=*/true);
    sums.resize(layout_.parameters.size());
    for (size_t k = 0; k < owner.size(); ++k) {
      if (!gradients[k].defined()) continue;
      at::Tensor& sum = sums[owner[k]];
      if (!sum.defined()) {
        sum = gradients[k].contiguous();
      } else {
        // Narrow gradients are added up in full width.
        sum = sum.to(flat_.scalar_type()).add_(gradients[k]);
      }
    }
    return loss.item<double>();
  }

  /// Gradients and loss become the sums over all ranks. Each sends all of them at once: a parameter that its texts did
  /// not touch has a gradient of 0.
  Status add_other_ranks(std::vector<at::Tensor>& gradients, double& loss) {
    const at::NoGradGuard no_graph;
    gradients.resize(layout_.parameters.size());
    at::Tensor all = at::zeros({static_cast<int64_t>(layout_.size) + 1},
                               at::TensorOptions(flat_.scalar_type()).device(group_->device()));
    all[-1].fill_(loss);
    for (size_t i = 0; i < gradients.size(); ++i)
      if (gradients[i].defined()) part_of(all, layout_.parameters[i]).copy_(gradients[i]);
    MW_TRY(group_->sum(all));
    loss = all[-1].item<double>();
    const at::Tensor on_device = all.to(device_);
    for (size_t i = 0; i < gradients.size(); ++i)
      if (!adamw_->is_frozen(i)) gradients[i] = part_of(on_device, layout_.parameters[i]);
    return {};
  }

  EncoderLayout layout_;
  EncoderSettings settings_;
  at::Device device_;
  std::unique_ptr<RankGroup> group_;  ///< where it trains with others
  at::Tensor flat_;
  std::vector<at::Tensor> shadows_;
  std::unique_ptr<EncoderNetwork> network_;
  std::unique_ptr<Adamw> adamw_;
  bool settled_ = true;
};

}  // namespace

Result<std::unique_ptr<EncoderModel>> make_encoder(const EncoderLayout& layout, const EncoderSettings& settings) {
  return guarded([&]() -> Result<std::unique_ptr<EncoderModel>> {
    MW_ASSIGN(const at::Device device, device_named(settings.device));
    compat::use(device);
    if (settings.dtype == Dtype::fp16 && (!device.is_cuda() || settings.trains))
      return fail(ErrorKind::usage, "engine.bad_dtype", "fp16 is for inference on a GPU only.", {}, "Use bf16.");
    if (settings.dtype == Dtype::int8 && (!device.is_cpu() || settings.trains || !Int8Matrix::available()))
      return fail(ErrorKind::usage, "engine.bad_dtype",
                  "int8 is for inference on the processor, in a build with oneDNN.", {}, "Use fp32 or bf16.");
    std::unique_ptr<RankGroup> group;
    if (settings.trains && settings.ranks.together()) {
      MW_ASSIGN(group, RankGroup::join(settings.ranks, device));
    }
    return std::make_unique<TorchEncoder>(layout, settings, device, std::move(group));
  });
}

}  // namespace millwright::engine

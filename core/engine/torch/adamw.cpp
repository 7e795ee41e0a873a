#include "torch/adamw.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <map>

#include "detail/elementwise_kernels.h"
#include "torch/compat.h"

namespace millwright::engine {
namespace {

using detail::AdamwStep;
using detail::Bf16;
using text::Role;

constexpr int64_t kPiece = 1 << 15;  // numbers that a thread takes at once

double rate_of(const Parameter& parameter, const EncoderLayout& layout, const OptimizerSettings& settings) {
  const text::EncoderConfig& config = layout.config;
  int64_t depth = 0;  // steps below the head
  // Beside adapters and head nothing moves.
  const bool adapter = parameter.part == text::Part::lora_a || parameter.part == text::Part::lora_b;
  if (layout.lora.rank > 0 && !adapter && parameter.role < Role::pooler) return 0;
  if (parameter.role < Role::query) {
    if (settings.frozen_layers > 0) return 0;
    depth = config.layers + 1;
  } else if (parameter.role < Role::pooler) {
    if (parameter.layer < settings.frozen_layers) return 0;
    depth = config.layers - parameter.layer;
  }
  return std::pow(settings.layer_decay, static_cast<double>(depth));
}

/// A run of numbers of one parameter and what belongs to them.
struct Run {
  float *weight, *first, *second;
  const void* gradient;
  bool narrow;  ///< the gradient is bfloat16
  Bf16* shadow;
  int64_t count;
  AdamwStep step;
};

void update(const Run& run) {
  if (run.narrow) {
    detail::adamw_update(run.step, run.weight, run.first, run.second, static_cast<const Bf16*>(run.gradient),
                         run.shadow, run.count);
  } else {
    detail::adamw_update(run.step, run.weight, run.first, run.second, static_cast<const float*>(run.gradient),
                         run.shadow, run.count);
  }
}

double squares(const at::Tensor& gradient) {
  const int64_t pieces = (gradient.numel() + kPiece - 1) / kPiece;
  std::vector<double> sums(static_cast<size_t>(pieces));
  at::parallel_for(0, pieces, 1, [&](int64_t from, int64_t to) {
    for (int64_t i = from; i < to; ++i) {
      const int64_t count = std::min(kPiece, gradient.numel() - i * kPiece);
      sums[static_cast<size_t>(i)] =
          gradient.scalar_type() == at::kBFloat16
              ? detail::sum_of_squares(static_cast<const Bf16*>(gradient.data_ptr()) + i * kPiece, count)
              : detail::sum_of_squares(gradient.data_ptr<float>() + i * kPiece, count);
    }
  });
  double sum = 0;
  for (const double part : sums) sum += part;
  return sum;
}

}  // namespace

Adamw::Adamw(const EncoderLayout& layout, const OptimizerSettings& settings, at::Tensor weights,
             std::vector<at::Tensor> shadows, bool may_rest)
    : first(at::zeros_like(weights)),
      second(at::zeros_like(weights)),
      layout_(layout),
      settings_(settings),
      weights_(std::move(weights)),
      shadows_(std::move(shadows)) {
  for (const Parameter& parameter : layout.parameters) rates_.push_back(rate_of(parameter, layout, settings));
  // With a masked-language head every row of the table gets a gradient in every step.
  rows_rest_ = may_rest && weights_.device().is_cpu() && weights_.scalar_type() == at::kFloat &&
               layout.config.head != text::Head::masked_lm && !is_frozen(0);
  if (rows_rest_) row_steps.assign(static_cast<size_t>(layout.config.vocabulary), 0);
}

AdamwStep Adamw::constants(size_t parameter, int64_t step, double learning_rate, double scale) const {
  const double rate = learning_rate * rates_[parameter], t = static_cast<double>(step);
  const double decay = layout_.parameters[parameter].decays() ? settings_.weight_decay : 0;
  AdamwStep s;
  s.decay = static_cast<float>(1 - rate * decay);
  s.beta1 = static_cast<float>(settings_.beta1);
  s.beta2 = static_cast<float>(settings_.beta2);
  s.step_size = static_cast<float>(rate / (1 - std::pow(settings_.beta1, t)));
  s.denominator = static_cast<float>(std::sqrt(1 - std::pow(settings_.beta2, t)));
  s.epsilon = static_cast<float>(settings_.epsilon);
  s.gradient_scale = static_cast<float>(scale);
  return s;
}

double Adamw::norm(const std::vector<at::Tensor>& gradients) const {
  if (weights_.device().is_cpu() && weights_.scalar_type() == at::kFloat) {
    double sum = 0;
    for (const at::Tensor& gradient : gradients)
      if (gradient.defined()) sum += squares(gradient);
    return std::sqrt(sum);
  }
  std::vector<at::Tensor> norms;
  for (const at::Tensor& gradient : gradients)
    if (gradient.defined())
      norms.push_back(at::norm(gradient, 2, gradient.scalar_type() == at::kDouble ? at::kDouble : at::kFloat));
  return at::norm(at::stack(norms)).item<double>();
}

void Adamw::catch_up(const std::vector<int64_t>* rows) {
  if (!rows_rest_) return;
  const auto now = static_cast<int64_t>(learning_rates.size());
  std::vector<AdamwStep> steps;
  for (int64_t t = 1; t <= now; ++t) steps.push_back(constants(0, t, learning_rates[static_cast<size_t>(t - 1)], 1));
  const int64_t count = rows != nullptr ? static_cast<int64_t>(rows->size()) : layout_.config.vocabulary;
  const int64_t width = layout_.config.hidden;
  auto* const weight = weights_.data_ptr<float>();
  auto *const m = first.data_ptr<float>(), *const v = second.data_ptr<float>();
  at::parallel_for(0, count, 16, [&](int64_t from, int64_t to) {
    for (int64_t i = from; i < to; ++i) {
      const int64_t row = rows != nullptr ? (*rows)[static_cast<size_t>(i)] : i;
      int64_t& seen = row_steps[static_cast<size_t>(row)];
      for (; seen < now; ++seen)
        detail::adamw_update(steps[static_cast<size_t>(seen)], weight + row * width, m + row * width, v + row * width,
                             static_cast<const float*>(nullptr), nullptr, width);
    }
  });
}

void Adamw::step_on_processor(const std::vector<at::Tensor>& gradients, const std::vector<int64_t>& touched,
                              double scale) {
  auto* const weight = weights_.data_ptr<float>();
  auto *const m = first.data_ptr<float>(), *const v = second.data_ptr<float>();
  const auto t = static_cast<int64_t>(learning_rates.size());
  std::vector<Run> runs;
  for (size_t i = 0; i < layout_.parameters.size(); ++i) {
    if (is_frozen(i) || !gradients[i].defined()) continue;
    const Parameter& parameter = layout_.parameters[i];
    const AdamwStep step = constants(i, t, learning_rates.back(), scale);
    const bool narrow = gradients[i].scalar_type() == at::kBFloat16;
    const auto* const gradient = static_cast<const char*>(gradients[i].data_ptr());
    auto* const shadow = shadows_[i].defined() ? static_cast<Bf16*>(shadows_[i].data_ptr()) : nullptr;
    const auto at = static_cast<int64_t>(parameter.offset);
    if (i == 0 && rows_rest_) {
      const int64_t width = layout_.config.hidden;
      for (size_t r = 0; r < touched.size(); ++r) {
        const int64_t place = at + touched[r] * width;
        runs.push_back({weight + place, m + place, v + place, gradient + static_cast<int64_t>(r) * width * 4, false,
                        nullptr, width, step});
        row_steps[static_cast<size_t>(touched[r])] = t;
      }
      continue;
    }
    const auto all = static_cast<int64_t>(parameter.elements());
    for (int64_t from = 0; from < all; from += kPiece)
      runs.push_back({weight + at + from, m + at + from, v + at + from, gradient + from * (narrow ? 2 : 4), narrow,
                      shadow != nullptr ? shadow + from : nullptr, std::min(kPiece, all - from), step});
  }
  at::parallel_for(0, static_cast<int64_t>(runs.size()), 4, [&](int64_t from, int64_t to) {
    for (int64_t i = from; i < to; ++i) update(runs[static_cast<size_t>(i)]);
  });
}

void Adamw::step_elsewhere(std::vector<at::Tensor>& gradients, double scale) {
  struct Group {
    std::vector<at::Tensor> weights, gradients, first, second, steps;
    size_t member = 0;
  };
  const auto t = static_cast<int64_t>(learning_rates.size());
  std::map<std::pair<double, bool>, Group> groups;
  for (size_t i = 0; i < layout_.parameters.size(); ++i) {
    if (is_frozen(i) || !gradients[i].defined()) continue;
    const Parameter& p = layout_.parameters[i];
    const auto part = [&](const at::Tensor& flat) {
      return flat.narrow(0, static_cast<int64_t>(p.offset), static_cast<int64_t>(p.elements())).view(p.shape);
    };
    Group& group = groups[{rates_[i], p.decays()}];
    group.member = i;
    group.weights.push_back(part(weights_));
    group.gradients.push_back(gradients[i].to(weights_.scalar_type()) * scale);
    group.first.push_back(part(first));
    group.second.push_back(part(second));
    group.steps.push_back(at::full({}, static_cast<double>(t), weights_.options()));
  }
  for (auto& [key, group] : groups) {
    const double rate = learning_rates.back() * key.first, decay = key.second ? settings_.weight_decay : 0;
    if (weights_.device().is_cuda() &&
        compat::fused_adamw(group.weights, group.gradients, group.first, group.second, group.steps,
                            {rate, settings_.beta1, settings_.beta2, decay, settings_.epsilon}))
      continue;
    at::_foreach_mul_(group.weights, 1 - rate * decay);
    at::_foreach_mul_(group.first, settings_.beta1);
    at::_foreach_add_(group.first, group.gradients, 1 - settings_.beta1);
    at::_foreach_mul_(group.second, settings_.beta2);
    at::_foreach_addcmul_(group.second, group.gradients, group.gradients, 1 - settings_.beta2);
    auto denominator = at::_foreach_sqrt(group.second);
    at::_foreach_div_(denominator, std::sqrt(1 - std::pow(settings_.beta2, static_cast<double>(t))));
    at::_foreach_add_(denominator, settings_.epsilon);
    at::_foreach_addcdiv_(group.weights, group.first, denominator,
                          -rate / (1 - std::pow(settings_.beta1, static_cast<double>(t))));
  }
  for (size_t i = 0; i < shadows_.size(); ++i) {
    if (!shadows_[i].defined() || is_frozen(i)) continue;
    const Parameter& p = layout_.parameters[i];
    shadows_[i].copy_(
        weights_.narrow(0, static_cast<int64_t>(p.offset), static_cast<int64_t>(p.elements())).view(p.shape));
  }
}

void Adamw::step(std::vector<at::Tensor>& gradients, const std::vector<int64_t>& touched, const StepSettings& settings,
                 double scale) {
  const at::NoGradGuard no_graph;
  learning_rates.push_back(settings.learning_rate);
  if (weights_.device().is_cpu() && weights_.scalar_type() == at::kFloat) {
    step_on_processor(gradients, touched, scale);
  } else {
    step_elsewhere(gradients, scale);
  }
}

}  // namespace millwright::engine

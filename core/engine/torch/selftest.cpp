#include "torch/selftest.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "engine/encoder_layout.h"
#include "torch/adamw.h"
#include "torch/devices.h"
#include "torch/encoder_network.h"
#include "torch/guard.h"
#include "torch/int8_matrix.h"
#include "torch/losses.h"

namespace millwright::engine {
namespace {

using Tensors = std::vector<at::Tensor>;
/// What an operator makes of its inputs, and the gradients of its inputs.
using Operator = std::function<Tensors(const Tensors& inputs)>;

constexpr uint64_t kSeed = 7;

std::string shape_of(const at::Tensor& tensor) {
  std::string out = "[";
  for (const int64_t size : tensor.sizes()) out += (out.size() > 1 ? "," : "") + std::to_string(size);
  return out + "]";
}

std::string name_of_type(at::ScalarType type) {
  return type == at::kBFloat16 ? "bf16" : type == at::kHalf ? "fp16" : "fp32";
}

/// Rounding of the type, times what the longest sums in use add to it.
double limit_of(at::ScalarType type) { return type == at::kBFloat16 ? 4e-2 : type == at::kHalf ? 5e-3 : 2e-5; }

/// The largest difference, beside the largest number expected.
double distance(const Tensors& got, const Tensors& expected) {
  double most = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    const at::Tensor wanted = expected[i].to(at::kCPU, at::kDouble), found = got[i].to(at::kCPU, at::kDouble);
    if (!at::isfinite(found).all().item<bool>()) return INFINITY;
    const double scale = std::max(1e-3, wanted.abs().max().item<double>());
    most = std::max(most, (found - wanted).abs().max().item<double>() / scale);
  }
  return most;
}

class Bench {
 public:
  Bench(at::Device device, const std::function<void(const Json&)>& row) : device_(device), row_(row) {}
  [[nodiscard]] bool all_ok() const { return ok_; }

  at::Tensor numbers(at::IntArrayRef shape, double scale = 1) {
    at::Generator generator = at::globalContext().defaultGenerator(at::kCPU);
    generator.set_current_seed(kSeed + ++drawn_);
    // Rounded to bfloat16, so that no type sees other inputs than the reference does.
    return at::randn(shape, generator, at::kDouble).mul(scale).to(at::kBFloat16).to(at::kDouble);
  }

  /// `what` on the device in `type`, forwards and backwards, against `reference` in double on the processor. Whole
  /// numbers among the inputs keep their type and get no gradient.
  void check(const std::string& name, const Tensors& inputs, at::ScalarType type, const Operator& what,
             const Operator& reference) {
    const Tensors got = run(inputs, type, device_, what), expected = run(inputs, at::kDouble, at::kCPU, reference);
    std::string shapes;
    for (const at::Tensor& input : inputs) shapes += (shapes.empty() ? "" : " ") + shape_of(input);
    report(name, shapes, name_of_type(type), distance(got, expected), limit_of(type));
  }
  void check(const std::string& name, const Tensors& inputs, at::ScalarType type, const Operator& what) {
    check(name, inputs, type, what, what);
  }

  void report(const std::string& name, const std::string& shapes, const std::string& type, double error, double limit) {
    const bool ok = error <= limit;
    ok_ = ok_ && ok;
    row_({{"operator", name},
          {"shapes", shapes},
          {"type", type},
          {"largest_error", number_or_null(error)},
          {"limit", limit},
          {"ok", ok}});
  }
  [[nodiscard]] const at::Device& device() const { return device_; }

 private:
  static Tensors run(const Tensors& inputs, at::ScalarType type, const at::Device& device, const Operator& what) {
    Tensors own, leaves;
    for (const at::Tensor& input : inputs) {
      const bool real = input.is_floating_point();
      own.push_back(input.detach().clone().to(device, real ? type : input.scalar_type()));
      if (real) leaves.push_back(own.back().set_requires_grad(true));
    }
    Tensors out = what(own);
    // A weight for each output, so that the gradient is not that of a plain sum; all of one sign, since where numbers
    // cancel out nothing but their rounding is left.
    at::Tensor sum = at::zeros({}, at::TensorOptions(device).dtype(type == at::kDouble ? at::kDouble : at::kFloat));
    for (const at::Tensor& one : out) {
      const at::Tensor wave = at::sin(at::arange(one.numel(), at::TensorOptions(device).dtype(at::kFloat))) * 0.5 + 1;
      sum = sum + (one.reshape({-1}).to(sum.scalar_type()) * wave.to(sum.scalar_type())).sum();
    }
    for (at::Tensor& gradient : torch::autograd::grad({sum}, leaves, {}, c10::nullopt, false, /*allow_unused=*/true))
      if (gradient.defined()) out.push_back(gradient);
    for (at::Tensor& one : out) one = one.detach();
    return out;
  }

  at::Device device_;
  const std::function<void(const Json&)>& row_;
  bool ok_ = true;
  uint64_t drawn_ = 0;
};

PackedBatch packed(const std::vector<int32_t>& lengths) {
  PackedBatch batch;
  for (const int32_t length : lengths) {
    for (int32_t i = 0; i < length; ++i) {
      batch.ids.push_back((batch.ids.size() * 7 + 3) % 50);
      batch.types.push_back(i % 2);
      batch.positions.push_back(i);
    }
    batch.begin.push_back(static_cast<int32_t>(batch.ids.size()));
  }
  return batch;
}

void check_dense(Bench& bench, at::ScalarType type) {
  for (const auto& [rows, in, out] : {std::tuple{33, 96, 160}, {350, 384, 1536}, {1, 384, 384}})
    bench.check("linear", {bench.numbers({rows, in}), bench.numbers({out, in}, 0.05), bench.numbers({out})}, type,
                [](const Tensors& x) { return Tensors{at::linear(x[0], x[1], x[2])}; });
  bench.check("gelu", {bench.numbers({65, 130}, 2)}, type, [](const Tensors& x) { return Tensors{at::gelu(x[0])}; });
  bench.check("gelu tanh", {bench.numbers({65, 130}, 2)}, type,
              [](const Tensors& x) { return Tensors{at::gelu(x[0], "tanh")}; });
  bench.check("tanh", {bench.numbers({65, 130})}, type, [](const Tensors& x) { return Tensors{at::tanh(x[0])}; });
  bench.check("relu", {bench.numbers({65, 130})}, type, [](const Tensors& x) { return Tensors{at::relu(x[0])}; });
}

void check_attention(Bench& bench, at::ScalarType type) {
  for (const auto& lengths : {std::vector<int32_t>{5, 1, 17, 9}, {12, 12, 12}, {200}}) {
    const PackedBatch batch = packed(lengths);
    const auto on = [&batch](const at::Device& device, bool generic) {
      return [&batch, device, generic](const Tensors& x) {
        Dropout none;
        return Tensors{attention(x[0], to_device(batch, device).packing, 4, 0, none, generic)};
      };
    };
    bench.check(lengths.size() == 4 ? "attention, texts of any length" : "attention, texts of one length",
                {bench.numbers({static_cast<int64_t>(batch.tokens()), 3 * 64})}, type, on(bench.device(), false),
                on(at::kCPU, true));
  }
}

void check_what_is_always_wide(Bench& bench) {
  const auto type = at::kFloat;
  bench.check("layer_norm", {bench.numbers({70, 384}), bench.numbers({384}), bench.numbers({384})}, type,
              [](const Tensors& x) { return Tensors{at::layer_norm(x[0], {384}, x[1], x[2], 1e-12)}; });
  bench.check("embedding", {bench.numbers({50, 64}), at::arange(0, 150, at::kLong).remainder(50)}, type,
              [](const Tensors& x) { return Tensors{at::embedding(x[0], x[1])}; });
  bench.check("index_select", {bench.numbers({90, 64}), at::arange(0, 90, 4, at::kLong)}, type,
              [](const Tensors& x) { return Tensors{x[0].index_select(0, x[1])}; });
  bench.check("log_softmax", {bench.numbers({33, 150}, 3)}, type,
              [](const Tensors& x) { return Tensors{at::log_softmax(x[0], -1)}; });
  bench.check("softmax", {bench.numbers({33, 150}, 3)}, type,
              [](const Tensors& x) { return Tensors{at::softmax(x[0], -1)}; });
}

/// A dropout keeps its share, scales what it keeps, and drops the same numbers on the way back.
void check_dropout(Bench& bench) {
  const double probability = 0.25;
  at::Tensor x = at::ones({1000, 300}, at::TensorOptions(bench.device()).dtype(at::kFloat)).set_requires_grad(true);
  Dropout dropout{true, kSeed, 0, c10::nullopt};
  if (!bench.device().is_cpu()) dropout.generator = seeded_generator(bench.device(), kSeed);
  const at::Tensor y = drop(x, probability, dropout);
  const at::Tensor gradient = torch::autograd::grad({y.sum()}, {x})[0];
  const double kept = (y > 0).to(at::kDouble).mean().item<double>();
  // Five standard deviations of the share that is kept.
  bench.report("dropout, share", "[1000,300]", "fp32", std::abs(kept - 0.75), 5 * std::sqrt(0.25 * 0.75 / 300000));
  bench.report("dropout, backwards", "[1000,300]", "fp32", (gradient - y).abs().max().item<double>(), 1e-6);
  bench.report("dropout, mean", "[1000,300]", "fp32", std::abs(y.mean().item<double>() - 1), 5e-3);
}

EncoderLayout small_layout(text::Head head = text::Head::sequence) {
  text::EncoderConfig config;
  config.head = head;
  config.vocabulary = 50;
  config.hidden = 64;
  config.layers = 2;
  config.heads = 4;
  config.intermediate = 128;
  config.positions = 64;
  config.types = 2;
  config.labels = {"a", "b", "c"};
  return EncoderLayout(config);
}

Tensors parameters(Bench& bench, const EncoderLayout& layout) {
  Tensors out;
  for (const Parameter& p : layout.parameters) {
    out.push_back(bench.numbers(p.shape, 0.1));
    if (p.slots.front().is_norm() && p.part == text::Part::weight) out.back() += 1;
  }
  return out;
}

void check_encoder(Bench& bench) {
  const EncoderLayout layout = small_layout();
  for (const auto& lengths : {std::vector<int32_t>{5, 1, 17, 9}, {12, 12, 12}}) {
    const PackedBatch batch = packed(lengths);
    const auto on = [&](const at::Device& device, bool generic) {
      return [&layout, &batch, device, generic](const Tensors& x) {
        const EncoderNetwork network(layout, x, generic);
        Dropout none;
        const DeviceBatch here = to_device(batch, device);
        return Tensors{network.logits(network.hidden(here, none), here, none)};
      };
    };
    bench.check("encoder with its head", parameters(bench, layout), at::kFloat, on(bench.device(), false),
                on(at::kCPU, true));
  }
}

/// Every loss through a whole network, and back.
void check_losses(Bench& bench) {
  const PackedBatch batch = packed({5, 1, 17, 9});
  const struct {
    Objective objective;
    text::Head head;
  } all[] = {{Objective::classification, text::Head::sequence},
             {Objective::multi_label, text::Head::sequence},
             {Objective::token_classification, text::Head::token},
             {Objective::masked_lm, text::Head::masked_lm},
             {Objective::sentence_embedding, text::Head::none}};
  for (const auto& one : all) {
    const EncoderLayout layout = small_layout(one.head);
    MicroBatch part;
    part.texts = batch;
    part.weight = {1, 2, 1, 0.5F};
    part.label = {0, 2, 1, 0};
    part.target = std::vector<float>(12, 0.25F);
    LossSettings settings{.objective = one.objective, .label_smoothing = 0.1, .teacher_weight = 0.3};
    if (one.head == text::Head::token || one.head == text::Head::masked_lm) {
      part.label.assign(batch.tokens(), -1);
      for (size_t k = 0; k < batch.tokens(); k += 3) part.label[k] = static_cast<int64_t>(k % 3);
    }
    if (one.head == text::Head::none) part.label = {0, 1};
    if (one.head == text::Head::none) part.weight = {1, 2};
    const auto on = [&](const at::Device& device, bool generic) {
      return [&, device, generic](const Tensors& x) {
        const EncoderNetwork network(layout, x, generic);
        Dropout none;
        const DeviceBatch here = to_device(batch, device);
        return Tensors{loss_of(network, network.hidden(here, none), here, part, settings, 3, none)};
      };
    };
    bench.check("loss, " + std::string(name_of(one.objective)), parameters(bench, layout), at::kFloat,
                on(bench.device(), false), on(at::kCPU, true));
  }
}

/// The product of integers is exact: what is left is the rounding of its scales.
void check_int8(Bench& bench) {
  if (!bench.device().is_cpu() || !Int8Matrix::available()) return;
  const at::Tensor x = bench.numbers({33, 96}), w = bench.numbers({160, 96}, 0.05), b = bench.numbers({160});
  // To whole numbers in float, as the kernels do it: where two are as near, the last bit decides.
  const auto rounded = [](const at::Tensor& m, int32_t levels) {
    const at::Tensor narrow = m.to(at::kFloat), most = narrow.abs().amax(1, /*keepdim=*/true);
    const at::Tensor whole = at::floor(narrow * (at::full_like(most, levels) / most) + 128.5) - 128;
    return whole.to(at::kDouble) * (most / levels).to(at::kDouble);
  };
  const at::Tensor expected = at::matmul(rounded(x, 127), rounded(w, Int8Matrix::most()).t()) + b;
  const at::Tensor got = Int8Matrix(w.to(at::kFloat), b.to(at::kFloat)).multiply(x.to(at::kFloat));
  bench.report("linear in int8", "[33,96] [160,96] [160]", "int8", distance({got}, {expected}), 1e-4);
}

/// Five steps of AdamW with rows that rest, against its definition in double.
void check_adamw(Bench& bench) {
  const EncoderLayout layout = small_layout();
  const auto size = static_cast<int64_t>(layout.size);
  const at::Tensor start = bench.numbers({size}, 0.1);
  OptimizerSettings settings;
  settings.weight_decay = 0.1;
  at::Tensor weights = start.to(bench.device(), at::kFloat, false, /*copy=*/true);
  Adamw adamw(layout, settings, weights, Tensors(layout.parameters.size()));
  at::Tensor expected = start.clone(), first = at::zeros_like(start), second = at::zeros_like(start);
  at::Tensor decays = at::zeros_like(start);
  for (const Parameter& p : layout.parameters)
    if (p.decays()) decays.narrow(0, static_cast<int64_t>(p.offset), static_cast<int64_t>(p.elements())).fill_(0.1);
  const std::vector<std::vector<int64_t>> touched = {{1, 4, 7}, {4}, {0, 49}, {1}, {4, 49}};
  for (int64_t t = 1; t <= 5; ++t) {
    at::Tensor gradient = bench.numbers({size});
    const auto& rows = touched[static_cast<size_t>(t - 1)];
    const at::Tensor keep = at::zeros({50, 1}, at::kDouble);
    for (const int64_t row : rows) keep[row] = 1;
    gradient.narrow(0, 0, 50 * 64).view({50, 64}).mul_(keep);
    Tensors gradients;
    for (const Parameter& p : layout.parameters)
      gradients.push_back(gradient.narrow(0, static_cast<int64_t>(p.offset), static_cast<int64_t>(p.elements()))
                              .view(p.shape)
                              .to(bench.device(), at::kFloat)
                              .contiguous());
    if (adamw.rows_rest()) {
      adamw.catch_up(&rows);
      gradients[0] = gradients[0].index_select(0, at::tensor(rows)).contiguous();
    }
    StepSettings step;
    step.step = t;
    step.learning_rate = 0.01 * static_cast<double>(t);
    adamw.step(gradients, rows, step, 0.5);
    const at::Tensor g = gradient * 0.5;
    first = first * settings.beta1 + g * (1 - settings.beta1);
    second = second * settings.beta2 + g * g * (1 - settings.beta2);
    const at::Tensor root = (second / (1 - std::pow(settings.beta2, t))).sqrt() + settings.epsilon;
    expected = expected * (1 - decays * step.learning_rate) -
               first / (1 - std::pow(settings.beta1, t)) / root * step.learning_rate;
  }
  adamw.catch_up(nullptr);
  bench.report("AdamW, five steps", "[" + std::to_string(size) + "]", "fp32", distance({weights}, {expected}), 2e-5);
}

}  // namespace

Result<bool> run_selftest(const std::string& device, const std::function<void(const Json&)>& row) {
  return guarded([&]() -> Result<bool> {
    MW_ASSIGN(const at::Device where, device_named(device));
    Bench bench(where, row);
    std::vector<at::ScalarType> types{at::kFloat, at::kBFloat16};
    if (where.is_cuda()) types.push_back(at::kHalf);
    for (const at::ScalarType type : types) {
      check_dense(bench, type);
      check_attention(bench, type);
    }
    check_what_is_always_wide(bench);
    check_dropout(bench);
    check_encoder(bench);
    check_losses(bench);
    check_int8(bench);
    check_adamw(bench);
    return bench.all_ok();
  });
}

}  // namespace millwright::engine

#include "torch/bench.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>

#include "base/clock.h"
#include "base/hash.h"
#include "engine/encoder_weights.h"
#include "torch/compat.h"
#include "torch/devices.h"
#include "torch/guard.h"
#include "torch/trained_encoder.h"

namespace millwright::engine {
namespace {

constexpr int64_t kMatrix = 2048;
constexpr size_t kBatches = 16;

at::ScalarType type_of(Dtype dtype) {
  return dtype == Dtype::bf16   ? at::kBFloat16
         : dtype == Dtype::fp16 ? at::kHalf
         : dtype == Dtype::fp64 ? at::kDouble
                                : at::kFloat;
}

/// The best of some repeats: what the device can do when nothing comes between.
double matmul_rate(const at::Device& device, Dtype dtype, double seconds) {
  const auto options = at::TensorOptions(device).dtype(type_of(dtype));
  const at::Tensor a = at::ones({kMatrix, kMatrix}, options), b = at::ones({kMatrix, kMatrix}, options);
  at::Tensor c = at::mm(a, b);
  compat::wait_for(device);
  double best = 0;
  const double until = steady_seconds() + seconds;
  do {
    const double began = steady_seconds();
    at::mm_out(c, a, b);
    compat::wait_for(device);
    best = std::max(best, 2.0 * kMatrix * kMatrix * kMatrix / (steady_seconds() - began));
  } while (steady_seconds() < until);
  return best;
}

/// Multiplications and additions of a token on its way forwards, of matrices alone; attention by the mean length.
double flops_a_token(const EncoderLayout& layout, double length) {
  double numbers = 0;
  for (const Parameter& p : layout.parameters)
    if (p.layer >= 0 && p.shape.size() == 2) numbers += static_cast<double>(p.elements());
  return 2 * numbers + 4 * length * static_cast<double>(layout.config.hidden * layout.config.layers);
}

EncoderLayout layout_of(const BenchSettings& settings) {
  text::EncoderConfig config;
  config.head = text::Head::sequence;
  config.vocabulary = settings.vocabulary;
  config.hidden = settings.hidden;
  config.layers = settings.layers;
  config.heads = settings.heads;
  config.intermediate = settings.intermediate;
  config.positions = std::max<int64_t>(512, settings.length);
  config.types = 2;
  for (int i = 0; i < 150; ++i) config.labels.push_back(std::to_string(i));
  return EncoderLayout(config);
}

std::vector<MicroBatch> batches_of(const BenchSettings& settings) {
  Random random(5);
  std::vector<MicroBatch> out(kBatches);
  for (MicroBatch& batch : out)
    for (int64_t i = 0; i < settings.texts; ++i) {
      const int64_t length =
          settings.length > 0 ? settings.length : 4 + static_cast<int64_t>(random.below(14) + random.below(14));
      for (int64_t k = 0; k < length; ++k) {
        // Some thousand words make up nearly all of what people write.
        batch.texts.ids.push_back(
            static_cast<int64_t>(random.below(static_cast<uint64_t>(std::min<int64_t>(settings.vocabulary, 5000)))));
        batch.texts.types.push_back(0);
        batch.texts.positions.push_back(k);
      }
      batch.texts.begin.push_back(static_cast<int32_t>(batch.texts.ids.size()));
      batch.label.push_back(static_cast<int64_t>(random.below(150)));
      batch.weight.push_back(1);
    }
  return out;
}

/// An encoder and the batches that it goes through, again and again.
class Run {
 public:
  static Result<Run> begin(const BenchSettings& settings) {
    const EncoderLayout layout = layout_of(settings);
    EncoderSettings wanted;
    wanted.device = settings.device;
    wanted.dtype = settings.dtype;
    wanted.trains = settings.suite == "train";
    MW_ASSIGN(auto model, make_encoder(layout, wanted));
    Random random(1);
    MW_TRY(model->set_weights(draw_weights(layout, random)));
    Run run(std::move(model), batches_of(settings), wanted.trains);
    for (size_t i = 0; i < kBatches; ++i) MW_TRY(run.one_batch());  // the first time is slower
    return run;
  }

  Status one_batch() { return one_batch(static_cast<size_t>(step_)); }
  Status one_batch(size_t number) {
    const MicroBatch& batch = batches_[number % kBatches];
    ++step_;
    tokens_ += static_cast<int64_t>(batch.texts.tokens());
    if (!trains_) {
      MW_TRY(model_->forward(batch.texts, Output::logits));
      return {};
    }
    StepSettings each;
    each.step = step_;
    each.learning_rate = 1e-4;
    each.clip_norm = 1;
    each.dropout_seed = static_cast<uint64_t>(step_);
    each.weight_sum = static_cast<double>(batch.texts.texts());
    MW_TRY(model_->step(std::span(&batch, 1), each));
    return {};
  }
  [[nodiscard]] int64_t steps() const { return step_; }
  [[nodiscard]] int64_t tokens() const { return tokens_; }

 private:
  Run(std::unique_ptr<EncoderModel> model, std::vector<MicroBatch> batches, bool trains)
      : model_(std::move(model)), batches_(std::move(batches)), trains_(trains) {}
  std::unique_ptr<EncoderModel> model_;
  std::vector<MicroBatch> batches_;
  bool trains_;
  int64_t step_ = 0, tokens_ = 0;
};

Result<Json> measure_speed(Run& run, const BenchSettings& settings, const at::Device& device, double rate) {
  const EncoderLayout layout = layout_of(settings);
  compat::wait_for(device);
  const int64_t steps_before = run.steps(), tokens_before = run.tokens();
  const double began = steady_seconds();
  while (steady_seconds() - began < settings.seconds) MW_TRY(run.one_batch());
  compat::wait_for(device);
  const double seconds = steady_seconds() - began, speed = static_cast<double>(run.tokens() - tokens_before) / seconds;
  const double length = static_cast<double>(run.tokens()) / static_cast<double>(run.steps() * settings.texts);
  // The way back takes twice the way there.
  const double flops = speed * flops_a_token(layout, length) * (settings.suite == "train" ? 3 : 1);
  return Json{{"parameters", layout.size},
              {"texts_in_a_batch", settings.texts},
              {"mean_length", length},
              {"steps", run.steps() - steps_before},
              {"seconds", seconds},
              {"tokens_per_second", speed},
              {"flops_per_second", flops},
              {"share_of_matmul", flops / rate},
              {"padding", 1.0},
              {"peak_memory", memory_in_use(device)}};
}

/// The number below which a share of sorted numbers lies.
double quantile(const std::vector<double>& sorted, double share) {
  return sorted[static_cast<size_t>(share * static_cast<double>(sorted.size() - 1) + 0.5)];
}

/// What libtorch's deterministic algorithms cost: each batch with them and without, one after the other, so that
/// whatever else the machine does falls on both. Own kernels have one order of sums and know no other: on the processor
/// they are the greater part, and the figure says what libtorch's share adds.
Result<Json> measure_determinism(Run& run, const BenchSettings& settings, const at::Device& device) {
  const auto timed = [&](size_t batch, bool deterministic) -> Result<double> {
    compat::set_deterministic(deterministic);
    compat::wait_for(device);
    const double began = steady_seconds();
    MW_TRY(run.one_batch(batch));
    compat::wait_for(device);
    return steady_seconds() - began;
  };
  const auto by_turns = [&]() -> Result<Json> {
    std::vector<double> costs, with, without;
    const double began = steady_seconds();
    while (costs.size() < kBatches || steady_seconds() - began < settings.seconds) {
      const bool first = costs.size() % 2 == 0;
      MW_ASSIGN(const double one, timed(costs.size(), first));
      MW_ASSIGN(const double two, timed(costs.size(), !first));
      with.push_back(first ? one : two);
      without.push_back(first ? two : one);
      costs.push_back(with.back() / without.back() - 1);
    }
    for (auto* const each : {&costs, &with, &without}) std::sort(each->begin(), each->end());
    return Json{{"rounds", costs.size()},
                {"seconds_deterministic", quantile(with, 0.5)},
                {"seconds_free", quantile(without, 0.5)},
                {"cost", quantile(costs, 0.5)},
                {"cost_quartiles", {quantile(costs, 0.25), quantile(costs, 0.75)}}};
  };
  auto out = by_turns();
  compat::set_deterministic(true);  // as everywhere
  return out;
}

}  // namespace

Result<Json> run_bench(const BenchSettings& settings) {
  return guarded([&]() -> Result<Json> {
    if (settings.suite != "matmul" && settings.suite != "train" && settings.suite != "infer")
      return fail(ErrorKind::usage, "engine.bad_suite", "There is no suite {name}: it takes matmul, train or infer.",
                  {{"name", settings.suite}});
    if (settings.determinism && settings.suite != "train")
      return fail(ErrorKind::usage, "engine.bad_suite", "What determinism costs is measured with suite train.");
    MW_ASSIGN(const at::Device device, device_named(settings.device));
    const double rate = matmul_rate(device, settings.dtype,
                                    settings.suite == "matmul" ? settings.seconds : std::min(2.0, settings.seconds));
    Json out = {
        {"suite", settings.suite},          {"device", settings.device},
        {"type", name_of(settings.dtype)},  {"libtorch", TORCH_VERSION},
        {"threads", at::get_num_threads()}, {"matmul", std::to_string(kMatrix) + " x " + std::to_string(kMatrix)},
        {"matmul_flops_per_second", rate}};
    if (settings.suite == "matmul") return out;
    MW_ASSIGN(Run run, Run::begin(settings));
    MW_ASSIGN(const Json figures, measure_speed(run, settings, device, rate));
    out.update(figures);
    if (settings.determinism) {
      MW_ASSIGN(out["determinism"], measure_determinism(run, settings, device));
    }
    return out;
  });
}

}  // namespace millwright::engine

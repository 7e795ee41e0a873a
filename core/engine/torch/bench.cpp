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

Result<Json> measure_encoder(const BenchSettings& settings, const at::Device& device, double rate) {
  const EncoderLayout layout = layout_of(settings);
  EncoderSettings wanted;
  wanted.device = settings.device;
  wanted.dtype = settings.dtype;
  wanted.trains = settings.suite == "train";
  MW_ASSIGN(const auto model, make_encoder(layout, wanted));
  Random random(1);
  MW_TRY(model->set_weights(draw_weights(layout, random)));
  const std::vector<MicroBatch> batches = batches_of(settings);
  int64_t step = 0, tokens = 0;
  const auto once = [&]() -> Status {
    const MicroBatch& batch = batches[static_cast<size_t>(step) % kBatches];
    ++step;
    tokens += static_cast<int64_t>(batch.texts.tokens());
    if (!wanted.trains) {
      MW_TRY(model->forward(batch.texts, Output::logits));
      return {};
    }
    StepSettings each;
    each.step = step;
    each.learning_rate = 1e-4;
    each.clip_norm = 1;
    each.dropout_seed = static_cast<uint64_t>(step);
    each.weight_sum = static_cast<double>(batch.texts.texts());
    MW_TRY(model->step(std::span(&batch, 1), each));
    return {};
  };
  for (size_t i = 0; i < kBatches; ++i) MW_TRY(once());
  compat::wait_for(device);
  const int64_t steps_before = step, tokens_before = tokens;
  const double began = steady_seconds();
  while (steady_seconds() - began < settings.seconds) MW_TRY(once());
  compat::wait_for(device);
  const double seconds = steady_seconds() - began, speed = static_cast<double>(tokens - tokens_before) / seconds;
  const double length = static_cast<double>(tokens) / static_cast<double>(step * settings.texts);
  // The way back takes twice the way there.
  const double flops = speed * flops_a_token(layout, length) * (wanted.trains ? 3 : 1);
  return Json{{"parameters", layout.size},
              {"texts_in_a_batch", settings.texts},
              {"mean_length", length},
              {"steps", step - steps_before},
              {"seconds", seconds},
              {"tokens_per_second", speed},
              {"flops_per_second", flops},
              {"share_of_matmul", flops / rate},
              {"padding", 1.0},
              {"peak_memory", memory_in_use(device)}};
}

}  // namespace

Result<Json> run_bench(const BenchSettings& settings) {
  return guarded([&]() -> Result<Json> {
    if (settings.suite != "matmul" && settings.suite != "train" && settings.suite != "infer")
      return fail(ErrorKind::usage, "engine.bad_suite", "There is no suite {name}: it takes matmul, train or infer.",
                  {{"name", settings.suite}});
    MW_ASSIGN(const at::Device device, device_named(settings.device));
    const double rate = matmul_rate(device, settings.dtype,
                                    settings.suite == "matmul" ? settings.seconds : std::min(2.0, settings.seconds));
    Json out = {
        {"suite", settings.suite},          {"device", settings.device},
        {"type", name_of(settings.dtype)},  {"libtorch", TORCH_VERSION},
        {"threads", at::get_num_threads()}, {"matmul", std::to_string(kMatrix) + " x " + std::to_string(kMatrix)},
        {"matmul_flops_per_second", rate}};
    if (settings.suite == "matmul") return out;
    MW_ASSIGN(const Json figures, measure_encoder(settings, device, rate));
    out.update(figures);
    return out;
  });
}

}  // namespace millwright::engine

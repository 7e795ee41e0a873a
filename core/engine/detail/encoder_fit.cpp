#include "detail/encoder_fit.h"

#include <algorithm>

#include "base/hash.h"
#include "base/memory.h"
#include "detail/vectors.h"
#include "engine/memory_forecast.h"
#include "engine/run_job.h"
#include "engine/torch.h"

namespace millwright::engine::detail {
namespace {

/// What a checkpoint must agree with: everything that decides the weights, environment apart.
std::string identity_of(const EncoderFit& fit, const TrainingTask& task, std::span<const float> weights) {
  Sha256 hash;
  task.identify(hash);
  Json decisive = fit.declared;
  for (const char* name : {"checkpoint_seconds", "threads"}) decisive.erase(name);
  hash.update(canonical(decisive));
  hash.update(std::to_string(fit.seed));
  hash.update({reinterpret_cast<const uint8_t*>(weights.data()), weights.size() * sizeof(float)});
  return to_hex(hash.finish());
}

/// How much memory a training will take, and in how many parts a batch has to be computed for it to be there.
struct Foreseen {
  int64_t parts = 1;
  uint64_t peak = 0;  ///< bytes
};

/// Says it, too. Where the system has no more memory to give it ends a program without a word: better to see it before.
Foreseen foresee_memory(const EncoderFit& fit, const EncoderLayout& layout, const TrainingTask& task,
                        jobs::EventWriter& events) {
  MemoryBasis basis = memory_basis(task.lengths(), fit.options, fit.seed, task.validation_rows() > 0);
  basis.before = resident_memory();
  const uint64_t available = available_memory();
  const auto room = [&] { return forecast_memory(layout, fit.options, basis).peak() - basis.before <= available; };
  while (!room() && basis.parts < fit.options.batch_size)
    basis.parts = std::min(basis.parts * 2, fit.options.batch_size);
  const MemoryForecast forecast = forecast_memory(layout, fit.options, basis);
  const uint64_t peak = forecast.peak();
  const Json figures = {{"peak", peak},          {"before", forecast.before}, {"model", forecast.model},
                        {"step", forecast.step}, {"best", forecast.best},     {"available", available},
                        {"parts", basis.parts}};
  if (!room()) {
    events.log("warning", "The training is going to need more memory than there is.", figures);
  } else if (basis.parts > 1) {
    events.log("warning", "Not enough memory for whole batches: they are computed in parts.", figures);
  } else {
    events.log("info", "Memory that the training is going to take, in bytes.", figures);
  }
  return {basis.parts, peak};
}

}  // namespace

Result<EncoderTraining> fit_encoder(const EncoderFit& fit, const EncoderLayout& layout, std::span<const float> weights,
                                    const TrainingTask& task, TrainingPlace place) {
  EncoderSettings settings;
  settings.device = fit.device;
  settings.dtype = fit.options.dtype;
  settings.trains = true;
  settings.optimizer = fit.options.optimizer;
  settings.loss = fit.options.loss;
  settings.ranks = place.ranks;
  // Without instructions for it libtorch multiplies bf16 number by number: sixty times as slow as fp32 on AVX2.
  if (fit.device == "cpu" && settings.dtype == Dtype::bf16 && widest_instructions() != Instructions::avx512)
    place.events.log("warning",
                     "This processor has no instructions for bf16: fp32 is many times faster and more exact.");
  Foreseen foreseen;
  if (fit.device == "cpu") foreseen = foresee_memory(fit, layout, task, place.events);
  place.parts = foreseen.parts;
  MW_ASSIGN(const auto model, make_encoder_model(layout, settings));
  MW_ASSIGN(EncoderTraining trained, train_encoder(*model, weights, task, fit.options, fit.seed,
                                                   identity_of(fit, task, weights), fit.environment, place));
  trained.memory_forecast = foreseen.peak;
  return trained;
}

Result<std::unique_ptr<EncoderModel>> trained_encoder(const EncoderLayout& layout, std::span<const float> weights,
                                                      Objective objective, const std::string& device) {
  EncoderSettings settings;
  settings.device = device;
  settings.loss.objective = objective;
  MW_ASSIGN(auto model, make_encoder_model(layout, settings));
  MW_TRY(model->set_weights(weights));
  return model;
}

Json environment_of(const Json& torch, const EncoderOptions& options, const std::string& device) {
  Json json = environment(options.threads);
  json["libtorch"] = torch.value("version", Json());
  json["blas_kernels"] = torch.value("blas_kernels", Json());
  json["device"] = device;
  return json;
}

Json summary_of(const EncoderTraining& trained, const EncoderOptions& options) {
  return {{"steps", trained.steps},
          {"epochs", options.epochs},
          {"learning_rate", options.learning_rate},
          {"best_epoch", trained.best_epoch},
          {"tokens_per_second", number_or_null(trained.tokens_per_second)},
          {"padding", trained.padding},
          {"micro_schedule", trained.micro_schedule},
          {"memory", trained.memory},
          {"memory_forecast", trained.memory_forecast > 0 ? Json(trained.memory_forecast) : Json()},
          {"resumed", trained.resumed}};
}

}  // namespace millwright::engine::detail

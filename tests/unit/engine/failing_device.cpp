// Stands in for millwright-torch.so, which MILLWRIGHT_REAL_TORCH_MODULE names, and lets the device fail: from its n-th
// training step on (MILLWRIGHT_FAILS_AT) libtorch throws what MILLWRIGHT_FAILS_WITH says, as CUDA's errors reach it.
#include <ATen/ATen.h>
#include <dlfcn.h>

#include <cstdlib>

#include "detail/torch_module.h"
#include "torch/guard.h"

using namespace millwright;
using namespace millwright::engine;

namespace {

template <class F>
F real(const char* name) {
  static void* const module = ::dlopen(std::getenv("MILLWRIGHT_REAL_TORCH_MODULE"), RTLD_NOW | RTLD_LOCAL);
  return module == nullptr ? nullptr : reinterpret_cast<F>(::dlsym(module, name));
}

class FailingEncoder final : public EncoderModel {
 public:
  explicit FailingEncoder(std::unique_ptr<EncoderModel> model) : model_(std::move(model)) {}
  Result<StepOutcome> step(std::span<const MicroBatch> parts, const StepSettings& settings) override {
    const char* const when = std::getenv("MILLWRIGHT_FAILS_AT");
    if (when == nullptr || settings.step < std::atoll(when)) return model_->step(parts, settings);
    return guarded([]() -> Result<StepOutcome> { TORCH_CHECK(false, std::getenv("MILLWRIGHT_FAILS_WITH")); });
  }
  Result<std::vector<float>> forward(const PackedBatch& batch, Output what) override {
    return model_->forward(batch, what);
  }
  Result<Assessment> assess(const MicroBatch& part, double weight_sum) override {
    return model_->assess(part, weight_sum);
  }
  Result<int64_t> agree(int64_t value) override { return model_->agree(value); }
  Result<std::vector<float>> weights() override { return model_->weights(); }
  Status set_weights(std::span<const float> weights) override { return model_->set_weights(weights); }
  Status restart(std::span<const float> weights) override { return model_->restart(weights); }
  Status look_at_state(const std::function<Status(const TrainingStateView&)>& look) override {
    return model_->look_at_state(look);
  }
  Status set_state(const TrainingState& state) override { return model_->set_state(state); }
  [[nodiscard]] uint64_t memory() const override { return model_->memory(); }

 private:
  std::unique_ptr<EncoderModel> model_;
};

}  // namespace

extern "C" {

int millwright_torch_abi(void) { return MILLWRIGHT_TORCH_ABI; }

void millwright_torch_start(int threads, int deterministic, Result<Json>* result) {
  const auto start = real<decltype(&millwright_torch_start)>("millwright_torch_start");
  if (start == nullptr) return;
  start(threads, deterministic, result);
}

void millwright_torch_encoder(const EncoderLayout* layout, const EncoderSettings* settings,
                              Result<std::unique_ptr<EncoderModel>>* result) {
  real<decltype(&millwright_torch_encoder)>("millwright_torch_encoder")(layout, settings, result);
  if (*result && settings->trains) *result = std::make_unique<FailingEncoder>(std::move(**result));
}

}  // extern "C"

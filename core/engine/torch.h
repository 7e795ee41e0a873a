// libtorch, loaded when something asks for it and not before.
#pragma once

#include <memory>

#include "base/json.h"
#include "base/result.h"
#include "engine/encoder_model.h"

namespace millwright::engine {

/// Loads the module that links libtorch (millwright-torch.so beside the program, or what MILLWRIGHT_TORCH_MODULE names)
/// and starts it with so many threads, in deterministic mode. BLAS kernels and the allocator's thresholds are chosen
/// before the library loads. Returns {"version","threads","deterministic","blas_kernels","devices",…}. Error: job
/// "engine.no_torch".
[[nodiscard]] Result<Json> start_torch(int threads);

/// An encoder with weights 0, after start_torch(). Errors: job "engine.no_torch", "train.out_of_memory"; usage
/// "engine.no_device", "engine.bad_dtype".
[[nodiscard]] Result<std::unique_ptr<EncoderModel>> make_encoder_model(const EncoderLayout& layout,
                                                                       const EncoderSettings& settings);

}  // namespace millwright::engine

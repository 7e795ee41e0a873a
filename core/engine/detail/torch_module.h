// What the module that links libtorch offers. Plain entry points, found by name; our own types cross (both sides are
// built together, which the ABI number holds), libtorch's never do, and no exception comes out.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "engine/encoder_model.h"
#include "engine/torch.h"

#define MILLWRIGHT_TORCH_EXPORT __attribute__((visibility("default")))
// Raised with every change below.
#define MILLWRIGHT_TORCH_ABI 7

extern "C" {

MILLWRIGHT_TORCH_EXPORT int millwright_torch_abi(void);
/// Sets threads and deterministic mode, and describes what there is: {"version","threads","deterministic","openmp",
/// "lapack","mkldnn","devices":[{"name","kind","memory"}]}.
MILLWRIGHT_TORCH_EXPORT void millwright_torch_start(int threads, int deterministic,
                                                    millwright::Result<millwright::Json>* result);
MILLWRIGHT_TORCH_EXPORT void millwright_torch_encoder(
    const millwright::engine::EncoderLayout* layout, const millwright::engine::EncoderSettings* settings,
    millwright::Result<std::unique_ptr<millwright::engine::EncoderModel>>* result);
MILLWRIGHT_TORCH_EXPORT void millwright_torch_selftest(const std::string* device,
                                                       const std::function<void(const millwright::Json&)>* row,
                                                       millwright::Result<bool>* result);
MILLWRIGHT_TORCH_EXPORT void millwright_torch_bench(const millwright::engine::BenchSettings* settings,
                                                    millwright::Result<millwright::Json>* result);

}  // extern "C"

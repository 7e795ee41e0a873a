// How quick a device is: what it multiplies, what it learns, what it answers.
#pragma once

#include "base/json.h"
#include "base/result.h"
#include "engine/torch.h"

namespace millwright::engine {

/// {"suite","device","type","matmul_flops_per_second",…}; for train and infer also {"tokens_per_second",
/// "flops_per_second","share_of_matmul","peak_memory"}, and with determinism {"determinism"}. Errors: usage
/// "engine.no_device", "engine.bad_suite"; job "engine.torch", "train.out_of_memory".
[[nodiscard]] Result<Json> run_bench(const BenchSettings& settings);

}  // namespace millwright::engine

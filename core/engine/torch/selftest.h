// Whether a device computes what it should: every operator that training and inference use, against float64 on the
// processor, the operators written as they are defined and not as they are fused.
#pragma once

#include <functional>

#include "base/json.h"
#include "base/result.h"

namespace millwright::engine {

/// Calls `row` with {"operator","shapes","type","largest_error","limit","ok"} for each; true when all are ok. Errors:
/// usage "engine.no_device"; job "engine.torch", "train.out_of_memory".
[[nodiscard]] Result<bool> run_selftest(const std::string& device, const std::function<void(const Json&)>& row);

}  // namespace millwright::engine

// What every training job states about its model, in one form whatever the algorithm.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "jobs/job_folder.h"

namespace millwright::engine::detail {

/// The figures that the engine itself states: {"n","accuracy","macro_f1","ece"}; the project adds intervals and tables
/// from the predictions.
[[nodiscard]] Json figures(const std::vector<int32_t>& truth, const std::vector<int32_t>& predicted,
                           const std::vector<double>& confidence, size_t classes);
/// The most probable labels, best first: [[label, probability], …].
[[nodiscard]] Json best_of(std::span<const double> probabilities, const std::vector<std::string>& labels);
/// {"name","sha256","bytes"} of a file in the job's folder.
[[nodiscard]] Result<Json> describe_file(const jobs::JobFolder& folder, const std::string& name);

}  // namespace millwright::engine::detail

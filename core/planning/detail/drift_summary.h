// What the first page needs to know of the newest drift report.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "store/project.h"

namespace millwright::planning::detail {

struct DriftSummary {
  int64_t drifted = 0;  ///< fields
  int64_t judged = 0;   ///< fields with a verdict
  std::string strongest_field;
  double strongest_effect = 0;
  std::string question;  ///< of the command line: windows and choice of rows
};
[[nodiscard]] Result<std::optional<DriftSummary>> latest_drift(const store::Project& project);

}  // namespace millwright::planning::detail

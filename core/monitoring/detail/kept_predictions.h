// What models said of the records of some batches, by record.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "store/project.h"

namespace millwright::monitoring::detail {

struct KeptPrediction {
  int32_t label = -1;  ///< into KeptPredictions::labels
  double confidence = std::numeric_limits<double>::quiet_NaN();
};
struct KeptPredictions {
  std::vector<std::string> labels;
  std::unordered_map<RecordRef, KeptPrediction> of;
};
/// The newest kept file of each batch by this model (0: by any).
[[nodiscard]] Result<KeptPredictions> kept_predictions(const store::Project& project, std::span<const int64_t> batches,
                                                       int64_t model);

}  // namespace millwright::monitoring::detail

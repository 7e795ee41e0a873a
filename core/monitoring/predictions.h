// Kept predictions of a batch as a place to begin: the records about which a model is least certain.
#pragma once

#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "store/project.h"

namespace millwright::monitoring {

struct Uncertain {
  RecordRef record;
  double confidence = 0;
};
/// Least certain first, at most `limit` (0: all); model 0: the newest kept file of any. Empty where none is kept.
[[nodiscard]] Result<std::vector<Uncertain>> least_certain(const store::Project& project, int64_t batch, int64_t model,
                                                           int64_t limit);

}  // namespace millwright::monitoring

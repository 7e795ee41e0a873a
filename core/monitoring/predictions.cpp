#include "monitoring/predictions.h"

#include <algorithm>

#include "models/prediction.h"

namespace millwright::monitoring {

Result<std::vector<Uncertain>> least_certain(const store::Project& project, int64_t batch, int64_t model,
                                             int64_t limit) {
  MW_ASSIGN(const auto saved, models::saved_predictions(project, batch, model));
  std::vector<Uncertain> found;
  if (!saved) return found;
  found.reserve(saved->rows.size());
  for (const auto& row : saved->rows) found.push_back({row.record, row.confidence});
  const auto less = [](const Uncertain& a, const Uncertain& b) {
    return a.confidence != b.confidence ? a.confidence < b.confidence : a.record < b.record;
  };
  const auto kept = limit > 0 ? std::min(static_cast<size_t>(limit), found.size()) : found.size();
  std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(kept), found.end(), less);
  found.resize(kept);
  return found;
}

}  // namespace millwright::monitoring

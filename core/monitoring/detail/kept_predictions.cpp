#include "detail/kept_predictions.h"

#include "models/prediction.h"

namespace millwright::monitoring::detail {

Result<KeptPredictions> kept_predictions(const store::Project& project, std::span<const int64_t> batches,
                                         int64_t model) {
  KeptPredictions kept;
  std::unordered_map<std::string, int32_t> places;
  for (const int64_t batch : batches) {
    MW_ASSIGN(const auto saved, models::saved_predictions(project, batch, model));
    if (!saved) continue;
    std::vector<int32_t> place;
    for (const auto& label : saved->labels) {
      const auto [at, added] = places.emplace(label, static_cast<int32_t>(kept.labels.size()));
      if (added) kept.labels.push_back(label);
      place.push_back(at->second);
    }
    for (const auto& row : saved->rows)
      kept.of[row.record] = {row.label < 0 ? -1 : place[static_cast<size_t>(row.label)], row.confidence};
  }
  return kept;
}

}  // namespace millwright::monitoring::detail

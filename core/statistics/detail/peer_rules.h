// The default tests and thresholds of Evidently and NannyML, to the letter of their sources (evidently 0.7.23,
// legacy/calculations/stattests; nannyml 0.13.1, drift/univariate/methods.py), for people who come from them.
#pragma once

#include <cstdint>
#include <span>

#include "statistics/field_drift.h"

namespace millwright::statistics::detail {

struct PeerResult {
  DriftScore score;
  bool drifted = false;
};

/// Sorted samples.
[[nodiscard]] PeerResult evidently_numbers(std::span<const double> reference, std::span<const double> current,
                                           const OrderedComparison& compared, double sigma);
[[nodiscard]] PeerResult evidently_categories(std::span<const int64_t> reference, std::span<const int64_t> current);
/// In the order in which they arrived.
[[nodiscard]] PeerResult nannyml_numbers(std::span<const double> reference, std::span<const double> current);
[[nodiscard]] PeerResult nannyml_categories(std::span<const int32_t> reference, std::span<const int32_t> current,
                                            std::span<const int64_t> reference_counts);

}  // namespace millwright::statistics::detail

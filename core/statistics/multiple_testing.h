// Many tests at once.
#pragma once

#include <span>
#include <vector>

namespace millwright::statistics {

/// Benjamini & Hochberg (1995): adjusted p-values in the order given; reject where adjusted ≤ alpha and the expected
/// share of false rejections is at most alpha. NaN has no place among the tests and stays NaN.
[[nodiscard]] std::vector<double> benjamini_hochberg(std::span<const double> p);
/// Holm (1979): controls the probability of any false rejection.
[[nodiscard]] std::vector<double> holm(std::span<const double> p);

}  // namespace millwright::statistics

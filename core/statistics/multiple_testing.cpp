#include "statistics/multiple_testing.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace millwright::statistics {
namespace {

std::vector<size_t> ascending(std::span<const double> p) {
  std::vector<size_t> order;
  for (size_t i = 0; i < p.size(); ++i)
    if (!std::isnan(p[i])) order.push_back(i);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return p[a] < p[b]; });
  return order;
}

}  // namespace

std::vector<double> benjamini_hochberg(std::span<const double> p) {
  std::vector<double> adjusted(p.size(), std::numeric_limits<double>::quiet_NaN());
  const auto order = ascending(p);
  const auto tests = static_cast<double>(order.size());
  double least = 1;
  for (size_t rank = order.size(); rank > 0; --rank) {
    const size_t i = order[rank - 1];
    least = std::min(least, p[i] * tests / static_cast<double>(rank));
    adjusted[i] = least;
  }
  return adjusted;
}

std::vector<double> holm(std::span<const double> p) {
  std::vector<double> adjusted(p.size(), std::numeric_limits<double>::quiet_NaN());
  const auto order = ascending(p);
  double most = 0;
  for (size_t rank = 0; rank < order.size(); ++rank) {
    const size_t i = order[rank];
    most = std::max(most, std::min(1.0, p[i] * static_cast<double>(order.size() - rank)));
    adjusted[i] = most;
  }
  return adjusted;
}

}  // namespace millwright::statistics

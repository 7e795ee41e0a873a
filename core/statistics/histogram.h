// Bins for pictures. Two samples that are to be compared share them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace millwright::statistics {

enum class BinScale { linear, logarithmic };

/// bins = edges.size() − 1; bin i is [edge i, edge i+1), the last one closed. No edges: nothing to show.
struct Bins {
  std::vector<double> edges;
  BinScale scale = BinScale::linear;
  [[nodiscard]] size_t count() const { return edges.empty() ? 0 : edges.size() - 1; }
  /// Bin of a value, −1 outside.
  [[nodiscard]] int64_t find(double value) const;
};

/// `wanted` bins over [low, high]. Linear edges lie on round numbers (1, 2, 2.5 or 5 times a power of ten) and cover
/// the range; whole numbers get bins of whole width whose edges lie halfway between them. Logarithmic ones need low >
/// 0.
[[nodiscard]] Bins make_bins(double low, double high, int wanted, BinScale scale = BinScale::linear,
                             bool whole_numbers = false);
/// Whether a picture of these values needs a logarithmic axis: all positive, and the distance from the median to the
/// 99th percentile is more than ten times that from the first percentile to the median. Sorted.
[[nodiscard]] bool wants_log_scale(std::span<const double> sorted);
/// Bins for two sorted samples together: range from the 0.1th to the 99.9th percentile where there are outliers beyond
/// 5 times that range, the outermost bins then reach to the extremes.
[[nodiscard]] Bins shared_bins(std::span<const double> sorted_a, std::span<const double> sorted_b, int wanted = 40,
                               bool whole_numbers = false);
/// Values per bin; those outside are left out.
[[nodiscard]] std::vector<int64_t> histogram(std::span<const double> values, const Bins& bins);
[[nodiscard]] std::vector<int64_t> histogram_sorted(std::span<const double> sorted, const Bins& bins);

/// numpy.histogram_bin_edges(values, "doane"): bins of equal width, as many as Sturges' rule and the skewness ask for.
[[nodiscard]] std::vector<double> doane_edges(std::span<const double> values);

}  // namespace millwright::statistics

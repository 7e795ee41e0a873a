#include "statistics/histogram.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace millwright::statistics {
namespace {

double quantile_of_sorted(std::span<const double> sorted, double q) {
  return sorted[static_cast<size_t>(q * static_cast<double>(sorted.size() - 1))];
}

/// The round number (1, 2, 2.5, 5 times a power of ten) at or above a width.
double round_width(double width, bool whole) {
  const double power = std::pow(10.0, std::floor(std::log10(width)));
  for (const double step : {1.0, 2.0, 2.5, 5.0, 10.0})
    if (step * power >= width * (1 - 1e-9)) return whole ? std::max(1.0, std::ceil(step * power)) : step * power;
  return 10 * power;
}

std::vector<double> even_edges(double low, double high, int64_t bins) {
  std::vector<double> edges(static_cast<size_t>(bins) + 1);
  for (size_t i = 0; i < edges.size(); ++i)
    edges[i] = low + static_cast<double>(i) * ((high - low) / static_cast<double>(bins));
  edges.back() = high;
  return edges;
}

std::vector<double> numpy_edges(double low, double high, double width) {
  if (!(low < high)) return {low - 0.5, high + 0.5};
  const double bins = width > 0 ? std::ceil((high - low) / width) : 1;
  return even_edges(low, high, static_cast<int64_t>(std::clamp(bins, 1.0, 1e6)));
}

}  // namespace

int64_t Bins::find(double value) const {
  if (edges.size() < 2 || !(value >= edges.front() && value <= edges.back())) return -1;
  const auto after = std::upper_bound(edges.begin(), edges.end(), value) - edges.begin();
  return std::min<int64_t>(after - 1, static_cast<int64_t>(edges.size()) - 2);
}

Bins make_bins(double low, double high, int wanted, BinScale scale, bool whole_numbers) {
  Bins bins;
  bins.scale = scale;
  wanted = std::max(1, wanted);
  if (!std::isfinite(low) || !std::isfinite(high) || high < low) return bins;
  if (scale == BinScale::logarithmic && low > 0) {
    if (low == high) high = low * 2;
    bins.edges = even_edges(std::log10(low), std::log10(high), wanted);
    for (double& e : bins.edges) e = std::pow(10.0, e);
    bins.edges.front() = low;
    bins.edges.back() = high;
    return bins;
  }
  bins.scale = BinScale::linear;
  if (low == high) {
    bins.edges = {low - 0.5, low + 0.5};
    return bins;
  }
  const double width = round_width((high - low) / wanted, whole_numbers);
  const double shift = whole_numbers ? 0.5 : 0;
  const double first = std::floor((low + shift) / width) * width - shift;
  for (int64_t i = 0; i < 4 * static_cast<int64_t>(wanted) + 8; ++i) {
    bins.edges.push_back(first + static_cast<double>(i) * width);
    if (i > 0 && bins.edges.back() > high) break;
    if (i > 0 && !whole_numbers && bins.edges.back() >= high) break;
  }
  return bins;
}

bool wants_log_scale(std::span<const double> sorted) {
  if (sorted.size() < 20 || !(sorted.front() > 0)) return false;
  const double low = quantile_of_sorted(sorted, 0.01), middle = quantile_of_sorted(sorted, 0.5),
               high = quantile_of_sorted(sorted, 0.99);
  return high - middle > 10 * (middle - low) && high > 20 * low;
}

Bins shared_bins(std::span<const double> sorted_a, std::span<const double> sorted_b, int wanted, bool whole_numbers) {
  if (sorted_a.empty() && sorted_b.empty()) return {};
  if (sorted_a.empty()) return shared_bins(sorted_b, sorted_a, wanted, whole_numbers);
  double low = sorted_a.front(), high = sorted_a.back();
  double q_low = quantile_of_sorted(sorted_a, 0.001), q_high = quantile_of_sorted(sorted_a, 0.999);
  if (!sorted_b.empty()) {
    low = std::min(low, sorted_b.front());
    high = std::max(high, sorted_b.back());
    q_low = std::min(q_low, quantile_of_sorted(sorted_b, 0.001));
    q_high = std::max(q_high, quantile_of_sorted(sorted_b, 0.999));
  }
  if (low > 0 && wants_log_scale(sorted_a)) return make_bins(low, high, wanted, BinScale::logarithmic);
  const double reach = 5 * (q_high - q_low);
  const bool far_below = reach > 0 && q_low - low > reach, far_above = reach > 0 && high - q_high > reach;
  Bins bins = make_bins(far_below ? q_low : low, far_above ? q_high : high, wanted, BinScale::linear, whole_numbers);
  if (far_below) bins.edges.front() = low;
  if (far_above) bins.edges.back() = std::max(high, bins.edges.back());
  return bins;
}

std::vector<int64_t> histogram(std::span<const double> values, const Bins& bins) {
  std::vector<int64_t> counts(bins.count());
  if (counts.empty()) return counts;
  const auto& edges = bins.edges;
  const size_t last = counts.size() - 1;
  const bool even = bins.scale == BinScale::linear;
  const double scale = static_cast<double>(counts.size()) / (edges.back() - edges.front());
  for (const double v : values) {
    if (!(v >= edges.front() && v <= edges.back())) continue;
    if (!even) {
      ++counts[static_cast<size_t>(bins.find(v))];
      continue;
    }
    // A guess by division, set right against the edges: outermost bins may be wider, and division rounds.
    size_t bin = std::min(last, static_cast<size_t>((v - edges.front()) * scale));
    while (bin > 0 && v < edges[bin]) --bin;
    while (bin < last && v >= edges[bin + 1]) ++bin;
    ++counts[bin];
  }
  return counts;
}

std::vector<int64_t> histogram_sorted(std::span<const double> sorted, const Bins& bins) {
  std::vector<int64_t> counts(bins.count());
  if (counts.empty()) return counts;
  auto from = std::lower_bound(sorted.begin(), sorted.end(), bins.edges.front());
  for (size_t i = 0; i < counts.size(); ++i) {
    const auto to = i + 1 == counts.size() ? std::upper_bound(from, sorted.end(), bins.edges[i + 1])
                                           : std::lower_bound(from, sorted.end(), bins.edges[i + 1]);
    counts[i] = to - from;
    from = to;
  }
  return counts;
}

std::vector<double> doane_edges(std::span<const double> values) {
  if (values.empty()) return {0, 1};
  const auto n = static_cast<double>(values.size());
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  double width = 0;
  if (values.size() > 2) {
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
    double m2 = 0, m3 = 0;
    for (const double v : values) {
      const double d = v - mean;
      m2 += d * d;
      m3 += d * d * d;
    }
    const double sigma = std::sqrt(m2 / n);
    if (sigma > 0) {
      const double spread = std::sqrt(6 * (n - 2) / ((n + 1) * (n + 3)));
      const double skewness = m3 / n / (sigma * sigma * sigma);
      width = (*high - *low) / (1 + std::log2(n) + std::log2(1 + std::abs(skewness) / spread));
    }
  }
  return numpy_edges(*low, *high, width);
}

}  // namespace millwright::statistics

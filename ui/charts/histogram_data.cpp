#include <algorithm>
#include <cmath>

#include "histogram_chart.h"

namespace millwright::ui {

namespace {

constexpr size_t kFineBins = 4096;
constexpr double kWholeNumbersAtMost = 4096;

struct Extent {
  double low = HUGE_VAL, high = -HUGE_VAL;
  bool whole = true;  // only whole numbers
  void take(std::span<const double> values, ScaleKind scale) {
    for (double v : values) {
      if (!std::isfinite(v) || (scale == ScaleKind::log10 && v <= 0)) continue;
      low = std::min(low, v);
      high = std::max(high, v);
      whole = whole && v == std::floor(v);
    }
  }
};

std::vector<double> count(std::span<const double> values, ScaleKind scale, double low, double width, size_t bins) {
  std::vector<double> counts(bins, 0);
  const double inverse = 1 / width;
  for (double v : values) {
    if (!std::isfinite(v) || (scale == ScaleKind::log10 && v <= 0)) continue;
    const double at = ((scale == ScaleKind::log10 ? std::log10(v) : v) - low) * inverse;
    const auto bin = static_cast<ptrdiff_t>(at);
    counts[static_cast<size_t>(std::clamp<ptrdiff_t>(bin, 0, static_cast<ptrdiff_t>(bins) - 1))] += 1;
  }
  return counts;
}

}  // namespace

HistogramData make_histogram(std::span<const double> reference, std::span<const double> current, ScaleKind scale) {
  HistogramData data;
  data.scale = scale;
  Extent extent;
  extent.take(reference, scale);
  extent.take(current, scale);
  if (extent.low > extent.high) return data;
  double low = extent.low, high = extent.high;
  size_t bins = kFineBins;
  if (scale == ScaleKind::log10) {
    low = std::log10(low);
    high = std::log10(high);
  } else if (extent.whole && high - low < kWholeNumbersAtMost) {
    low -= 0.5;
    high += 0.5;
    bins = static_cast<size_t>(std::lround(high - low));
  }
  if (!(high > low)) {
    low -= 0.5;
    high += 0.5;
    bins = 1;
  }
  const double width = (high - low) / static_cast<double>(bins);
  data.edges.resize(bins + 1);
  for (size_t i = 0; i <= bins; ++i) {
    const double edge = low + width * static_cast<double>(i);
    data.edges[i] = scale == ScaleKind::log10 ? std::pow(10.0, edge) : edge;
  }
  data.reference = count(reference, scale, low, width, bins);
  if (!current.empty()) data.current = count(current, scale, low, width, bins);
  return data;
}

ScaleKind suggested_scale(std::span<const double> values) {
  std::vector<double> some;
  const size_t step = std::max<size_t>(1, values.size() / 20'000);
  for (size_t i = 0; i < values.size(); i += step)
    if (std::isfinite(values[i])) some.push_back(values[i]);
  if (some.size() < 20) return ScaleKind::linear;
  const auto at = [&](double share) {
    const auto place = some.begin() + static_cast<ptrdiff_t>(share * static_cast<double>(some.size() - 1));
    std::nth_element(some.begin(), place, some.end());
    return *place;
  };
  const double low = at(0.01), high = at(0.99);
  const bool positive = std::all_of(some.begin(), some.end(), [](double v) { return v > 0; });
  return positive && high / low > 1000 ? ScaleKind::log10 : ScaleKind::linear;
}

}  // namespace millwright::ui

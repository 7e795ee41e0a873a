#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "statistics/summary.h"

namespace millwright::statistics {
namespace {

constexpr size_t kBlock = 4096;
constexpr size_t kLanes = 8;  // independent sums, so that the processor adds them side by side

Moments of_block(std::span<const double> block) {
  std::array<double, kLanes> sum{}, low{}, high{}, square{};
  low.fill(block[0]);
  high.fill(block[0]);
  const size_t whole = block.size() / kLanes * kLanes;
  for (size_t i = 0; i < whole; i += kLanes)
    for (size_t l = 0; l < kLanes; ++l) {
      const double v = block[i + l];
      sum[l] += v;
      low[l] = v < low[l] ? v : low[l];
      high[l] = v > high[l] ? v : high[l];
    }
  for (size_t i = whole; i < block.size(); ++i) {
    sum[0] += block[i];
    low[0] = std::min(low[0], block[i]);
    high[0] = std::max(high[0], block[i]);
  }
  Moments m;
  m.count = static_cast<int64_t>(block.size());
  double total = 0;
  for (const double s : sum) total += s;
  m.mean = total / static_cast<double>(m.count);
  for (size_t i = 0; i < whole; i += kLanes)
    for (size_t l = 0; l < kLanes; ++l) square[l] += (block[i + l] - m.mean) * (block[i + l] - m.mean);
  for (size_t i = whole; i < block.size(); ++i) square[0] += (block[i] - m.mean) * (block[i] - m.mean);
  for (const double s : square) m.m2 += s;
  m.min = *std::min_element(low.begin(), low.end());
  m.max = *std::max_element(high.begin(), high.end());
  return m;
}

}  // namespace

void Moments::add(std::span<const double> values) {
  for (size_t at = 0; at < values.size(); at += kBlock)
    merge(of_block(values.subspan(at, std::min(kBlock, values.size() - at))));
}

void Moments::merge(const Moments& other) {
  if (other.count == 0) return;
  if (count == 0) {
    *this = other;
    return;
  }
  const auto a = static_cast<double>(count), b = static_cast<double>(other.count);
  const double apart = other.mean - mean;
  mean += apart * (b / (a + b));
  m2 += other.m2 + apart * apart * (a * b / (a + b));
  count += other.count;
  min = std::min(min, other.min);
  max = std::max(max, other.max);
}

double Moments::variance() const {
  return count > 1 ? m2 / static_cast<double>(count - 1) : std::numeric_limits<double>::quiet_NaN();
}
double Moments::standard_deviation() const { return std::sqrt(variance()); }

}  // namespace millwright::statistics

#include "statistics/two_sample.h"

#include <algorithm>
#include <array>
#include <bit>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/non_central_chi_squared.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/special_functions/erf.hpp>
#include <cmath>
#include <numeric>

namespace millwright::statistics {
namespace {

constexpr int kDigitBits = 11;
constexpr size_t kDigits = 6;  // 6 × 11 bits hold 64
constexpr uint64_t kDigitMask = (1U << kDigitBits) - 1;

/// Bits of a double in an order that is that of the values.
uint64_t ordered_bits(double value) {
  const auto bits = std::bit_cast<uint64_t>(value + 0.0);
  return bits ^ (static_cast<uint64_t>(static_cast<int64_t>(bits) >> 63) | 0x8000000000000000ULL);
}
double from_ordered_bits(uint64_t bits) {
  return std::bit_cast<double>(bits ^ (((bits >> 63) - 1) | 0x8000000000000000ULL));
}

double sum_of(std::span<const int64_t> counts) {
  return static_cast<double>(std::accumulate(counts.begin(), counts.end(), int64_t{0}));
}

struct Pair {
  double reference = 0;
  double current = 0;
};

}  // namespace

void sort_values(std::vector<double>& values, std::vector<double>& scratch) {
  constexpr size_t kSmall = 2048;
  const size_t n = values.size();
  if (n < kSmall) {
    for (double& v : values) v += 0.0;
    std::sort(values.begin(), values.end());
    return;
  }
  scratch.resize(n);
  std::array<std::array<uint32_t, 1U << kDigitBits>, kDigits> counts{};
  uint64_t previous = 0;
  bool ascending = true;
  for (double& v : values) {
    const uint64_t bits = ordered_bits(v);
    ascending &= bits >= previous;
    previous = bits;
    for (size_t d = 0; d < kDigits; ++d) ++counts[d][bits >> (d * kDigitBits) & kDigitMask];
    v = std::bit_cast<double>(bits);
  }
  double* from = values.data();
  double* to = scratch.data();
  for (size_t d = 0; d < kDigits && !ascending; ++d) {
    auto& count = counts[d];
    const auto digit = [d](double v) { return std::bit_cast<uint64_t>(v) >> (d * kDigitBits) & kDigitMask; };
    if (count[digit(from[0])] == n) continue;
    uint32_t start = 0;
    for (uint32_t& c : count) start += std::exchange(c, start);
    for (size_t i = 0; i < n; ++i) to[count[digit(from[i])]++] = from[i];
    std::swap(from, to);
  }
  if (from != values.data()) values.swap(scratch);
  for (double& v : values) v = from_ordered_bits(std::bit_cast<uint64_t>(v));
}

OrderedComparison compare_sorted(std::span<const double> reference, std::span<const double> current) {
  const size_t n = reference.size(), m = current.size();
  const auto up = static_cast<int64_t>(m), down = static_cast<int64_t>(n);
  // The distance of the two distribution functions as a whole number of 1/(n·m); without branches, since which sample
  // the next value comes from cannot be foreseen.
  int64_t gap = 0, largest = 0, distinct = 0;
  double area = 0, last = -std::numeric_limits<double>::infinity();
  const auto pass = [&](double value, int64_t step) {
    const bool fresh = value > last;
    distinct += fresh ? 1 : 0;
    largest = std::max(largest, fresh ? std::abs(gap) : 0);
    area += gap == 0 ? 0 : static_cast<double>(std::abs(gap)) * (value - last);
    last = value;
    gap += step;
  };
  size_t i = 0, j = 0;
  while (i < n && j < m) {
    const double r = reference[i], c = current[j];
    const int64_t from_reference = r <= c;
    pass(std::min(r, c), from_reference * (up + down) - down);
    i += static_cast<size_t>(from_reference);
    j += static_cast<size_t>(1 - from_reference);
  }
  for (; i < n; ++i) pass(reference[i], up);
  for (; j < m; ++j) pass(current[j], -down);
  OrderedComparison result;
  result.distinct = distinct;
  if (n > 0 && m > 0) {
    const double steps = static_cast<double>(n) * static_cast<double>(m);
    result.d = static_cast<double>(largest) / steps;
    result.wasserstein = area / steps;
  }
  return result;
}

std::vector<double> quantile_edges(std::span<const double> sorted, int bins) {
  std::vector<double> edges;
  if (sorted.empty()) return edges;
  for (int b = 1; b < bins; ++b) {
    const double position = static_cast<double>(b) / bins * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<size_t>(position);
    const double low = sorted[below], high = sorted[std::min(below + 1, sorted.size() - 1)];
    const double edge = low + (high - low) * (position - static_cast<double>(below));
    // An edge at the largest value would leave an empty bin behind it.
    if (edge < sorted.back() && (edges.empty() || edge > edges.back())) edges.push_back(edge);
  }
  return edges;
}

std::vector<int64_t> counts_between(std::span<const double> sorted, std::span<const double> inner_edges) {
  std::vector<int64_t> counts;
  auto from = sorted.begin();
  for (const double edge : inner_edges) {
    const auto to = std::upper_bound(from, sorted.end(), edge);
    counts.push_back(to - from);
    from = to;
  }
  counts.push_back(sorted.end() - from);
  return counts;
}

double psi(std::span<const int64_t> reference, std::span<const int64_t> current, double floor) {
  const double n = sum_of(reference), m = sum_of(current);
  if (n <= 0 || m <= 0 || reference.size() != current.size()) return kUndefined;
  double sum = 0;
  for (size_t i = 0; i < reference.size(); ++i) {
    if (reference[i] == 0 && current[i] == 0) continue;
    const double p = std::max(floor, static_cast<double>(reference[i]) / n);
    const double q = std::max(floor, static_cast<double>(current[i]) / m);
    sum += (p - q) * std::log(p / q);
  }
  return sum;
}

double jensen_shannon_of_shares(std::span<const double> reference, std::span<const double> current, double base) {
  const double n = std::accumulate(reference.begin(), reference.end(), 0.0);
  const double m = std::accumulate(current.begin(), current.end(), 0.0);
  if (!(n > 0) || !(m > 0) || reference.size() != current.size()) return kUndefined;
  double divergence = 0;
  for (size_t i = 0; i < reference.size(); ++i) {
    const double p = reference[i] / n, q = current[i] / m, middle = (p + q) / 2;
    if (p > 0) divergence += p * std::log(p / middle) / 2;
    if (q > 0) divergence += q * std::log(q / middle) / 2;
  }
  return std::sqrt(std::max(0.0, divergence) / std::log(base));
}

double jensen_shannon(std::span<const int64_t> reference, std::span<const int64_t> current, double base) {
  const std::vector<double> p(reference.begin(), reference.end()), q(current.begin(), current.end());
  return jensen_shannon_of_shares(p, q, base);
}

ChiSquare chi_square_homogeneity(std::span<const int64_t> reference, std::span<const int64_t> current,
                                 double min_expected) {
  ChiSquare result;
  const double n = sum_of(reference), m = sum_of(current);
  if (n <= 0 || m <= 0 || reference.size() != current.size()) return result;
  std::vector<Pair> cells;
  for (size_t i = 0; i < reference.size(); ++i)
    if (reference[i] + current[i] > 0)
      cells.push_back({static_cast<double>(reference[i]), static_cast<double>(current[i])});
  const size_t seen = cells.size();
  const double least = min_expected * (n + m) / std::min(n, m);  // as a count over both windows
  std::sort(cells.begin(), cells.end(),
            [](const Pair& a, const Pair& b) { return a.reference + a.current < b.reference + b.current; });
  Pair pool;
  size_t rare = 0;
  const auto pooled = [&] { return pool.reference + pool.current; };
  while (rare < cells.size() &&
         (cells[rare].reference + cells[rare].current < least || (rare > 0 && pooled() < least))) {
    pool.reference += cells[rare].reference;
    pool.current += cells[rare].current;
    ++rare;
  }
  cells.erase(cells.begin(), cells.begin() + static_cast<std::ptrdiff_t>(rare));
  if (rare > 0) cells.push_back(pool);
  result.categories = static_cast<int64_t>(cells.size());
  result.pooled = rare > 1 ? static_cast<int64_t>(rare) : 0;
  result.degrees_of_freedom = result.categories - 1;
  if (seen == 1) {
    result.value = 0;
    result.p = 1;
    result.effect = 0;
  }
  if (cells.size() < 2) return result;
  double chi = 0, apart = 0;
  for (const Pair& c : cells) {
    const double share = (c.reference + c.current) / (n + m);
    const double dr = c.reference - n * share, dc = c.current - m * share;
    chi += dr * dr / (n * share) + dc * dc / (m * share);
    const double p = c.reference / n, q = c.current / m;
    apart += (p - q) * (p - q) / (p + q);
  }
  result.value = chi;
  result.effect = std::sqrt(apart / 2);
  const boost::math::chi_squared distribution(static_cast<double>(result.degrees_of_freedom));
  result.p = boost::math::cdf(boost::math::complement(distribution, chi));
  return result;
}

TestResult two_proportions(int64_t hits_reference, int64_t n_reference, int64_t hits_current, int64_t n_current) {
  if (n_reference <= 0 || n_current <= 0) return {};
  const auto n = static_cast<double>(n_reference), m = static_cast<double>(n_current);
  const double p = static_cast<double>(hits_reference) / n, q = static_cast<double>(hits_current) / m;
  const double pooled = static_cast<double>(hits_reference + hits_current) / (n + m);
  if (pooled <= 0 || pooled >= 1) return {0, 1};
  const double z = (p - q) / std::sqrt(pooled * (1 - pooled) * (1 / n + 1 / m));
  return {z, std::erfc(std::abs(z) / std::sqrt(2.0))};
}

double smallest_detectable_d(int64_t n, int64_t m, double alpha, double power) {
  if (n <= 0 || m <= 0) return std::numeric_limits<double>::infinity();
  const double z = boost::math::quantile(boost::math::normal(), power);
  return (kolmogorov_critical(alpha) + z / 2) * std::sqrt((static_cast<double>(n) + static_cast<double>(m)) /
                                                          (static_cast<double>(n) * static_cast<double>(m)));
}

double normal_shift(double d) {
  if (std::isnan(d)) return d;
  return d < 1 ? std::sqrt(8.0) * boost::math::erf_inv(std::max(0.0, d)) : std::numeric_limits<double>::infinity();
}

double smallest_detectable_effect(int64_t n, int64_t m, int64_t degrees_of_freedom, double alpha, double power) {
  if (n <= 0 || m <= 0 || degrees_of_freedom < 1) return std::numeric_limits<double>::infinity();
  const auto degrees = static_cast<double>(degrees_of_freedom);
  const double critical = boost::math::quantile(boost::math::complement(boost::math::chi_squared(degrees), alpha));
  const auto found = [&](double lambda) {
    const boost::math::non_central_chi_squared shifted(degrees, lambda);
    return boost::math::cdf(boost::math::complement(shifted, critical));
  };
  double low = 0, high = 16;
  while (found(high) < power) high *= 2;
  for (int i = 0; i < 60 && high - low > 1e-10 * high; ++i) {
    const double middle = (low + high) / 2;
    (found(middle) < power ? low : high) = middle;
  }
  const auto r = static_cast<double>(n), c = static_cast<double>(m);
  return std::sqrt((low + high) / 2 * (r + c) / (4 * r * c));
}

}  // namespace millwright::statistics

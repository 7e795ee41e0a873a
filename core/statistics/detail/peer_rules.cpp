#include "detail/peer_rules.h"

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>

#include "statistics/histogram.h"

namespace millwright::statistics::detail {
namespace {

constexpr int64_t kSmallReference = 1000;  // Evidently: rows up to which it tests
constexpr double kTestThreshold = 0.05;
constexpr double kDistanceThreshold = 0.1;
constexpr int64_t kFewValues = 5;
constexpr int64_t kMostForExactKs = 10'000;  // scipy's ks_2samp(method="auto")
constexpr int64_t kChunks = 10;
constexpr double kDeviations = 3;

int64_t sum_of(std::span<const int64_t> counts) {
  int64_t sum = 0;
  for (const int64_t c : counts) sum += c;
  return sum;
}

/// Counts of values (equal runs of two sorted samples), in the order of the values.
void count_equal(std::span<const double> reference, std::span<const double> current, std::vector<int64_t>& in_reference,
                 std::vector<int64_t>& in_current) {
  size_t i = 0, j = 0;
  while (i < reference.size() || j < current.size()) {
    const double value =
        j == current.size() || (i < reference.size() && reference[i] <= current[j]) ? reference[i] : current[j];
    const size_t i0 = i, j0 = j;
    while (i < reference.size() && reference[i] == value) ++i;
    while (j < current.size() && current[j] == value) ++j;
    in_reference.push_back(static_cast<int64_t>(i - i0));
    in_current.push_back(static_cast<int64_t>(j - j0));
  }
}

PeerResult evidently_jensen_shannon(std::span<const int64_t> reference, std::span<const int64_t> current) {
  PeerResult result;
  result.score = {"jensen_shannon", jensen_shannon(reference, current, std::numbers::e), kUndefined,
                  kDistanceThreshold};
  result.drifted = result.score.value >= kDistanceThreshold;
  return result;
}

/// chisquare(observed = current, expected = reference shares × current rows): a value that the reference never had
/// makes it infinite.
PeerResult evidently_chi_square(std::span<const int64_t> reference, std::span<const int64_t> current) {
  const double ratio = static_cast<double>(sum_of(current)) / static_cast<double>(sum_of(reference));
  double chi = 0;
  int64_t values = 0;
  for (size_t i = 0; i < reference.size(); ++i) {
    if (reference[i] + current[i] == 0) continue;
    ++values;
    const double expected = static_cast<double>(reference[i]) * ratio;
    const double apart = static_cast<double>(current[i]) - expected;
    chi += expected > 0 ? apart * apart / expected : std::numeric_limits<double>::infinity();
  }
  PeerResult result;
  const boost::math::chi_squared distribution(static_cast<double>(std::max<int64_t>(1, values - 1)));
  const double p = std::isinf(chi) ? 0 : boost::math::cdf(boost::math::complement(distribution, chi));
  result.score = {"chi_square_fit", chi, p, kTestThreshold};
  result.drifted = p < kTestThreshold;
  return result;
}

PeerResult evidently_z(std::span<const int64_t> reference, std::span<const int64_t> current) {
  size_t first = 0;
  while (first < reference.size() && reference[first] + current[first] == 0) ++first;
  const int64_t n = sum_of(reference), m = sum_of(current);
  const auto z =
      first < reference.size() ? two_proportions(n - reference[first], n, m - current[first], m) : TestResult{};
  PeerResult result;
  result.score = {"z", z.value, z.p, kTestThreshold};
  result.drifted = z.p < kTestThreshold;
  return result;
}

/// Distances of chunks of a tenth of the rows (what is left over makes one more) to the whole reference.
template <class T>
std::vector<double> chunk_distances(std::span<const T> rows, std::span<const double> reference_shares,
                                    const std::function<size_t(T)>& bin_of) {
  const size_t size = std::max<size_t>(1, rows.size() / kChunks), bins = reference_shares.size();
  std::vector<double> distances;
  for (size_t at = 0; at < rows.size(); at += size) {
    const auto chunk = rows.subspan(at, std::min(size, rows.size() - at));
    std::vector<double> shares(bins + 1), reference(reference_shares.begin(), reference_shares.end());
    for (const T row : chunk) shares[std::min(bins, bin_of(row))] += 1;
    for (double& s : shares) s /= static_cast<double>(chunk.size());
    reference.push_back(0);
    distances.push_back(jensen_shannon_of_shares(reference, shares, 2));
  }
  return distances;
}

PeerResult against_own_chunks(const std::vector<double>& own, const std::vector<double>& current) {
  double mean = 0, square = 0;
  for (const double d : own) mean += d / static_cast<double>(own.size());
  for (const double d : own) square += (d - mean) * (d - mean) / static_cast<double>(own.size());
  PeerResult result;
  const double limit = mean + kDeviations * std::sqrt(square);
  result.score = {"jensen_shannon", *std::max_element(current.begin(), current.end()), kUndefined, limit};
  result.drifted = result.score.value > limit;
  return result;
}

}  // namespace

PeerResult evidently_numbers(std::span<const double> reference, std::span<const double> current,
                             const OrderedComparison& compared, double sigma) {
  const auto n = static_cast<int64_t>(reference.size()), m = static_cast<int64_t>(current.size());
  const bool few = compared.distinct <= kFewValues;
  std::vector<int64_t> in_reference, in_current;
  if (few) count_equal(reference, current, in_reference, in_current);
  if (n <= kSmallReference && few)
    return compared.distinct > 2 ? evidently_chi_square(in_reference, in_current)
                                 : evidently_z(in_reference, in_current);
  if (few) return evidently_jensen_shannon(in_reference, in_current);
  PeerResult result;
  if (n <= kSmallReference) {
    const bool exact = std::max(n, m) <= kMostForExactKs;
    const double p = exact ? ks_p_exact(compared.d, n, m) : ks_p_asymptotic(compared.d, n, m);
    result.score = {"ks", compared.d, p, kTestThreshold};
    result.drifted = p <= kTestThreshold;
    return result;
  }
  result.score = {"wasserstein_normed", compared.wasserstein / std::max(sigma, 0.001), kUndefined, kDistanceThreshold};
  result.drifted = result.score.value >= kDistanceThreshold;
  return result;
}

PeerResult evidently_categories(std::span<const int64_t> reference, std::span<const int64_t> current) {
  if (sum_of(reference) > kSmallReference) return evidently_jensen_shannon(reference, current);
  int64_t values = 0;
  for (size_t i = 0; i < reference.size(); ++i) values += reference[i] + current[i] > 0 ? 1 : 0;
  return values > 2 ? evidently_chi_square(reference, current) : evidently_z(reference, current);
}

PeerResult nannyml_numbers(std::span<const double> reference, std::span<const double> current) {
  const auto edges = doane_edges(reference);
  const size_t bins = edges.size() - 1;
  const double low = edges.front(), high = edges.back(), scale = static_cast<double>(bins) / (high - low);
  const std::function<size_t(double)> bin_of = [&](double v) {
    if (!(v >= low && v <= high)) return bins;
    size_t bin = std::min(bins - 1, static_cast<size_t>((v - low) * scale));
    while (bin > 0 && v < edges[bin]) --bin;
    while (bin + 1 < bins && v >= edges[bin + 1]) ++bin;
    return bin;
  };
  std::vector<double> shares(bins);
  for (const double v : reference) shares[bin_of(v)] += 1;
  for (double& s : shares) s /= static_cast<double>(reference.size());
  return against_own_chunks(chunk_distances(reference, shares, bin_of), chunk_distances(current, shares, bin_of));
}

PeerResult nannyml_categories(std::span<const int32_t> reference, std::span<const int32_t> current,
                              std::span<const int64_t> reference_counts) {
  const size_t categories = reference_counts.size();
  std::vector<double> shares(categories);
  for (size_t c = 0; c < categories; ++c)
    shares[c] = static_cast<double>(reference_counts[c]) / static_cast<double>(reference.size());
  // Values that the reference does not have share one bin.
  const std::function<size_t(int32_t)> bin_of = [&](int32_t code) {
    return reference_counts[static_cast<size_t>(code)] > 0 ? static_cast<size_t>(code) : categories;
  };
  return against_own_chunks(chunk_distances(reference, shares, bin_of), chunk_distances(current, shares, bin_of));
}

}  // namespace millwright::statistics::detail

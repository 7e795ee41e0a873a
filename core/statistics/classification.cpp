#include "statistics/classification.h"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <limits>

#include "base/hash.h"

namespace millwright::statistics {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr int64_t kRowsDrawn = 100'000;
constexpr int64_t kExactMcNemar = 1'000;

/// Poisson variates: by multiplication below 10, else by transformed rejection (Hörmann 1993, algorithm PTRS).
int64_t poisson(double mean, Random& random) {
  if (mean < 10) {
    const double limit = std::exp(-mean);
    int64_t k = 0;
    for (double product = random.uniform(); product > limit; product *= random.uniform()) ++k;
    return k;
  }
  const double b = 0.931 + 2.53 * std::sqrt(mean);
  const double a = -0.059 + 0.02483 * b;
  const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
  const double v_r = 0.9277 - 3.6224 / (b - 2);
  const double log_mean = std::log(mean);
  for (;;) {
    const double u = random.uniform() - 0.5;
    const double v = random.uniform();
    const double us = 0.5 - std::abs(u);
    const double k = std::floor((2 * a / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= v_r) return static_cast<int64_t>(k);
    if (k < 0 || (us < 0.013 && v > us)) continue;
    if (std::log(v) + std::log(inverse_alpha) - std::log(a / (us * us) + b) <= k * log_mean - mean - std::lgamma(k + 1))
      return static_cast<int64_t>(k);
  }
}

struct Cell {
  uint32_t truth;
  uint32_t predicted;
  int64_t count;
};

std::vector<Cell> occupied(const ConfusionMatrix& matrix) {
  std::vector<Cell> cells;
  for (size_t t = 0; t < matrix.classes(); ++t)
    for (size_t p = 0; p < matrix.classes(); ++p)
      if (matrix.at(t, p) > 0) cells.push_back({static_cast<uint32_t>(t), static_cast<uint32_t>(p), matrix.at(t, p)});
  return cells;
}

/// Sums over a resample, cleared from draw to draw.
struct Margins {
  explicit Margins(size_t classes) : truth(classes), predicted(classes), hits(classes) {}
  std::vector<int64_t> truth, predicted, hits;
  int64_t total = 0;
  void clear() {
    for (auto* v : {&truth, &predicted, &hits}) std::fill(v->begin(), v->end(), 0);
    total = 0;
  }
  void add(const Cell& cell, int64_t times) {
    truth[cell.truth] += times;
    predicted[cell.predicted] += times;
    if (cell.truth == cell.predicted) hits[cell.truth] += times;
    total += times;
  }
  [[nodiscard]] double accuracy() const {
    int64_t correct = 0;
    for (const int64_t h : hits) correct += h;
    return total > 0 ? static_cast<double>(correct) / static_cast<double>(total) : kNaN;
  }
  [[nodiscard]] double macro_f1() const {
    double sum = 0;
    int64_t present = 0;
    for (size_t c = 0; c < hits.size(); ++c) {
      const int64_t both = truth[c] + predicted[c];
      if (both == 0) continue;
      ++present;
      sum += 2 * static_cast<double>(hits[c]) / static_cast<double>(both);
    }
    return present > 0 ? sum / static_cast<double>(present) : kNaN;
  }
};

Margins margins_of(const ConfusionMatrix& matrix) {
  Margins margins(matrix.classes());
  for (const Cell& cell : occupied(matrix)) margins.add(cell, cell.count);
  return margins;
}

Estimate percentile_interval(double value, std::vector<double>& resampled, double confidence) {
  const double tail = (1 - confidence) / 2;
  return {value, quantile(resampled, tail), quantile(resampled, 1 - tail)};
}

}  // namespace

ConfusionMatrix ConfusionMatrix::of(std::span<const int32_t> truth, std::span<const int32_t> predicted,
                                    size_t classes) {
  ConfusionMatrix matrix(classes);
  for (size_t i = 0; i < std::min(truth.size(), predicted.size()); ++i) matrix.add(truth[i], predicted[i]);
  return matrix;
}

void ConfusionMatrix::add(int32_t truth, int32_t predicted, int64_t times) {
  const auto n = static_cast<int64_t>(classes_);
  if (truth < 0 || predicted < 0 || truth >= n || predicted >= n) return;
  counts_[static_cast<size_t>(truth) * classes_ + static_cast<size_t>(predicted)] += times;
}

int64_t ConfusionMatrix::total() const {
  int64_t sum = 0;
  for (const int64_t c : counts_) sum += c;
  return sum;
}

int64_t ConfusionMatrix::correct() const {
  int64_t sum = 0;
  for (size_t c = 0; c < classes_; ++c) sum += at(c, c);
  return sum;
}

std::vector<ClassScores> per_class(const ConfusionMatrix& matrix) {
  const Margins margins = margins_of(matrix);
  std::vector<ClassScores> scores(matrix.classes());
  for (size_t c = 0; c < scores.size(); ++c) {
    ClassScores& s = scores[c];
    s.support = margins.truth[c];
    s.predicted = margins.predicted[c];
    const auto hits = static_cast<double>(margins.hits[c]);
    if (s.predicted > 0) s.precision = hits / static_cast<double>(s.predicted);
    if (s.support > 0) s.recall = hits / static_cast<double>(s.support);
    if (s.support + s.predicted > 0) s.f1 = 2 * hits / static_cast<double>(s.support + s.predicted);
  }
  return scores;
}

double accuracy(const ConfusionMatrix& matrix) { return margins_of(matrix).accuracy(); }
double macro_f1(const ConfusionMatrix& matrix) { return margins_of(matrix).macro_f1(); }

BootstrapScores bootstrap(const ConfusionMatrix& matrix, const Bootstrap& options) {
  const Margins observed = margins_of(matrix);
  const auto cells = occupied(matrix);
  const int64_t n = observed.total;
  if (n == 0) return {{kNaN, kNaN, kNaN}, {kNaN, kNaN, kNaN}};
  std::vector<uint32_t> rows;
  if (n <= kRowsDrawn)
    for (uint32_t c = 0; c < cells.size(); ++c) rows.insert(rows.end(), static_cast<size_t>(cells[c].count), c);
  Random random(options.seed);
  Margins drawn(matrix.classes());
  std::vector<int64_t> times(cells.size());
  std::vector<double> accuracies, f1s;
  for (int r = 0; r < options.resamples; ++r) {
    drawn.clear();
    std::fill(times.begin(), times.end(), 0);
    if (!rows.empty()) {
      for (int64_t i = 0; i < n; ++i) ++times[rows[random.below(static_cast<uint64_t>(n))]];
    } else {
      for (size_t c = 0; c < cells.size(); ++c) times[c] = poisson(static_cast<double>(cells[c].count), random);
    }
    for (size_t c = 0; c < cells.size(); ++c) drawn.add(cells[c], times[c]);
    accuracies.push_back(drawn.accuracy());
    f1s.push_back(drawn.macro_f1());
  }
  return {percentile_interval(observed.accuracy(), accuracies, options.confidence),
          percentile_interval(observed.macro_f1(), f1s, options.confidence)};
}

Estimate wilson(int64_t hits, int64_t n, double confidence) {
  if (n <= 0) return {kNaN, kNaN, kNaN};
  const double z = boost::math::quantile(boost::math::normal(), 1 - (1 - confidence) / 2);
  const auto rows = static_cast<double>(n);
  const double p = static_cast<double>(hits) / rows;
  const double centre = (p + z * z / (2 * rows)) / (1 + z * z / rows);
  const double half = z / (1 + z * z / rows) * std::sqrt(p * (1 - p) / rows + z * z / (4 * rows * rows));
  return {p, std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

McNemar mcnemar(int64_t only_first_right, int64_t only_second_right) {
  const int64_t n = only_first_right + only_second_right;
  const int64_t less = std::min(only_first_right, only_second_right);
  if (n == 0) return {0, 1, true};
  if (n <= kExactMcNemar) {
    const boost::math::binomial_distribution<double> fair(static_cast<double>(n), 0.5);
    return {static_cast<double>(less), std::min(1.0, 2 * boost::math::cdf(fair, static_cast<double>(less))), true};
  }
  const double distance = std::max(0.0, std::abs(static_cast<double>(only_first_right - only_second_right)) - 1);
  const double chi = distance * distance / static_cast<double>(n);
  return {chi, boost::math::cdf(boost::math::complement(boost::math::chi_squared(1), chi)), false};
}

Estimate paired_difference(int64_t only_first_right, int64_t only_second_right, int64_t n, double confidence) {
  if (n <= 0) return {kNaN, kNaN, kNaN};
  const auto rows = static_cast<double>(n);
  const double b = static_cast<double>(only_first_right), c = static_cast<double>(only_second_right);
  const double first = (b + 1) / (rows + 2), second = (c + 1) / (rows + 2), middle = first - second;
  const double z = boost::math::quantile(boost::math::normal(), 0.5 + confidence / 2);
  const double reach = z * std::sqrt(std::max(0.0, first + second - middle * middle) / (rows + 2));
  return {(b - c) / rows, std::max(-1.0, middle - reach), std::min(1.0, middle + reach)};
}

double quantile(std::span<const double> values, double q) {
  if (values.empty()) return kNaN;
  std::vector<double> copy(values.begin(), values.end());
  const double position = std::clamp(q, 0.0, 1.0) * static_cast<double>(copy.size() - 1);
  const auto below = static_cast<size_t>(position);
  const auto at = copy.begin() + static_cast<std::ptrdiff_t>(below);
  std::nth_element(copy.begin(), at, copy.end());
  const double low = *at;
  if (below + 1 >= copy.size()) return low;
  const double high = *std::min_element(at + 1, copy.end());
  return low + (high - low) * (position - static_cast<double>(below));
}

}  // namespace millwright::statistics

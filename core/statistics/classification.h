// How good a classifier is: figures from its confusion matrix, with intervals.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace millwright::statistics {

/// A figure with its interval. NaN where undefined.
struct Estimate {
  double value = 0;
  double low = 0;
  double high = 0;
};

/// Rows are true classes, columns predicted ones, both 0 … classes−1.
class ConfusionMatrix {
 public:
  explicit ConfusionMatrix(size_t classes) : classes_(classes), counts_(classes * classes) {}
  /// Both spans of the same length; class numbers below `classes` (others are the caller's fault: counted nowhere).
  static ConfusionMatrix of(std::span<const int32_t> truth, std::span<const int32_t> predicted, size_t classes);
  void add(int32_t truth, int32_t predicted, int64_t times = 1);
  [[nodiscard]] size_t classes() const { return classes_; }
  [[nodiscard]] int64_t at(size_t truth, size_t predicted) const { return counts_[truth * classes_ + predicted]; }
  [[nodiscard]] int64_t total() const;
  [[nodiscard]] int64_t correct() const;
  /// Row-major, classes × classes.
  [[nodiscard]] std::span<const int64_t> counts() const { return counts_; }

 private:
  size_t classes_;
  std::vector<int64_t> counts_;
};

struct ClassScores {
  double precision = 0;  ///< 0 where nothing was predicted as this class
  double recall = 0;     ///< 0 where no row is of this class
  double f1 = 0;
  int64_t support = 0;    ///< rows of this class
  int64_t predicted = 0;  ///< rows predicted as this class
};
[[nodiscard]] std::vector<ClassScores> per_class(const ConfusionMatrix& matrix);
[[nodiscard]] double accuracy(const ConfusionMatrix& matrix);
/// Mean F1 over the classes that occur in truth or prediction, as scikit-learn's f1_score(average="macro").
[[nodiscard]] double macro_f1(const ConfusionMatrix& matrix);

struct Bootstrap {
  int resamples = 2000;
  double confidence = 0.95;
  uint64_t seed = 0;
};
struct BootstrapScores {
  Estimate accuracy;
  Estimate macro_f1;
};
/// Percentile intervals over resampled rows. Up to 100,000 rows they are drawn with replacement; beyond, each cell of
/// the matrix is drawn from a Poisson distribution with its count as mean (Chamandy et al. 2012), which for so many
/// rows is the same and does not grow with them. The same seed gives the same interval.
[[nodiscard]] BootstrapScores bootstrap(const ConfusionMatrix& matrix, const Bootstrap& options = {});

/// Wilson's score interval (1927) for `hits` of `n`; statsmodels proportion_confint(method="wilson").
[[nodiscard]] Estimate wilson(int64_t hits, int64_t n, double confidence = 0.95);

/// McNemar's test on two classifiers over the same rows: b rows only the first has right, c only the second. Exact
/// binomial, two-sided; above 1,000 such rows chi-square with continuity correction.
struct McNemar {
  double value = 0;  ///< min(b, c) where exact, else chi-square
  double p = 1;
  bool exact = true;
};
[[nodiscard]] McNemar mcnemar(int64_t only_first_right, int64_t only_second_right);

/// Difference of two proportions over the same n rows (first minus second) with the adjusted Wald interval of Bonett &
/// Price 2012, which Fagerland, Lydersen & Laake 2014 recommend beside Newcombe's; cut to [−1, 1]. `value` is the plain
/// difference (b − c)/n. NaN where n is 0.
[[nodiscard]] Estimate paired_difference(int64_t only_first_right, int64_t only_second_right, int64_t n,
                                         double confidence = 0.95);

/// Quantile of unsorted values, linear between order statistics (R's type 7, numpy's default). NaN where there are
/// none.
[[nodiscard]] double quantile(std::span<const double> values, double q);

}  // namespace millwright::statistics

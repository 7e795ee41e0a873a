// statistics/ holds pure functions: distances between samples, tests, intervals, calibration, summaries that merge. No
// files, no projects, no clock; what is random takes a seed. Everything here is checked against scipy, scikit-learn,
// statsmodels or a paper, named beside it.
//
// This header: how far apart two samples are. Samples are finite numbers; where a function asks for sorted ones, sort
// them with sort_values(). Sizes n (reference) and m (current). Undefined results are NaN, never an exception.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace millwright::statistics {

inline constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

struct TestResult {
  double value = kUndefined;
  double p = kUndefined;
};

/// Ascending, by least-significant-digit radix passes over the bits (linear in the number of values; passes over digits
/// that all values share are skipped). `scratch` is working memory that may be handed on from call to call.
/// Precondition: no NaN. −0 is made +0.
void sort_values(std::vector<double>& values, std::vector<double>& scratch);

/// One merge over two sorted samples.
struct OrderedComparison {
  double d = kUndefined;            ///< largest distance of the empirical distribution functions, ties together
  double wasserstein = kUndefined;  ///< W1 = ∫|F − G|, in the unit of the values
  int64_t distinct = 0;             ///< values in both samples taken together
};
[[nodiscard]] OrderedComparison compare_sorted(std::span<const double> reference, std::span<const double> current);

/// Two-sided two-sample Kolmogorov–Smirnov: D and its p-value, exact for n·m ≤ 10,000 and asymptotic beyond.
[[nodiscard]] TestResult kolmogorov_smirnov(std::span<const double> sorted_reference,
                                            std::span<const double> sorted_current);
[[nodiscard]] double ks_p(double d, int64_t n, int64_t m);
/// P(D ≥ d) over all orders of n + m untied values (Hodges 1958; conservative with ties). O(n·m).
/// The same as scipy.stats.ks_2samp(method="exact").
[[nodiscard]] double ks_p_exact(double d, int64_t n, int64_t m);
/// Through the one-sample distribution at round(n·m/(n+m)), as scipy.stats.ks_2samp(method="asymp").
[[nodiscard]] double ks_p_asymptotic(double d, int64_t n, int64_t m);
/// P(D_n ≥ d) of the two-sided one-sample statistic (Simard & L'Ecuyer 2011); scipy.stats.kstwo.sf(d, n).
[[nodiscard]] double kolmogorov_survival(double d, int64_t n);
/// x with 1 − K(x) = alpha for Kolmogorov's limit distribution; scipy.special.kolmogi(alpha).
[[nodiscard]] double kolmogorov_critical(double alpha);

/// What proportions are raised to before a logarithm of their ratio is taken: an empty bin counts as this share.
inline constexpr double kPsiFloor = 1e-4;
inline constexpr int kPsiBins = 10;
/// Inner edges (at most bins − 1, distinct) at the quantiles of a sorted sample (linear between order statistics, R's
/// type 7). A value belongs to bin i when edge[i−1] < value ≤ edge[i].
[[nodiscard]] std::vector<double> quantile_edges(std::span<const double> sorted, int bins = kPsiBins);
/// Values of a sorted sample in the edges.size() + 1 bins of quantile_edges().
[[nodiscard]] std::vector<int64_t> counts_between(std::span<const double> sorted, std::span<const double> inner_edges);

/// Population stability index Σ (p−q)·ln(p/q) over bins or categories, shares raised to `floor`.
[[nodiscard]] double psi(std::span<const int64_t> reference, std::span<const int64_t> current,
                         double floor = kPsiFloor);
/// Jensen–Shannon distance: square root of the divergence, logarithms to `base` (2: between 0 and 1).
[[nodiscard]] double jensen_shannon(std::span<const int64_t> reference, std::span<const int64_t> current,
                                    double base = 2);
/// The same over shares (each sums to 1, or is scaled to it).
[[nodiscard]] double jensen_shannon_of_shares(std::span<const double> reference, std::span<const double> current,
                                              double base = 2);

/// Chi-square test of homogeneity of a 2 × c table, without continuity correction.
struct ChiSquare {
  double value = kUndefined;
  double p = kUndefined;
  int64_t degrees_of_freedom = 0;
  int64_t categories = 0;  ///< that were tested, after pooling
  int64_t pooled = 0;      ///< categories that went into the pool of rare ones
  /// Cramér's V as it would be with windows of equal size, √(½ Σ (p−q)²/(p+q)): Cramér's own shrinks with the ratio of
  /// the sizes, though nothing about the shift has changed. 0 … 1.
  double effect = kUndefined;
};
/// Categories whose expected count in either window is below `min_expected` are pooled, rarest first, until the pool
/// reaches it. Fewer than two categories left: value and p undefined, except that a table of one category in all is
/// 0 and 1 (nothing can differ). `min_expected` 0: no pooling.
[[nodiscard]] ChiSquare chi_square_homogeneity(std::span<const int64_t> reference, std::span<const int64_t> current,
                                               double min_expected = 5);

/// Two-sided z-test for equal proportions with the pooled variance.
[[nodiscard]] TestResult two_proportions(int64_t hits_reference, int64_t n_reference, int64_t hits_current,
                                         int64_t n_current);

/// Smallest D that the Kolmogorov–Smirnov test at `alpha` finds with probability `power`:
/// (K⁻¹(1−alpha) + z_power/2) · √((n+m)/(n·m)); the variance of an empirical distribution function is at most ¼,
/// so this is on the safe side. More than 1: cannot be found. ∞ where a sample is empty.
[[nodiscard]] double smallest_detectable_d(int64_t n, int64_t m, double alpha, double power = 0.8);
/// The shift of a normal distribution, in standard deviations, that has this D: √8 · erf⁻¹(D). ∞ from D = 1 on.
[[nodiscard]] double normal_shift(double d);
/// Smallest ChiSquare::effect likewise: √(λ·(n+m)/(4·n·m)) with λ the noncentrality at which a chi-square test with
/// these degrees of freedom has that power.
[[nodiscard]] double smallest_detectable_effect(int64_t n, int64_t m, int64_t degrees_of_freedom, double alpha,
                                                double power = 0.8);

}  // namespace millwright::statistics

// Whether one field's values moved between two windows: scores, effect and the smallest shift that could have been
// seen, under a rule of one's choice; then all fields of a report together.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "statistics/two_sample.h"

namespace millwright::statistics {

enum class DriftRules {
  /// Kolmogorov–Smirnov for numbers with more than ten distinct values, chi-square for others; p-values held together
  /// by
  /// Benjamini–Hochberg; no verdict where so few rows could not have shown even a large shift.
  calibrated,
  /// Evidently's defaults (0.7): up to 1,000 reference rows Kolmogorov–Smirnov p ≤ 0.05 for numbers with more than five
  /// distinct values, chi-square of the current counts against the reference's shares p < 0.05 (two values: z-test) for
  /// others; above, W1 / σ ≥ 0.1 for such numbers, and Jensen–Shannon distance (natural logarithm) ≥ 0.1 for
  /// others. The report drifts when half of its fields do.
  evidently,
  /// NannyML's defaults (0.13): Jensen–Shannon distance in base 2 of each chunk of a window (a tenth of its rows, in
  /// order) to the whole reference (numbers in Doane's bins of it), against the mean + 3 standard deviations of the
  /// reference's own chunks. The value is that of the farthest chunk; one chunk beyond is a drift.
  nannyml,
};

enum class DriftVerdict { drift, none, too_few, unjudged };

struct DriftScore {
  std::string name;  ///< "ks", "wasserstein", "psi", "jensen_shannon", "chi_square" …
  double value = kUndefined;
  double p = kUndefined;
  double threshold = kUndefined;  ///< of p where there is one, else of the value; only for what decides
};

struct FieldDrift {
  DriftVerdict verdict = DriftVerdict::unjudged;
  double p = kUndefined;  ///< of the test that decides; undefined where none does
  double p_adjusted = kUndefined;
  /// Numbers: D, between 0 and 1. Others: ChiSquare::effect, between 0 and 1.
  double effect = kUndefined;
  /// In the unit of `effect`, with probability 0.8, at alpha over the number of judged fields.
  double smallest_detectable = kUndefined;
  std::string effect_name;  ///< "d", "v"
  std::string decided_by;   ///< name of the score; empty: none does
  int64_t n_reference = 0;
  int64_t n_current = 0;
  int64_t distinct = 0;            ///< values in both windows together
  int64_t degrees_of_freedom = 0;  ///< chi-square; 0: Kolmogorov–Smirnov
  std::vector<DriftScore> scores;
};

struct DriftOptions {
  DriftRules rules = DriftRules::calibrated;
  double alpha = 0.05;
  bool judge = true;  ///< false: scores only (ids, times)
};

inline constexpr int64_t kFewDistinct = 10;       ///< up to here numbers are compared as categories
inline constexpr int64_t kMostCategories = 1000;  ///< more get no verdict
/// A window that could not show this with probability 0.8 has too few rows to tell.
inline constexpr double kTooFewEffect = 0.5;

/// Finite values in the order in which they arrived; both are sorted in place (with `scratch`).
[[nodiscard]] FieldDrift compare_numbers(std::vector<double>& reference, std::vector<double>& current,
                                         const DriftOptions& options, std::vector<double>& scratch);
/// Codes 0 … categories−1 in the order in which they arrived.
[[nodiscard]] FieldDrift compare_categories(std::span<const int32_t> reference, std::span<const int32_t> current,
                                            size_t categories, const DriftOptions& options);

/// Takes a verdict back: the field turned out to be of a sort that gets scores only.
void leave_unjudged(FieldDrift& field);

struct ReportVerdict {
  DriftVerdict verdict = DriftVerdict::none;
  int64_t judged = 0;  ///< fields with verdict drift or none
  int64_t drifted = 0;
  double share = 0;  ///< drifted of judged
};
/// All fields of a report together: adjusts p-values, gives the verdicts that need them, the smallest detectable shifts
/// and the report's own: drift when a field drifts (evidently: half of them), too_few where every field that could have
/// been judged has too few rows.
ReportVerdict judge_together(std::span<FieldDrift*> fields, const DriftOptions& options);

[[nodiscard]] std::string_view name_of(DriftVerdict verdict);
[[nodiscard]] std::string_view name_of(DriftRules rules);

}  // namespace millwright::statistics

#include "statistics/field_drift.h"

#include <algorithm>
#include <cmath>

#include "detail/peer_rules.h"
#include "statistics/multiple_testing.h"
#include "statistics/summary.h"

namespace millwright::statistics {
namespace {

constexpr double kEvidentlyShare = 0.5;

/// Counts of each distinct value of two sorted samples.
struct ValueCounts {
  std::vector<int64_t> reference, current;
};
ValueCounts count_values(std::span<const double> reference, std::span<const double> current) {
  ValueCounts counts;
  size_t i = 0, j = 0;
  while (i < reference.size() || j < current.size()) {
    const double value =
        j == current.size() || (i < reference.size() && reference[i] <= current[j]) ? reference[i] : current[j];
    const auto i1 = std::upper_bound(reference.begin() + static_cast<std::ptrdiff_t>(i), reference.end(), value);
    const auto j1 = std::upper_bound(current.begin() + static_cast<std::ptrdiff_t>(j), current.end(), value);
    counts.reference.push_back(i1 - reference.begin() - static_cast<std::ptrdiff_t>(i));
    counts.current.push_back(j1 - current.begin() - static_cast<std::ptrdiff_t>(j));
    i = static_cast<size_t>(i1 - reference.begin());
    j = static_cast<size_t>(j1 - current.begin());
  }
  return counts;
}

void mark_threshold(FieldDrift& field, double threshold) {
  for (DriftScore& score : field.scores)
    if (score.name == field.decided_by) score.threshold = threshold;
}

/// What the calibrated rule needs of a chi-square test: p, effect, degrees of freedom.
void take_chi_square(FieldDrift& field, const ChiSquare& test) {
  field.p = test.p;
  field.effect = test.effect;
  field.effect_name = "v";
  field.degrees_of_freedom = std::max<int64_t>(1, test.degrees_of_freedom);
  field.decided_by = "chi_square";
}

/// Sizes alone decide whether a field can be judged, before anything is looked at: so leaving it out does not bend the
/// false discovery rate of the others.
bool too_few(const FieldDrift& field, double alpha) {
  if (field.n_reference == 0 || field.n_current == 0) return true;
  const double detectable =
      field.degrees_of_freedom > 0
          ? smallest_detectable_effect(field.n_reference, field.n_current, field.degrees_of_freedom, alpha)
          : smallest_detectable_d(field.n_reference, field.n_current, alpha);
  return detectable > kTooFewEffect || std::isnan(field.p);
}

void judge_calibrated(FieldDrift& field, const DriftOptions& options) {
  field.verdict = too_few(field, options.alpha) ? DriftVerdict::too_few : DriftVerdict::none;
  mark_threshold(field, options.alpha);
}

void take_peer(FieldDrift& field, const detail::PeerResult& peer) {
  field.decided_by = peer.score.name;
  field.p = peer.score.p;
  field.verdict = peer.drifted ? DriftVerdict::drift : DriftVerdict::none;
  const auto known = std::find_if(field.scores.begin(), field.scores.end(),
                                  [&](const DriftScore& s) { return s.name == peer.score.name; });
  if (known == field.scores.end())
    field.scores.push_back(peer.score);
  else
    *known = peer.score;
}

}  // namespace

void leave_unjudged(FieldDrift& field) {
  field.verdict = DriftVerdict::unjudged;
  field.decided_by.clear();
  field.p = kUndefined;
  for (DriftScore& score : field.scores) score.threshold = kUndefined;
}

FieldDrift compare_numbers(std::vector<double>& reference, std::vector<double>& current, const DriftOptions& options,
                           std::vector<double>& scratch) {
  FieldDrift field;
  field.n_reference = static_cast<int64_t>(reference.size());
  field.n_current = static_cast<int64_t>(current.size());
  field.effect_name = "d";
  const bool both = !reference.empty() && !current.empty();
  detail::PeerResult peer;
  if (options.rules == DriftRules::nannyml && both) peer = detail::nannyml_numbers(reference, current);
  sort_values(reference, scratch);
  sort_values(current, scratch);
  const auto compared = compare_sorted(reference, current);
  field.distinct = compared.distinct;
  field.effect = compared.d;
  Moments moments;
  moments.add(reference);
  const double sigma =
      both ? std::sqrt(moments.m2 / static_cast<double>(moments.count)) : kUndefined;  // of all, as numpy.std
  const bool few = compared.distinct <= kFewDistinct;
  const TestResult ks{compared.d, ks_p(compared.d, field.n_reference, field.n_current)};
  field.scores.push_back({"ks", ks.value, ks.p});
  field.scores.push_back({"wasserstein", compared.wasserstein});
  field.scores.push_back({"wasserstein_normed", sigma > 0 ? compared.wasserstein / sigma : kUndefined});
  ValueCounts counts;
  if (few) {
    counts = count_values(reference, current);
  } else {
    const auto edges = quantile_edges(reference);
    counts = {counts_between(reference, edges), counts_between(current, edges)};
  }
  field.scores.push_back({"psi", psi(counts.reference, counts.current)});
  field.scores.push_back({"jensen_shannon", jensen_shannon(counts.reference, counts.current)});
  field.p = ks.p;
  field.decided_by = "ks";
  if (few) {
    const auto test = chi_square_homogeneity(counts.reference, counts.current);
    field.scores.push_back({"chi_square", test.value, test.p});
    take_chi_square(field, test);
  }
  if (!options.judge) {
    leave_unjudged(field);
    return field;
  }
  if (!both) {
    field.verdict = DriftVerdict::too_few;
    return field;
  }
  if (options.rules == DriftRules::evidently) peer = detail::evidently_numbers(reference, current, compared, sigma);
  if (options.rules == DriftRules::calibrated)
    judge_calibrated(field, options);
  else
    take_peer(field, peer);
  return field;
}

FieldDrift compare_categories(std::span<const int32_t> reference, std::span<const int32_t> current, size_t categories,
                              const DriftOptions& options) {
  FieldDrift field;
  field.n_reference = static_cast<int64_t>(reference.size());
  field.n_current = static_cast<int64_t>(current.size());
  std::vector<int64_t> in_reference(categories), in_current(categories);
  for (const int32_t code : reference) ++in_reference[static_cast<size_t>(code)];
  for (const int32_t code : current) ++in_current[static_cast<size_t>(code)];
  int64_t unseen = 0;
  for (size_t c = 0; c < categories; ++c) {
    field.distinct += in_reference[c] + in_current[c] > 0 ? 1 : 0;
    if (in_reference[c] == 0) unseen += in_current[c];
  }
  const auto test = chi_square_homogeneity(in_reference, in_current);
  field.scores.push_back({"chi_square", test.value, test.p});
  field.scores.push_back({"jensen_shannon", jensen_shannon(in_reference, in_current)});
  field.scores.push_back({"psi", psi(in_reference, in_current)});
  field.scores.push_back({"unseen", field.n_current > 0
                                        ? static_cast<double>(unseen) / static_cast<double>(field.n_current)
                                        : kUndefined});
  take_chi_square(field, test);
  const bool half_unique = 2 * field.distinct > field.n_reference + field.n_current;
  const bool both = !reference.empty() && !current.empty();
  const bool calibrated = options.rules == DriftRules::calibrated;
  if (!options.judge || (half_unique && both && field.distinct > kFewDistinct) ||
      (calibrated && field.distinct > kMostCategories)) {
    leave_unjudged(field);
    return field;
  }
  if (!both) {
    field.verdict = DriftVerdict::too_few;
  } else if (calibrated) {
    judge_calibrated(field, options);
  } else if (options.rules == DriftRules::evidently) {
    take_peer(field, detail::evidently_categories(in_reference, in_current));
  } else {
    take_peer(field, detail::nannyml_categories(reference, current, in_reference));
  }
  return field;
}

ReportVerdict judge_together(std::span<FieldDrift*> fields, const DriftOptions& options) {
  ReportVerdict report;
  std::vector<double> p;
  for (const FieldDrift* field : fields) {
    const bool tested = field->verdict == DriftVerdict::none || field->verdict == DriftVerdict::drift;
    report.judged += tested ? 1 : 0;
    p.push_back(tested ? field->p : kUndefined);
  }
  const auto adjusted = benjamini_hochberg(p);
  const double each = options.alpha / static_cast<double>(std::max<int64_t>(1, report.judged));
  bool some_too_few = false;
  for (size_t i = 0; i < fields.size(); ++i) {
    FieldDrift& field = *fields[i];
    if (options.rules == DriftRules::calibrated) {
      field.p_adjusted = adjusted[i];
      if (field.verdict == DriftVerdict::none && adjusted[i] <= options.alpha) field.verdict = DriftVerdict::drift;
    }
    some_too_few |= field.verdict == DriftVerdict::too_few;
    report.drifted += field.verdict == DriftVerdict::drift ? 1 : 0;
    if (field.verdict == DriftVerdict::unjudged) continue;
    const double detectable =
        field.degrees_of_freedom > 0
            ? smallest_detectable_effect(field.n_reference, field.n_current, field.degrees_of_freedom, each)
            : smallest_detectable_d(field.n_reference, field.n_current, each);
    field.smallest_detectable = std::isfinite(detectable) ? detectable : kUndefined;
  }
  if (report.judged > 0) report.share = static_cast<double>(report.drifted) / static_cast<double>(report.judged);
  const bool drifts = options.rules == DriftRules::evidently ? report.judged > 0 && report.share >= kEvidentlyShare
                                                             : report.drifted > 0;
  if (drifts)
    report.verdict = DriftVerdict::drift;
  else if (report.judged == 0)
    report.verdict = some_too_few ? DriftVerdict::too_few : DriftVerdict::unjudged;
  return report;
}

std::string_view name_of(DriftVerdict verdict) {
  switch (verdict) {
    case DriftVerdict::drift:
      return "drift";
    case DriftVerdict::none:
      return "none";
    case DriftVerdict::too_few:
      return "too_few";
    case DriftVerdict::unjudged:
      return "unjudged";
  }
  return "";
}

std::string_view name_of(DriftRules rules) {
  switch (rules) {
    case DriftRules::calibrated:
      return "calibrated";
    case DriftRules::evidently:
      return "evidently";
    case DriftRules::nannyml:
      return "nannyml";
  }
  return "";
}

}  // namespace millwright::statistics

#include "detail/drift_summary.h"

#include "monitoring/drift.h"

namespace millwright::planning::detail {

Result<std::optional<DriftSummary>> latest_drift(const store::Project& project) {
  MW_ASSIGN(const auto reports, monitoring::list_drift_reports(project));
  if (reports.empty()) return std::optional<DriftSummary>();
  const auto& newest = reports.front();
  DriftSummary summary;
  summary.drifted = newest.verdict.drifted;
  summary.judged = newest.verdict.judged;
  summary.reference = newest.reference.text;
  summary.current = newest.current.text;
  for (const auto& field : newest.fields) {
    if (field.drift.verdict != statistics::DriftVerdict::drift) continue;
    if (!summary.strongest_field.empty() && field.drift.effect <= summary.strongest_effect) continue;
    summary.strongest_field = field.name;
    summary.strongest_effect = field.drift.effect;
  }
  return std::optional(summary);
}

}  // namespace millwright::planning::detail

#include "detail/drift_summary.h"

#include "monitoring/drift.h"

namespace millwright::planning::detail {
namespace {

/// As a shell reads it.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string question_of(const monitoring::DriftReport& report) {
  std::string question = "--reference " + report.reference.text + " --current " + report.current.text;
  if (!report.where.empty()) question += " --where " + quoted(report.where);
  if (!report.where_current.empty()) question += " --where-current " + quoted(report.where_current);
  if (!report.new_values_of.empty()) question += " --new " + quoted(report.new_values_of);
  return question;
}

}  // namespace

Result<std::optional<DriftSummary>> latest_drift(const store::Project& project) {
  MW_ASSIGN(const auto reports, monitoring::list_drift_reports(project));
  if (reports.empty()) return std::optional<DriftSummary>();
  const auto& newest = reports.front();
  DriftSummary summary;
  summary.drifted = newest.verdict.drifted;
  summary.judged = newest.verdict.judged;
  summary.question = question_of(newest);
  for (const auto& field : newest.fields) {
    if (field.drift.verdict != statistics::DriftVerdict::drift) continue;
    if (!summary.strongest_field.empty() && field.drift.effect <= summary.strongest_effect) continue;
    summary.strongest_field = field.name;
    summary.strongest_effect = field.drift.effect;
  }
  return std::optional(summary);
}

}  // namespace millwright::planning::detail

#include "detail/report_json.h"
#include "monitoring/drift.h"
#include "store/lookup.h"

namespace millwright::monitoring {
namespace {

Result<DriftReport> read_report(const store::Statement& row) {
  MW_ASSIGN(const Json document, parse_json(row.text(4), "a drift report"));
  auto report = detail::report_from_json(document);
  if (!report)
    return fail(ErrorKind::store, "store.damaged", "A stored drift report is damaged.", {},
                "Run verify on the project; restore a backup.");
  report->id = row.uuid(0);
  report->asset = row.integer(1);
  MW_ASSIGN(const Json reference, parse_json(row.text(2), "a drift report"));
  MW_ASSIGN(const Json current, parse_json(row.text(3), "a drift report"));
  report->reference = detail::window_from_json(reference, report->asset);
  report->current = detail::window_from_json(current, report->asset);
  report->time_ms = row.integer(5);
  report->actor = row.string(6);
  return std::move(*report);
}

}  // namespace

Result<std::vector<DriftReport>> list_drift_reports(const store::Project& project, std::optional<int64_t> asset) {
  MW_ASSIGN(auto select,
            project.db().prepare("SELECT uuid, asset, reference, current, report, time_ms, actor FROM drift_report "
                                 "WHERE ?1 IS NULL OR asset = ?1 ORDER BY id DESC"));
  select.bind(1, asset);
  std::vector<DriftReport> reports;
  for (;;) {
    MW_ASSIGN(const bool more, select.step());
    if (!more) return reports;
    MW_ASSIGN(auto report, read_report(select));
    reports.push_back(std::move(report));
  }
}

Result<DriftReport> find_drift_report(const store::Project& project, std::string_view typed) {
  MW_ASSIGN(const auto found, store::find_by_tail(project, "drift_report", typed, "drift report"));
  MW_ASSIGN(auto select,
            project.db().prepare("SELECT uuid, asset, reference, current, report, time_ms, actor FROM drift_report "
                                 "WHERE id = ?"));
  MW_ASSIGN(const bool there, select.with(found.id).step());
  if (!there)
    return fail(ErrorKind::bad_input, "store.no_such_id", "There is no drift report {id}.",
                {{"id", std::string(typed)}});
  return read_report(select);
}

}  // namespace millwright::monitoring

#include "snapshots/gate.h"

#include <algorithm>

#include "detail/checks.h"
#include "labels/from_field.h"
#include "labels/schema.h"
#include "labels/task.h"
#include "quality/inputs.h"
#include "quality/row_checks.h"
#include "records/batch.h"
#include "records/columns.h"
#include "records/window.h"
#include "snapshots/snapshot.h"

namespace millwright::snapshots {
namespace {

using quality::Check;

Result<std::vector<labels::Task>> tasks_of(const store::Project& project, int64_t asset) {
  MW_ASSIGN(auto tasks, labels::list_tasks(project));
  std::erase_if(tasks, [&](const labels::Task& task) { return task.asset != asset; });
  return tasks;
}

Result<std::vector<std::string>> required_fields(const store::Project& project, int64_t asset,
                                                 const std::vector<labels::Task>& tasks) {
  std::vector<std::string> fields;
  for (const labels::Task& task : tasks)
    for (const std::string& field : task.fields)
      if (std::find(fields.begin(), fields.end(), field) == fields.end()) fields.push_back(field);
  if (!fields.empty()) return fields;
  MW_ASSIGN(const auto known, records::asset_by_id(project, asset));
  if (!known.roles.text.empty()) fields.push_back(known.roles.text);
  return fields;
}

/// Completeness and conflicts of the labels that a batch brings along.
Status check_labels(const store::Project& project, const records::ColumnScan& scan,
                    const std::vector<labels::Task>& tasks, const quality::Thresholds& thresholds,
                    std::vector<Check>& checks) {
  std::vector<std::pair<std::string, Check>> completeness;
  std::vector<std::pair<std::string, Check>> conflicts;
  std::vector<RecordRef> refs;
  for (const labels::Task& task : tasks) {
    if (!task.label_field || scan.find(*task.label_field) == nullptr) continue;
    if (refs.empty()) {
      MW_ASSIGN(refs, scan.records());
    }
    const quality::RecordOf record = [&](size_t row) { return refs[row]; };
    MW_ASSIGN(const auto of_field, labels::labels_in_field(scan, task.kind, *task.label_field));
    MW_ASSIGN(const auto schema, labels::current_schema(project, task.id));
    completeness.emplace_back(task.name,
                              quality::check_completeness(of_field.codes, of_field.known(schema), record, thresholds));
    // Numbers differ on the same input wherever something else has a part in them: that is noise, no conflict.
    if (task.kind == labels::TaskKind::number) continue;
    MW_ASSIGN(const auto inputs, quality::input_hashes(scan, task.fields, project.duplicate_key()));
    conflicts.emplace_back(task.name, quality::check_conflicts(inputs, of_field.codes, record, thresholds));
  }
  if (completeness.empty()) return {};
  checks.push_back(quality::merge_checks(std::move(completeness)));
  if (!conflicts.empty()) checks.push_back(quality::merge_checks(std::move(conflicts)));
  return {};
}

}  // namespace

Result<quality::GateReport> gate_batch(store::Project& project, int64_t batch, const Work& work,
                                       const quality::Thresholds& thresholds) {
  MW_ASSIGN(const auto info, records::batch_by_id(project, batch));
  MW_ASSIGN(const auto tasks, tasks_of(project, info.asset));
  MW_ASSIGN(const auto required, required_fields(project, info.asset, tasks));
  MW_ASSIGN(const auto window, records::window_of_batches(project, {batch}));
  MW_ASSIGN(const auto scan, records::ColumnScan::open(project, window, records::Count::arrivals));
  std::vector<Check> checks;
  work.report({"gate", 0, info.arrivals, "rows"});
  MW_ASSIGN(Check schema, quality::check_schema(project, info));
  checks.push_back(std::move(schema));
  MW_ASSIGN(Check missing, quality::check_missing(scan, required, thresholds));
  checks.push_back(std::move(missing));
  MW_ASSIGN(Check duplicates, quality::check_duplicates(project, window));
  checks.push_back(std::move(duplicates));
  if (work.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped.");
  MW_TRY(check_labels(project, scan, tasks, thresholds, checks));
  return quality::keep_report(project, {quality::SubjectKind::batch, batch}, std::move(checks));
}

namespace {

/// Everything that the checks of a snapshot's rows rest on: rows and recipe (the root is a digest of both), the labels
/// that are known, the limits, and the program that looks. Batches' own gates are apart: they open and shut.
Result<std::string> basis_of(const store::Project& project, const Snapshot& snapshot,
                             const quality::Thresholds& limits) {
  MW_ASSIGN(const auto schema, labels::current_schema(project, snapshot.task));
  const Json basis = {{"snapshot", to_hex(snapshot.root)},
                      {"schema_version", schema.version},
                      {"missing", {limits.missing_warn, limits.missing_fail}},
                      {"label_missing", {limits.label_missing_warn, limits.label_missing_fail}},
                      {"conflict", {limits.conflict_warn, limits.conflict_fail}},
                      {"leakage", {limits.leakage_warn, limits.leakage_fail}},
                      {"class_rows", limits.class_rows_warn},
                      {"program", MILLWRIGHT_VERSION}};
  return to_hex(sha256(canonical(basis)));
}

/// The kept report where asking again must give the same: the same basis, and every batch's gate open then and now.
Result<std::optional<quality::GateReport>> standing_report(const store::Project& project, int64_t snapshot) {
  MW_ASSIGN(const Snapshot known, read_snapshot(project, snapshot));
  MW_ASSIGN(auto kept, quality::latest_report(project, {quality::SubjectKind::snapshot, snapshot}));
  if (!kept || kept->basis.empty()) return std::nullopt;
  MW_ASSIGN(const std::string basis, basis_of(project, known, {}));
  if (kept->basis != basis) return std::nullopt;
  for (const Check& check : kept->checks)
    if (check.name == "batches" && check.value > 0) return std::nullopt;
  for (const int64_t batch : known.batches) {
    MW_ASSIGN(const auto report, quality::latest_report(project, {quality::SubjectKind::batch, batch}));
    if (!report || !report->open()) return std::nullopt;
  }
  return kept;
}

}  // namespace

Result<quality::GateReport> gate_snapshot(store::Project& project, int64_t snapshot, const Work& work,
                                          const quality::Thresholds& thresholds) {
  MW_ASSIGN(const Snapshot known, read_snapshot(project, snapshot));
  // Before the rows are looked at: who changes the schema meanwhile makes this basis an old one.
  MW_ASSIGN(std::string basis, basis_of(project, known, thresholds));
  MW_ASSIGN(const auto task, labels::read_task(project, known.task));
  MW_ASSIGN(const auto plan, read_split_plan(project, known.task));
  MW_ASSIGN(const SnapshotRows rows, read_rows(project, known));
  work.report({"gate", 0, static_cast<int64_t>(rows.size()), "rows"});
  MW_ASSIGN(Check batches, detail::check_batches(project, rows, work, thresholds));
  MW_ASSIGN(auto checks, detail::check_rows(project, task, plan.value_or(SplitPlan{}), rows, thresholds));
  checks.insert(checks.begin(), std::move(batches));
  return quality::keep_report(project, {quality::SubjectKind::snapshot, snapshot}, std::move(checks), std::move(basis));
}

Status require_open_gate(store::Project& project, int64_t snapshot) {
  MW_ASSIGN(auto standing, standing_report(project, snapshot));
  if (!standing) {
    MW_ASSIGN(standing, gate_snapshot(project, snapshot));
  }
  const quality::GateReport& report = *standing;
  if (report.open()) return {};
  std::string names;
  std::string lines;
  for (const std::string& name : report.blocking()) {
    names += (names.empty() ? "" : ", ") + name;
    const auto check =
        std::find_if(report.checks.begin(), report.checks.end(), [&](const Check& c) { return c.name == name; });
    if (check != report.checks.end()) lines += (lines.empty() ? "" : "; ") + describe(*check);
  }
  return fail(
      ErrorKind::refused, "gate.closed", "The gate of this snapshot is shut: {checks} ({why}).",
      {{"checks", names}, {"why", lines}},
      "Mend the data, or take the responsibility: gate PROJECT --snapshot S --override --by NAME --reason TEXT");
}

}  // namespace millwright::snapshots

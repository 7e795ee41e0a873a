#include "quality/gate_report.h"

#include <algorithm>

#include "base/json.h"

namespace millwright::quality {
namespace {

Result<std::vector<Check>> checks_from_text(std::string_view text) {
  MW_ASSIGN(const Json json, parse_json(text, "gate_report.checks"));
  std::vector<Check> checks;
  if (!json.is_array()) return fail(ErrorKind::store, "store.damaged", "A gate report of this project cannot be read.");
  for (const Json& entry : json) {
    MW_ASSIGN(Check check, check_from_json(entry));
    checks.push_back(std::move(check));
  }
  return checks;
}

std::string text_of(const std::vector<Check>& checks) {
  Json json = Json::array();
  for (const Check& check : checks) json.push_back(to_json(check));
  return to_text(json);
}

std::vector<std::string> failing(const std::vector<Check>& checks) {
  std::vector<std::string> names;
  for (const Check& check : checks)
    if (check.verdict == Verdict::fail) names.push_back(check.name);
  return names;
}

Result<GateReport> read_report(store::Statement& row, Subject subject) {
  GateReport report;
  report.id = row.integer(0);
  report.uuid = row.uuid(1);
  report.subject = subject;
  const auto verdict = verdict_from(row.text(2));
  if (!verdict) return fail(ErrorKind::store, "store.damaged", "A gate report of this project cannot be read.");
  report.verdict = *verdict;
  MW_ASSIGN(report.checks, checks_from_text(row.text(3)));
  report.time_ms = row.integer(4);
  report.basis = row.string(5);
  return report;
}

Result<std::optional<GateReport>> newest(const store::Database& db, Subject subject) {
  MW_ASSIGN(auto query, db.prepare("SELECT id, uuid, verdict, checks, time_ms, basis FROM gate_report "
                                   "WHERE subject_kind = ? AND subject = ? ORDER BY id DESC LIMIT 1"));
  query.with(to_string(subject.kind), subject.id);
  MW_ASSIGN(const bool found, query.step());
  if (!found) return std::nullopt;
  MW_ASSIGN(GateReport report, read_report(query, subject));
  return report;
}

std::string subject_text(Subject subject) {
  return std::string(to_string(subject.kind)) + " " + std::to_string(subject.id);
}

}  // namespace

std::string_view to_string(SubjectKind kind) { return kind == SubjectKind::batch ? "batch" : "snapshot"; }

std::vector<std::string> GateReport::blocking() const {
  std::vector<std::string> names = failing(checks);
  if (override_) {
    const auto& covers = override_->covers;
    std::erase_if(names,
                  [&](const std::string& n) { return std::find(covers.begin(), covers.end(), n) != covers.end(); });
  }
  return names;
}

bool GateReport::open() const { return verdict != Verdict::fail || (override_ && blocking().empty()); }

Result<std::vector<Override>> overrides_of(const store::Project& project, Subject subject) {
  MW_ASSIGN(auto query,
            project.db().prepare("SELECT o.uuid, o.report, o.reason, o.actor, o.device, o.time_ms, r.checks "
                                 "FROM gate_override o JOIN gate_report r ON r.id = o.report "
                                 "WHERE o.subject_kind = ? AND o.subject = ? ORDER BY o.id"));
  query.with(to_string(subject.kind), subject.id);
  std::vector<Override> found;
  while (true) {
    MW_ASSIGN(const bool more, query.step());
    if (!more) return found;
    Override entry;
    entry.uuid = query.uuid(0);
    entry.report = query.integer(1);
    entry.reason = query.string(2);
    entry.by = query.string(3);
    entry.device = query.string(4);
    entry.time_ms = query.integer(5);
    MW_ASSIGN(const auto checks, checks_from_text(query.text(6)));
    entry.covers = failing(checks);
    found.push_back(std::move(entry));
  }
}

Result<std::optional<GateReport>> latest_report(const store::Project& project, Subject subject) {
  MW_ASSIGN(auto report, newest(project.db(), subject));
  if (!report) return report;
  MW_ASSIGN(auto overrides, overrides_of(project, subject));
  if (!overrides.empty()) report->override_ = std::move(overrides.back());
  return report;
}

Result<std::vector<SubjectVerdict>> latest_verdicts(const store::Project& project, SubjectKind kind) {
  MW_ASSIGN(auto query, project.db().prepare("SELECT subject, verdict, subject IN (SELECT subject FROM gate_override "
                                             "WHERE subject_kind = ?1), max(id) FROM gate_report "
                                             "WHERE subject_kind = ?1 GROUP BY subject ORDER BY subject"));
  query.with(to_string(kind));
  std::vector<SubjectVerdict> found;
  while (true) {
    MW_ASSIGN(const bool more, query.step());
    if (!more) break;
    const Verdict verdict = verdict_from(query.text(1)).value_or(Verdict::fail);
    found.push_back({query.integer(0), verdict, verdict != Verdict::fail, query.integer(2) != 0});
  }
  for (SubjectVerdict& entry : found) {
    if (entry.open || !entry.overridden) continue;
    MW_ASSIGN(const auto report, latest_report(project, {kind, entry.subject}));
    entry.open = report && report->open();
  }
  return found;
}

Result<GateReport> keep_report(store::Project& project, Subject subject, std::vector<Check> checks, std::string basis) {
  const std::string text = text_of(checks);
  MW_ASSIGN(const auto before, latest_report(project, subject));
  if (before && before->basis == basis && text_of(before->checks) == text) return *before;
  GateReport report;
  report.uuid = new_uuid();
  report.subject = subject;
  report.verdict = worst(checks);
  report.checks = std::move(checks);
  report.basis = std::move(basis);
  MW_TRY(project.write([&](store::Transaction& t) -> Status {
    MW_ASSIGN(auto insert, t.db().prepare("INSERT INTO gate_report(uuid, subject_kind, subject, verdict, checks, "
                                          "basis, time_ms) VALUES(?, ?, ?, ?, ?, ?, ?)"));
    insert.with(report.uuid, to_string(subject.kind), subject.id, to_string(report.verdict), text, report.basis,
                t.time_ms());
    MW_TRY(insert.run());
    report.id = t.db().last_insert_id();
    report.time_ms = t.time_ms();
    return t.audit("gate.report", subject_text(subject),
                   Json{{"report", tail(report.uuid)},
                        {"verdict", to_string(report.verdict)},
                        {"failing", failing(report.checks)},
                        {"sha256", to_hex(sha256(text))}});
  }));
  if (before) report.override_ = before->override_;
  return report;
}

Result<GateReport> override_gate(store::Project& project, Subject subject, std::string_view by,
                                 std::string_view reason) {
  const auto blank = [](std::string_view text) { return text.find_first_not_of(" \t\r\n") == text.npos; };
  if (blank(by))
    return fail(ErrorKind::usage, "gate.override_needs_name", "An override needs the name of who takes responsibility.",
                {}, "Say it with --by NAME.");
  if (blank(reason))
    return fail(ErrorKind::usage, "gate.override_needs_reason", "An override needs a reason.", {},
                "Say it with --reason TEXT.");
  Override made;
  made.uuid = new_uuid();
  made.reason = reason;
  made.by = by;
  auto kept = project.write([&](store::Transaction& t) -> Result<GateReport> {
    MW_ASSIGN(auto report, newest(t.db(), subject));
    if (!report || report->verdict != Verdict::fail)
      return fail(ErrorKind::usage, "gate.nothing_to_override",
                  "The gate does not fail: there is nothing to override.");
    MW_ASSIGN(auto insert,
              t.db().prepare("INSERT INTO gate_override(uuid, subject_kind, subject, report, reason, actor, "
                             "device, time_ms) VALUES(?, ?, ?, ?, ?, ?, ?, ?)"));
    insert.with(made.uuid, to_string(subject.kind), subject.id, report->id, reason, by, t.actor().device, t.time_ms());
    MW_TRY(insert.run());
    made.report = report->id;
    made.device = t.actor().device;
    made.time_ms = t.time_ms();
    made.covers = failing(report->checks);
    MW_TRY(t.audit("gate.override", subject_text(subject),
                   Json{{"override", tail(made.uuid)},
                        {"report", tail(report->uuid)},
                        {"covers", made.covers},
                        {"by", by},
                        {"reason", reason}}));
    report->override_ = made;
    return *report;
  });
  return kept;
}

}  // namespace millwright::quality

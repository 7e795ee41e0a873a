#include "snapshots/gate.h"

#include <QTest>

#include "labels/from_field.h"
#include "labels/labeling.h"
#include "labels/schema.h"
#include "small_project.h"
#include "snapshots/snapshot.h"

using namespace millwright;
using namespace millwright::snapshots;
using namespace millwright::fixtures;
using quality::Verdict;

namespace {

const quality::Check* check_of(const quality::GateReport& report, const std::string& name) {
  for (const auto& check : report.checks)
    if (check.name == name) return &check;
  return nullptr;
}

Verdict verdict_of(const quality::GateReport& report, const std::string& name) {
  const auto* check = check_of(report, name);
  return check == nullptr ? Verdict::fail : check->verdict;
}

Result<int64_t> make_task(store::Project& project, std::vector<std::string> labels = {}) {
  MW_ASSIGN(const auto asset, records::find_asset(project, "things"));
  MW_ASSIGN(const auto task, labels::create_task(project, {"kinds", asset.id, {"text"}, std::move(labels)}));
  return task.id;
}

}  // namespace

class TestGate : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  // 100 rows: one without a value passes (not above 1 %), two warn, five warn, six fail.
  void missing_values_at_the_limits() {
    const std::pair<int, Verdict> cases[] = {
        {0, Verdict::pass}, {1, Verdict::pass}, {2, Verdict::warn}, {5, Verdict::warn}, {6, Verdict::fail}};
    for (const auto& [missing, verdict] : cases) {
      SmallProject small;
      FX_GET(auto project, small.create());
      auto rows = numbered_rows(0, 100);
      for (int i = 0; i < missing; ++i) rows[static_cast<size_t>(i)]["text"] = nullptr;
      FX_GET(const int64_t batch, small.import_rows(project, rows));
      FX_OK(make_task(project));
      FX_GET(const auto report, gate_batch(project, batch));
      QCOMPARE(verdict_of(report, "missing_values"), verdict);
      QCOMPARE(check_of(report, "missing_values")->rows, missing);
      QCOMPARE(check_of(report, "missing_values")->sample.size(), static_cast<size_t>(missing));
    }
  }

  void labels_of_a_batch() {
    SmallProject small;
    FX_GET(auto project, small.create());
    auto rows = numbered_rows(0, 100);
    rows[0]["kind"] = nullptr;
    rows[1]["text"] = "thing number 2";  // rows 1 and 2 say the same, and carry b and c
    FX_GET(const int64_t batch, small.import_rows(project, rows));
    FX_GET(const int64_t task, make_task(project));
    FX_GET(const auto before, gate_batch(project, batch));
    QVERIFY(check_of(before, "conflicting_labels") == nullptr);  // nobody knows yet which field holds labels
    FX_OK(labels::label_from_field(project, {task, "kind", "archive", {}}));
    FX_GET(const auto report, gate_batch(project, batch));
    QCOMPARE(verdict_of(report, "label_completeness"), Verdict::warn);
    QCOMPARE(check_of(report, "label_completeness")->rows, 1);
    QCOMPARE(check_of(report, "conflicting_labels")->rows, 2);
    QCOMPARE(check_of(report, "conflicting_labels")->value, 2.0 / 99.0);
    QCOMPARE(verdict_of(report, "conflicting_labels"), Verdict::fail);
    QVERIFY(!report.open());
  }

  void a_new_field_warns() {
    SmallProject small;
    FX_GET(auto project, small.create());
    FX_OK(small.import_rows(project, numbered_rows(0, 50)));
    auto rows = numbered_rows(50, 100);
    for (Json& row : rows) row["extra"] = "x";
    FX_GET(const int64_t batch, small.import_rows(project, rows));
    FX_GET(const auto report, gate_batch(project, batch));
    QCOMPARE(verdict_of(report, "schema"), Verdict::warn);
  }

  void leakage_and_small_classes() {
    SmallProject small;
    FX_GET(auto project, small.create());
    FX_OK(small.import_rows(project, numbered_rows(0, 90), "train"));
    auto rows = numbered_rows(90, 190);
    rows[0]["text"] = "thing number 3";  // one of 100 test rows has an input of the training split
    FX_OK(small.import_rows(project, rows, "test"));
    FX_GET(const int64_t task, make_task(project));
    FX_OK(labels::label_from_field(project, {task, "kind", "archive", {}}));
    FX_GET(auto schema, labels::current_schema(project, task));
    schema.labels.push_back({"never", std::nullopt, ""});
    FX_OK(labels::set_schema(project, task, schema.labels));
    FX_GET(const auto made, make_snapshot(project, {.task = task}));
    QCOMPARE(made.snapshot.verdict, Verdict::fail);
    FX_GET(const auto report, quality::latest_report(project, {quality::SubjectKind::snapshot, made.snapshot.id}));
    QCOMPARE(verdict_of(*report, "leakage_exact"), Verdict::fail);  // 1 % ≥ 0.5 %
    QCOMPARE(check_of(*report, "leakage_exact")->rows, 1);
    QCOMPARE(verdict_of(*report, "class_balance"), Verdict::warn);
    QVERIFY(check_of(*report, "class_balance")->detail["small"].contains("never"));
    QVERIFY(check_of(*report, "leakage_group") == nullptr);
    // Refused with the name of the check, until somebody takes the responsibility.
    const auto refused = require_open_gate(project, made.snapshot.id);
    QVERIFY(!refused.has_value());
    QCOMPARE(refused.error().kind, ErrorKind::refused);
    QVERIFY(message_of(refused.error()).find("leakage_exact") != std::string::npos);
    FX_OK(quality::override_gate(project, {quality::SubjectKind::snapshot, made.snapshot.id}, "ana", "a known twin"));
    FX_OK(require_open_gate(project, made.snapshot.id));
  }

  void a_group_over_two_splits_fails() {
    SmallProject small;
    FX_GET(auto project, small.create());
    FX_OK(small.import_rows(project, numbered_rows(0, 61), "train", {.text = "text", .group = "group"}));
    FX_OK(small.import_rows(project, numbered_rows(61, 90), "test"));  // 60 is in train, 61 and 62 are of its group
    FX_GET(const int64_t task, make_task(project));
    FX_OK(labels::label_from_field(project, {task, "kind", "archive", {}}));
    FX_GET(const auto made, make_snapshot(project, {.task = task}));
    FX_GET(const auto report, quality::latest_report(project, {quality::SubjectKind::snapshot, made.snapshot.id}));
    QCOMPARE(verdict_of(*report, "leakage_group"), Verdict::fail);
    QCOMPARE(check_of(*report, "leakage_group")->value, 1.0);
    QCOMPARE(check_of(*report, "leakage_group")->rows, 3);
  }

  // A snapshot with rows of a batch whose gate fails, fails too, until that batch or the snapshot is overridden.
  void a_failing_batch_shuts_its_snapshots() {
    SmallProject small;
    FX_GET(auto project, small.create());
    auto rows = numbered_rows(0, 100);
    for (int i = 0; i < 20; ++i) rows[static_cast<size_t>(i)]["text"] = nullptr;
    FX_GET(const int64_t batch, small.import_rows(project, rows));
    FX_GET(const int64_t task, make_task(project));
    FX_OK(labels::label_from_field(project, {task, "kind", "archive", {}}));
    FX_GET(const auto made, make_snapshot(project, {.task = task, .where = "n >= 30"}));
    FX_GET(const auto report, quality::latest_report(project, {quality::SubjectKind::snapshot, made.snapshot.id}));
    QCOMPARE(verdict_of(*report, "missing_values"), Verdict::pass);
    QCOMPARE(verdict_of(*report, "batches"), Verdict::fail);
    QCOMPARE(check_of(*report, "batches")->rows, 70);
    QVERIFY(!require_open_gate(project, made.snapshot.id).has_value());
    FX_OK(quality::override_gate(project, {quality::SubjectKind::batch, batch}, "ana", "not used"));
    FX_OK(require_open_gate(project, made.snapshot.id));
  }

  // That the rows are not looked at again is seen where they are not there any more.
  void a_verdict_stands_as_long_as_what_it_rests_on() {
    SmallProject small;
    FX_GET(auto project, small.create());
    FX_GET(const int64_t batch, small.import_rows(project, numbered_rows(0, 300)));
    FX_GET(const int64_t task, make_task(project));
    FX_OK(labels::label_from_field(project, {task, "kind", "archive", {}}));
    FX_GET(const auto made, make_snapshot(project, {.task = task}));
    const int64_t id = made.snapshot.id;
    FX_OK(require_open_gate(project, id));
    const fs::path facts = small.path() / "facts", away = small.beside("away");
    fs::rename(facts, away);
    QVERIFY(!gate_snapshot(project, id).has_value());
    FX_OK(require_open_gate(project, id));
    // Another schema: a class without training rows is a question that was not asked.
    FX_GET(auto schema, labels::current_schema(project, task));
    schema.labels.push_back({"never", std::nullopt, ""});
    FX_OK(labels::set_schema(project, task, schema.labels));
    QVERIFY(!require_open_gate(project, id).has_value());
    fs::rename(away, facts);
    FX_OK(require_open_gate(project, id));
    FX_GET(const auto report, quality::latest_report(project, {quality::SubjectKind::snapshot, id}));
    QCOMPARE(verdict_of(*report, "class_balance"), Verdict::warn);
    // A batch's gate that shuts later shuts the snapshot's: here with a report as a check that fails would leave it.
    quality::Check failing;
    failing.name = "schema";
    failing.verdict = Verdict::fail;
    FX_OK(quality::keep_report(project, {quality::SubjectKind::batch, batch}, {failing}));
    const auto shut = require_open_gate(project, id);
    QVERIFY(!shut.has_value());
    QCOMPARE(shut.error().code, std::string("gate.closed"));
    FX_OK(quality::override_gate(project, {quality::SubjectKind::batch, batch}, "ana", "known"));
    FX_OK(require_open_gate(project, id));
  }
};

QTEST_GUILESS_MAIN(TestGate)
#include "test_gate.moc"

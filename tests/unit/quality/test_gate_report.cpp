#include <QTest>

#include "quality/gate_report.h"
#include "quality/profile.h"
#include "small_project.h"
#include "store/audit.h"

using namespace millwright;
using namespace millwright::quality;
using namespace millwright::fixtures;

namespace {

Check failing(const std::string& name) {
  Check check;
  check.name = name;
  check.unit = "count";
  check.value = 1;
  check.fail_above = 0;
  check.verdict = judge(check);
  return check;
}

Check passing(const std::string& name) {
  Check check = failing(name);
  check.value = 0;
  check.verdict = judge(check);
  return check;
}

const FieldProfile* field_of(const Profile& profile, const std::string& name) {
  for (const FieldProfile& field : profile.fields)
    if (field.name == name) return &field;
  return nullptr;
}

}  // namespace

class TestGateReport : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void a_report_is_kept_once() {
    SmallProject small;
    FX_GET(auto project, small.create());
    const Subject subject{SubjectKind::batch, 7};
    FX_GET(const auto none, latest_report(project, subject));
    QVERIFY(!none.has_value());
    FX_GET(const auto first, keep_report(project, subject, {failing("a"), passing("b")}));
    QCOMPARE(first.verdict, Verdict::fail);
    QVERIFY(!first.open());
    FX_GET(const auto again, keep_report(project, subject, {failing("a"), passing("b")}));
    QCOMPARE(again.id, first.id);
    FX_GET(const auto changed, keep_report(project, subject, {passing("a"), passing("b")}));
    QVERIFY(changed.id != first.id);
    QVERIFY(changed.open());
    FX_GET(const auto verdicts, latest_verdicts(project, SubjectKind::batch));
    QCOMPARE(verdicts.size(), size_t{1});
    QCOMPARE(verdicts[0].verdict, Verdict::pass);
  }

  void an_override_needs_a_name_and_a_reason() {
    SmallProject small;
    FX_GET(auto project, small.create());
    const Subject subject{SubjectKind::snapshot, 1};
    FX_FAILS(override_gate(project, subject, "ana", "because"), "gate.nothing_to_override");
    FX_OK(keep_report(project, subject, {failing("a")}));
    FX_FAILS(override_gate(project, subject, " ", "because"), "gate.override_needs_name");
    FX_FAILS(override_gate(project, subject, "ana", "\n"), "gate.override_needs_reason");
    FX_GET(const auto given, override_gate(project, subject, "ana", "known and harmless"));
    QVERIFY(given.open());
    QCOMPARE(given.verdict, Verdict::fail);
    QCOMPARE(given.override_->by, std::string("ana"));
  }

  // It covers what failed when it was given; another failure shuts the gate again; it shows for ever.
  void an_override_covers_what_failed_then() {
    SmallProject small;
    {
      FX_GET(auto project, small.create());
      const Subject subject{SubjectKind::batch, 1};
      FX_OK(keep_report(project, subject, {failing("a"), passing("b")}));
      FX_OK(override_gate(project, subject, "ana", "known and harmless"));
      FX_GET(const auto worse, keep_report(project, subject, {failing("a"), failing("b")}));
      QVERIFY(!worse.open());
      QCOMPARE(worse.blocking(), std::vector<std::string>{"b"});
      FX_GET(const auto better, keep_report(project, subject, {passing("a"), passing("b")}));
      QVERIFY(better.open());
      QVERIFY(better.override_.has_value());
    }
    FX_GET(auto project, small.open());
    FX_GET(const auto overrides, overrides_of(project, {SubjectKind::batch, 1}));
    QCOMPARE(overrides.size(), size_t{1});
    QCOMPARE(overrides[0].reason, std::string("known and harmless"));
    QCOMPARE(overrides[0].covers, std::vector<std::string>{"a"});
    bool audited = false;
    FX_OK(store::read_audit(project, 0, [&](const store::AuditEntry& entry) {
      audited = audited || (entry.action == "gate.override" && entry.detail.find("harmless") != std::string::npos);
      return true;
    }));
    QVERIFY(audited);
  }

  // Expected: numpy 1.26, np.mean, np.std(ddof=1), np.quantile (linear) over 1 … 10.
  void profile_of_numbers_and_texts() {
    SmallProject small;
    FX_GET(auto project, small.create());
    std::vector<Json> rows;
    for (int i = 1; i <= 10; ++i)
      rows.push_back({{"size", i},
                      {"word", i <= 6    ? "oak"
                               : i == 10 ? "élm"
                                         : "birch"},
                      {"note", i == 3 ? Json(nullptr) : Json("n" + std::to_string(i))}});
    FX_GET(const int64_t batch, small.import_rows(project, rows));
    FX_GET(const auto profile, profile_batch(project, batch));
    QCOMPARE(profile.rows, 10);
    const auto* size = field_of(profile, "size");
    QVERIFY(size != nullptr);
    QCOMPARE(size->count, 10);
    QCOMPARE(size->missing, 0);
    QCOMPARE(size->distinct, 10);
    QCOMPARE(size->min, 1.0);
    QCOMPARE(size->max, 10.0);
    QCOMPARE(size->mean, 5.5);
    QCOMPARE(size->std, 3.0276503540974917);
    QCOMPARE(size->quantiles[1].at, 0.05);
    QCOMPARE(size->quantiles[1].value, 1.45);
    QCOMPARE(size->quantiles[2].value, 3.25);
    QCOMPARE(size->quantiles[3].value, 5.5);
    const auto* word = field_of(profile, "word");
    QVERIFY(word != nullptr);
    QCOMPARE(word->distinct, 3);
    QCOMPARE(word->top[0].value, std::string("oak"));
    QCOMPARE(word->top[0].count, 6);
    QCOMPARE(word->top[1].value, std::string("birch"));
    QCOMPARE(word->max, 5.0);  // characters of "birch"
    QCOMPARE(word->min, 3.0);  // "élm" has three, in four bytes
    const auto* note = field_of(profile, "note");
    QVERIFY(note != nullptr);
    QCOMPARE(note->missing, 1);
    QCOMPARE(note->count, 10);
    QCOMPARE(note->distinct, 9);
    const Json json = to_json(profile);
    for (const char* key :
         {"name", "type", "count", "missing", "distinct", "min", "max", "mean", "std", "quantiles", "top"})
      QVERIFY(json["fields"][0].contains(key));
  }
};

QTEST_GUILESS_MAIN(TestGateReport)
#include "test_gate_report.moc"

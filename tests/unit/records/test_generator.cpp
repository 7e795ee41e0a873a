// Generated data: the same for a seed, and as unequal as promised.
#include <map>
#include <set>

#include "project_fixture.h"
#include "records/generator.h"

using namespace millwright;
using namespace millwright::records;

class TestGenerator : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void packages() {
    ProjectFixture f;
    MW_REQUIRE(generate_packages(f.path("a.jsonl"), {7, 6000, false}));
    MW_REQUIRE(generate_packages(f.path("b.jsonl"), {7, 6000, false}));
    MW_REQUIRE(generate_packages(f.path("later.jsonl"), {7, 6000, true}));
    QVERIFY(*read_file(f.path("a.jsonl")) == *read_file(f.path("b.jsonl")));
    ImportRequest request;
    request.source = f.path("a.jsonl");
    request.asset = "packages";
    request.roles.group = "source";
    const auto first = f.import(request);
    MW_REQUIRE(first);
    QCOMPARE(first->rows_kept, int64_t(6000));
    QCOMPARE(first->rows_quarantined, int64_t(0));
    QCOMPARE(type_of(*first, "section"), std::string("category"));
    QCOMPARE(type_of(*first, "installed_size"), std::string("integer"));
    QCOMPARE(type_of(*first, "description"), std::string("text"));
    QVERIFY(field_of(*first, "section")->distinct >= 45 && field_of(*first, "section")->distinct <= 58);
    request.source = f.path("later.jsonl");
    const auto later = f.import(request);
    MW_REQUIRE(later);
    // Some arrive again as they were, most are new records, a sixth or so come from new sources.
    QVERIFY(later->rows_duplicate > 1000);
    QVERIFY(later->rows_kept > 3000);
    const auto share_of_rust = [&](int64_t batch) {
      const auto scan = ColumnScan::open(*f.project, *window_of_batches(*f.project, {batch}));
      const auto rows = scan->select(*Where::parse("section = 'rust'"));
      return static_cast<double>(rows->size()) / static_cast<double>(scan->rows());
    };
    const double before = share_of_rust(first->batch), after = share_of_rust(later->batch);
    QVERIFY2(after > 1.5 * before && after < 3 * before, qPrintable(QString("%1 %2").arg(before).arg(after)));
  }

  void tables() {
    ProjectFixture f;
    for (const TableKind kind : {TableKind::numeric, TableKind::text_heavy}) {
      MW_REQUIRE(generate_table(f.path("t.csv"), {1, 2000, kind}));
      ImportRequest request;
      request.source = f.path("t.csv");
      request.asset = kind == TableKind::numeric ? "n" : "t";
      const auto report = f.import(request);
      MW_REQUIRE(report);
      QCOMPARE(report->fields.size(), size_t(20));
      QCOMPARE(report->rows_kept, int64_t(2000));
      QCOMPARE(report->rows_quarantined, int64_t(0));
    }
  }
};

QTEST_GUILESS_MAIN(TestGenerator)
#include "test_generator.moc"

// Columns over windows: batches together, ranges of time, types that differ, summaries.
#include <cmath>

#include "project_fixture.h"
#include "records/window.h"

using namespace millwright;
using namespace millwright::records;

class TestColumns : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void batches_together() {
    ProjectFixture f;
    const auto one = f.import("a.csv", "n,c,t\n1,red,a b\n2,red,\n,green,c\n4,green,d\n");
    ImportRequest request = f.request("b.csv", "n,c,extra\n1.5,blue,7\n2.5,red,8\n3.5,blue,9\n4.5,red,7\n");
    request.asset = "a";
    const auto two = f.import(request);
    MW_REQUIRE(one);
    MW_REQUIRE(two);
    const auto scan = ColumnScan::open(*f.project, *window_of_batches(*f.project, {one->batch, two->batch}));
    MW_REQUIRE(scan);
    QCOMPARE(scan->rows(), int64_t(8));
    QVERIFY(scan->find("n")->type == FieldType::real);
    const auto n = scan->column("n");
    MW_REQUIRE(n);
    QCOMPARE(n->missing, int64_t(1));
    QVERIFY(std::isnan(n->numbers[2]));
    QCOMPARE(n->numbers[3], 4.0);
    QCOMPARE(n->numbers[7], 4.5);
    const auto c = scan->column("c");
    MW_REQUIRE(c);
    QCOMPARE(c->dictionary.size(), size_t(3));
    QCOMPARE(std::string(c->text(5)), std::string("red"));
    QCOMPARE(c->codes[5], c->codes[0]);
    const auto extra = scan->column("extra");
    QCOMPARE(extra->missing, int64_t(4));
    const auto t = scan->column("t");
    MW_REQUIRE(t);
    QVERIFY(!t->has(1) && t->has(0) && !t->has(6));
    const std::vector<int64_t> some = {0, 3, 4, 7};
    const auto picked = scan->column("n", some);
    QCOMPARE(picked->numbers, (std::vector<double>{1, 4, 1.5, 4.5}));
    QCOMPARE(std::string(scan->column("c", some)->text(2)), std::string("blue"));
    QCOMPARE(scan->batch_of(4), two->batch);
    QCOMPARE(scan->arrival_of(5), int64_t(1));
    QVERIFY(!scan->column("nothing"));
    // Summaries of the whole: figures by hand, 1 + 2 + 4 + 1.5 + 2.5 + 3.5 + 4.5 = 19 over seven values.
    const auto summary = scan->summary("n");
    MW_REQUIRE(summary);
    QCOMPARE(summary->count(), int64_t(7));
    QCOMPARE(summary->missing(), int64_t(1));
    QVERIFY(std::abs(summary->moments().mean - 19.0 / 7) < 1e-12);
  }

  void numbers_and_words_meet_in_text() {
    ProjectFixture f;
    const auto one = f.import("a.csv", "v\n+1\n2\n");
    ImportRequest request = f.request("b.csv", "v\nx\ny\nz\n");
    request.asset = "a";
    const auto two = f.import(request);
    MW_REQUIRE(two);
    QCOMPARE(two->schema_change, std::string("breaking"));
    const auto scan = ColumnScan::open(*f.project, *window_of_batches(*f.project, {one->batch, two->batch}));
    const auto v = scan->column("v");
    MW_REQUIRE(v);
    QVERIFY(v->type == FieldType::text);
    QCOMPARE(std::string(v->text(0)), std::string("+1"));
    QCOMPARE(std::string(v->text(4)), std::string("z"));
    const auto coded = scan->column_as("v", FieldType::category);
    MW_REQUIRE(coded);
    QCOMPARE(coded->dictionary.size(), size_t(5));
  }

  void ranges_of_time_are_half_open() {
    ProjectFixture f;
    ImportRequest request = f.request("a.csv", "when,n\n2026-01-01,1\n2026-01-02,2\n2026-01-03,3\n,4\n");
    request.roles.time = "when";
    MW_REQUIRE(f.import(request));
    const Asset asset = *find_asset(*f.project, "");
    const auto rows = [&](const char* text) {
      const auto window = parse_window(*f.project, asset, text);
      if (!window) return std::string(window.error().code);
      const auto scan = ColumnScan::open(*f.project, *window);
      std::string out;
      const auto column = scan->column("n");
      for (const double n : column->numbers) out += std::to_string(static_cast<int>(n));
      return out;
    };
    QCOMPARE(rows("2026-01-01..2026-01-03"), std::string("12"));
    QCOMPARE(rows("2026-01-02.."), std::string("23"));
    QCOMPARE(rows("..2026-01-02T00:00:00Z"), std::string("1"));
    QCOMPARE(rows("2026-01-02T01:00:00+02:00..2026-01-02T00:00:00Z"), std::string(""));
    QCOMPARE(rows("2026-02-30.."), std::string("window.bad_time"));
    QCOMPARE(rows("2026-01-03..2026-01-01"), std::string("window.empty"));
    QCOMPARE(rows("zzzzzz"), std::string("store.no_such_id"));
    QCOMPARE(rows(","), std::string("window.syntax"));
  }

  void a_table_shows_pages() {
    ProjectFixture f;
    std::string csv = "n,c\n";
    for (int i = 0; i < 1000; ++i) csv += std::to_string(i) + "," + (i % 2 == 0 ? "even" : "odd") + "\n";
    const auto report = f.import("a.csv", csv);
    MW_REQUIRE(report);
    ReadRequest read;
    read.window = *window_of_batches(*f.project, {report->batch});
    read.where = *Where::parse("c = 'odd' and n >= 500");
    auto table = RecordTable::open(*f.project, read);
    MW_REQUIRE(table);
    QCOMPARE(table->size(), int64_t(250));
    const auto rows = table->rows(248, 10);
    MW_REQUIRE(rows);
    QCOMPARE(rows->size(), size_t(2));
    QCOMPARE(std::string((*rows)[1].text("n")), std::string("999"));
    QCOMPARE(*table->record(0), (RecordRef{report->batch, 501}));
    QVERIFY(!table->record(250));
    QCOMPARE(table->records()->size(), size_t(250));

    auto reader = RecordReader::open(*f.project);
    QCOMPARE(std::string(reader->get({report->batch, 700})->text("n")), std::string("700"));
    QVERIFY(!reader->get({report->batch, 1000}));
    QCOMPARE(*reader->id({report->batch, 7}), tail(report->batch_uuid) + "-7");
  }
};

QTEST_GUILESS_MAIN(TestColumns)
#include "test_columns.moc"

// A record twice: identical in every field, or only in its content.
#include "project_fixture.h"
#include "records/duplicates.h"

using namespace millwright;
using namespace millwright::records;

class TestDuplicates : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void identical_rows_are_stored_once_and_arrive_as_often_as_they_came() {
    ProjectFixture f;
    const auto report = f.import("a.csv", "a,b\n1,x\n2,y\n1,x\n3,z\n2,y\n1,x\n4,w\n");
    MW_REQUIRE(report);
    QCOMPARE(report->rows_read, int64_t(7));
    QCOMPARE(report->rows_kept, int64_t(4));
    QCOMPARE(report->rows_duplicate, int64_t(3));
    const auto arrivals = f.lines(report->batch);
    QCOMPARE(arrivals.size(), size_t(7));
    QCOMPARE(arrivals[2], arrivals[0]);  // the same record, id and all
    QCOMPARE(arrivals[5], arrivals[0]);
    QCOMPARE(arrivals[4], arrivals[1]);
    QCOMPARE(f.lines().size(), size_t(4));
    QVERIFY(arrivals[6].find("-6\",") != std::string::npos);  // the ordinal is the arrival's number
  }

  void across_batches() {
    ProjectFixture f;
    const auto first = f.import("a.csv", "a,b\n1,x\n2,y\n3,z\n");
    ImportRequest request = f.request("b.csv", "b,a\ny,2\nnew,9\nz,3\nnew,9\n");  // other order of the fields
    request.asset = "a";
    const auto second = f.import(request);
    MW_REQUIRE(first);
    MW_REQUIRE(second);
    QCOMPARE(second->rows_kept, int64_t(1));
    QCOMPARE(second->rows_duplicate, int64_t(3));
    const auto arrivals = f.lines(second->batch);
    QCOMPARE(arrivals.size(), size_t(4));
    QVERIFY(arrivals[0].find(tail(first->batch_uuid) + "-1\"") != std::string::npos);
    QVERIFY(arrivals[0].find("\"_batch\":\"" + tail(second->batch_uuid)) != std::string::npos);
    QCOMPARE(arrivals[3], arrivals[1]);
    QCOMPARE(f.lines().size(), size_t(4));

    const auto scan = ColumnScan::open(*f.project, *window_of_batches(*f.project, {second->batch}), Count::records);
    MW_REQUIRE(scan);
    QCOMPARE(scan->rows(), int64_t(3));  // 2,y and 3,z belong to this batch too, and the new one
    const auto records = scan->records();
    QCOMPARE((*records)[0], (RecordRef{first->batch, 1}));
    QCOMPARE((*records)[1], (RecordRef{second->batch, 1}));
    QCOMPARE((*records)[2], (RecordRef{first->batch, 2}));
    // Columns hold a value for every arrival.
    const auto all = ColumnScan::open(*f.project, *window_of_batches(*f.project, {second->batch}));
    const auto a = all->column("a");
    QCOMPARE(a->numbers, (std::vector<double>{2, 9, 3, 9}));
    QVERIFY(check_batch(*f.project, second->batch)->problems.empty());
  }

  void the_same_content_is_grouped() {
    ProjectFixture f;
    ImportRequest request = f.request("a.csv",
                                      "id,when,text\n1,2026-01-01,hello\n2,2026-01-02,hello\n3,2026-01-03,bye\n"
                                      "4,2026-01-04,hello\n");
    request.roles.id = "id";
    request.roles.time = "when";
    const auto report = f.import(request);
    MW_REQUIRE(report);
    QCOMPARE(report->rows_kept, int64_t(4));
    QCOMPARE(report->rows_same_content, int64_t(2));
    const Window window = *window_of_batches(*f.project, {report->batch});
    const auto groups = same_content_groups(*f.project, window);
    MW_REQUIRE(groups);
    QCOMPARE(groups->size(), size_t(1));
    QCOMPARE((*groups)[0], (ContentGroup{{report->batch, 0}, {report->batch, 1}, {report->batch, 3}}));
    QCOMPARE(count_duplicates(*f.project, window)->same_content_records, int64_t(2));

    // A later batch: content that the earlier one has.
    ImportRequest later = f.request("b.csv", "id,when,text\n9,2026-02-01,bye\n10,2026-02-02,new\n");
    later.asset = "a";
    const auto next = f.import(later);
    MW_REQUIRE(next);
    QCOMPARE(next->rows_same_content, int64_t(1));
  }

  void chosen_content_fields() {
    ProjectFixture f;
    ImportRequest request = f.request("a.csv", "x,y,z\n1,1,1\n1,1,2\n2,1,1\n");
    request.roles.content = {"x", "y"};
    const auto report = f.import(request);
    MW_REQUIRE(report);
    QCOMPARE(report->rows_same_content, int64_t(1));
  }

  void json_order_and_space_do_not_matter_kinds_do() {
    ProjectFixture f;
    const auto report =
        f.import("a.jsonl",
                 "{\"a\":1,\"b\":\"x\"}\n{\"b\":\"x\", \"a\":1}\n{\"a\":\"1\",\"b\":\"x\"}\n"
                 "{\"a\":1.0,\"b\":\"x\"}\n{\"a\":1,\"b\":\"x\",\"c\":null}\n{\"a\":1,\"b\":\"\\u0078\"}\n");
    MW_REQUIRE(report);
    QCOMPARE(report->rows_kept, int64_t(4));
    QCOMPARE(report->rows_duplicate, int64_t(2));
  }

  void a_batch_that_others_repeat_cannot_be_dropped() {
    ProjectFixture f;
    const auto first = f.import("a.csv", "a\n1\n2\n");
    ImportRequest request = f.request("b.csv", "a\n2\n3\n");
    request.asset = "a";
    const auto second = f.import(request);
    MW_REQUIRE(second);
    const auto refused = drop_batch(*f.project, first->batch);
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, std::string("batch.repeated"));
    QCOMPARE(exit_code(refused.error().kind), 1);
    MW_REQUIRE(drop_batch(*f.project, second->batch));
    MW_REQUIRE(drop_batch(*f.project, first->batch));
    QVERIFY(list_batches(*f.project)->empty());
    // Dropped is not known: the same file makes a batch again.
    ImportRequest again;
    again.source = f.path("a.csv");
    const auto third = f.import(again);
    MW_REQUIRE(third);
    QVERIFY(!third->already_there);
  }
};

QTEST_GUILESS_MAIN(TestDuplicates)
#include "test_duplicates.moc"

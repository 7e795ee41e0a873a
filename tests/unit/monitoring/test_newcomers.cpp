// Drift of what is new: rows whose value of a field the reference does not have, rows that an expression chooses of the
// current window only, and the records behind a shift among them. Expected figures: scipy 1.17 on the same sequences,
//   ref = [((i*17+5)%1009)/10 for i in range(900)]
//   cur = [((i*23+11)%1009)/10 + (20 if i%10==0 else 0) for i in range(700)]
//   new = [c for i, c in enumerate(cur) if i%10==0 and i]      # row 0 has no shop: it is not new
//   ks_2samp(ref, cur, method="asymp"), ks_2samp(ref, new, method="asymp")
#include <QTemporaryDir>
#include <QTest>
#include <cmath>
#include <fstream>
#include <set>

#include "checked.h"
#include "labels/task.h"
#include "monitoring/behind.h"
#include "monitoring/fill_queue.h"
#include "records/ingest.h"
#include "records/reading.h"
#include "store/project.h"

using namespace millwright;
using namespace millwright::monitoring;

namespace {

bool is_new(int i) { return i % 10 == 0; }

/// Row i of the current window spends 20 more and comes from a shop never seen where i is a multiple of ten.
void write_window(const fs::path& file, bool current) {
  std::ofstream out(file);
  out << "number,shop,code,even,spend\n";
  for (int i = 0; i < (current ? 700 : 900); ++i) {
    const int x = current ? (i * 23 + 11) % 1009 : (i * 17 + 5) % 1009;
    const bool fresh = current && is_new(i);
    const std::string shop = fresh && i == 0 ? ""
                             : fresh         ? "late" + std::to_string(i % 3)
                                             : "s" + std::to_string(x % 30);
    out << (current ? "c" : "r") << i << ',' << shop << ',' << (fresh ? 5000 + i % 30 : x % 100) << ','
        << (i % 2 == 0 ? "yes" : "no") << ',' << x / 10.0 + (fresh ? 20 : 0) << '\n';
  }
}

}  // namespace

class TestNewcomers : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  std::unique_ptr<store::Project> project_;
  records::Window reference_, current_;

  Result<records::Window> import(const char* name, bool current) {
    const fs::path file = fs::path(folder_.path().toStdString()) / name;
    write_window(file, current);
    records::ImportRequest request;
    request.source = file.string();
    request.asset = "sales";
    request.roles.id = "number";
    MW_ASSIGN(const auto report, records::import_source(*project_, request, {}));
    return records::window_of_batches(*project_, {report.batch});
  }

  DriftRequest request() const {
    DriftRequest request;
    request.reference = reference_;
    request.current = current_;
    request.keep = false;
    return request;
  }

  /// The numbers i of the current rows that a list of records names.
  std::set<int> numbers(const std::vector<RecordRef>& records) {
    std::set<int> found;
    auto reader = records::RecordReader::open(*project_);
    for (const auto& record : records) {
      const auto row = reader->get(record);
      const std::string number(row->text("number"));
      found.insert(number.front() == 'c' ? std::stoi(number.substr(1)) : -1);
    }
    return found;
  }

 private Q_SLOTS:
  void initTestCase() {
    auto project =
        store::Project::create(fs::path(folder_.path().toStdString()) / "p.millwright", {"ann", "device-one"}, {});
    MW_OK(project);
    project_ = std::make_unique<store::Project>(std::move(*project));
    auto reference = import("reference.csv", false);
    MW_OK(reference);
    auto current = import("current.csv", true);
    MW_OK(current);
    reference_ = *reference;
    current_ = *current;
  }

  void what_is_new_shows_what_all_arrivals_hide() {
    const auto all = measure_drift(*project_, request());
    MW_OK(all);
    auto only = request();
    only.new_values_of = "shop";
    const auto fresh = measure_drift(*project_, only);
    MW_OK(fresh);
    QCOMPARE(all->rows_current, 700);
    QCOMPARE(fresh->rows_current, 69);
    QCOMPARE(fresh->rows_reference, 900);
    const auto& spend_all = all->find("spend")->drift;
    const auto& spend_new = fresh->find("spend")->drift;
    QVERIFY(std::abs(spend_all.effect - 0.028730158730158745) < 1e-12);
    QVERIFY(std::abs(spend_new.effect - 0.21932367149758453) < 1e-12);
    QVERIFY(std::abs(spend_new.p / 0.0034902602794872895 - 1) < 1e-6);
    QVERIFY(spend_all.verdict == DriftVerdict::none);
    QVERIFY(spend_new.verdict == DriftVerdict::drift);
  }

  void numbers_are_new_by_value() {
    auto only = request();
    only.new_values_of = "code";
    const auto fresh = measure_drift(*project_, only);
    MW_OK(fresh);
    QCOMPARE(fresh->rows_current, 70);  // row 0 has a code
  }

  void the_reference_is_not_narrowed_by_the_filter() {
    // With even = 'yes' the reference loses every other row; a shop that is only in those was seen nevertheless.
    auto only = request();
    only.where = "even = 'yes'";
    only.new_values_of = "shop";
    const auto fresh = measure_drift(*project_, only);
    MW_OK(fresh);
    QCOMPARE(fresh->rows_reference, 450);
    QCOMPARE(fresh->rows_current, 69);  // multiples of ten are even
  }

  void an_expression_of_the_current_window_alone() {
    auto only = request();
    only.where_current = "even = 'yes'";
    const auto report = measure_drift(*project_, only);
    MW_OK(report);
    QCOMPARE(report->rows_reference, 900);
    QCOMPARE(report->rows_current, 350);
    QVERIFY(std::abs(report->find("spend")->drift.effect - 0.05047619047619045) < 1e-12);
    only.new_values_of = "shop";
    only.where_current = "number matches '[24680]0$'";
    const auto both = measure_drift(*project_, only);
    MW_OK(both);
    QCOMPARE(both->rows_current, 34);  // multiples of 20 but 0
  }

  void nothing_new_says_so() {
    auto only = request();
    only.current = reference_;
    only.new_values_of = "shop";
    const auto report = measure_drift(*project_, only);
    QVERIFY(!report.has_value());
    QCOMPARE(report.error().code, std::string("drift.nothing_new"));
    QVERIFY(report.error().kind == ErrorKind::bad_input);
    only.new_values_of = "nowhere";
    QCOMPARE(measure_drift(*project_, only).error().code, std::string("where.unknown_field"));
    only.new_values_of.clear();
    only.where_current = "spend >";
    QCOMPARE(measure_drift(*project_, only).error().code, std::string("where.syntax"));
  }

  void a_kept_report_knows_its_choice() {
    auto only = request();
    only.keep = true;
    only.where = "spend >= 0";
    only.where_current = "spend < 1000";
    only.new_values_of = "shop";
    const auto report = measure_drift(*project_, only);
    MW_OK(report);
    const auto found = find_drift_report(*project_, tail(report->id));
    MW_OK(found);
    QCOMPARE(found->where, only.where);
    QCOMPARE(found->where_current, only.where_current);
    QCOMPARE(found->new_values_of, only.new_values_of);
    const Json json = to_json(*found);
    QCOMPARE(json["where_current"].get<std::string>(), only.where_current);
    QCOMPARE(json["new"].get<std::string>(), only.new_values_of);
    // Picture and rows come from the same choice.
    const auto picture = field_distribution(*project_, *found, "spend");
    MW_OK(picture);
    int64_t drawn = 0;
    for (const int64_t n : picture->current) drawn += n;
    QCOMPARE(drawn, 69);
    const auto rows = compared_rows(*project_, *found);
    MW_OK(rows);
    QVERIFY(rows->has_value());
    QCOMPARE((*rows)->size(), size_t{69});
  }

  void behind_a_shift_among_what_is_new() {
    auto only = request();
    only.new_values_of = "shop";
    const auto report = measure_drift(*project_, only);
    MW_OK(report);
    std::set<int> expected;
    for (int i = 10; i < 700; i += 10) {
      const double spend = ((i * 23 + 11) % 1009) / 10.0 + 20;
      if (spend >= 60 && spend <= 80) expected.insert(i);
    }
    const auto part = part_of(*project_, *report, "spend", "60..80");
    MW_OK(part);
    const auto behind = records_behind(*project_, *report, *part);
    MW_OK(behind);
    QCOMPARE(behind->size(), size_t{13});
    QVERIFY(numbers(*behind) == expected);
    const auto looked = look_behind(*project_, *report, *part);
    MW_OK(looked);
    QVERIFY(!looked->predicted);
    QVERIFY(looked->records == *behind);

    const auto task =
        labels::create_task(*project_, {.name = "kind", .asset = report->asset, .fields = {"shop"}, .labels = {}});
    MW_OK(task);
    QueueQuestion question;
    question.behind = {*report, *part};
    question.order = std::nullopt;
    const auto queued = fill_queue(*project_, question);
    MW_OK(queued);
    QCOMPARE(queued->queue.task, task->id);
    QCOMPARE(queued->added, static_cast<int64_t>(expected.size()));
    const auto items = labels::queue_items(*project_, queued->queue.id, -1, 1000);
    MW_OK(items);
    std::vector<RecordRef> in_queue;
    for (const auto& item : *items) in_queue.push_back(item.record);
    QVERIFY(in_queue == *behind);
  }
};

QTEST_GUILESS_MAIN(TestNewcomers)
#include "test_newcomers.moc"

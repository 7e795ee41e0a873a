// Drift from imported files to the records behind a shift. The figures come from scipy 1.17 and pandas on the same
// files (the sequences below are made alike in Python), or from how the data was made.
#include <QTemporaryDir>
#include <QTest>
#include <cmath>
#include <fstream>
#include <sstream>

#include "base/hash.h"
#include "checked.h"
#include "monitoring/behind.h"
#include "records/batch.h"
#include "records/ingest.h"
#include "records/reading.h"
#include "store/project.h"

using namespace millwright;
using namespace millwright::monitoring;

namespace {

const Actor kAnn{"ann", "device-one"};

const statistics::DriftScore* find(const FieldReport& field, const std::string& name) {
  for (const auto& score : field.drift.scores)
    if (score.name == name) return &score;
  return nullptr;
}

/// A window's rows. Without a random number, so that Python can make the same: x of row i is ((i·mul + add) mod 1009).
///   size: x / 10 + shift; colour: red, green, blue by x mod 10 < r, < 8, else; flag: x mod 2; note: a sentence
std::string rows(int n, int mul, int add, double shift, int r) {
  std::ostringstream out;
  out << "number,when,size,count,colour,flag,gone,note\n";
  for (int i = 0; i < n; ++i) {
    const int x = (i * mul + add) % 1009;
    const char* colour = x % 10 < r ? "red" : x % 10 < 8 ? "green" : "blue";
    out << i + add * 10'000 << ",2026-03-" << (i % 28 + 1 < 10 ? "0" : "") << i % 28 + 1 << "T00:00:00Z,"
        << x / 10.0 + shift << ',' << x % 37 << ',' << colour << ',' << (x % 2 == 0 ? "true" : "false") << ','
        << (x % 5 == 0 ? "" : "7") << ',' << "note number " << i << " about the item " << x << " of window " << add
        << '\n';
  }
  return out.str();
}

}  // namespace

class TestDrift : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  std::unique_ptr<store::Project> project_;
  int64_t reference_ = 0, current_ = 0;

  /// The records behind a range as it was typed.
  Result<std::vector<RecordRef>> behind_range(const DriftReport& report, const char* field, const char* range) {
    MW_ASSIGN(const auto part, part_of(*project_, report, field, range));
    return records_behind(*project_, report, part);
  }

  fs::path path(const char* name) const { return fs::path(folder_.path().toStdString()) / name; }

  Result<int64_t> import(const char* name, const std::string& content) {
    std::ofstream(path(name)) << content;
    records::ImportRequest request;
    request.source = path(name).string();
    request.asset = "items";
    request.roles.time = "when";
    MW_ASSIGN(const auto report, records::import_source(*project_, request, {}));
    return report.batch;
  }

  Result<DriftReport> measure(int64_t reference, int64_t current, const std::string& where = {},
                              DriftRules rules = DriftRules::calibrated, bool keep = false) {
    DriftRequest request;
    MW_ASSIGN(request.reference, records::window_of_batches(*project_, {reference}));
    MW_ASSIGN(request.current, records::window_of_batches(*project_, {current}));
    request.where = where;
    request.rules = rules;
    request.keep = keep;
    return measure_drift(*project_, request);
  }

 private Q_SLOTS:
  void initTestCase() {
    auto project = store::Project::create(path("p.millwright"), kAnn, {});
    MW_OK(project);
    project_ = std::make_unique<store::Project>(std::move(*project));
    auto reference = import("reference.csv", rows(900, 17, 5, 0, 5));
    MW_OK(reference);
    auto current = import("current.csv", rows(700, 23, 11, 8, 4));
    MW_OK(current);
    reference_ = *reference;
    current_ = *current;
  }

  void figures() {
    auto report = measure(reference_, current_);
    MW_OK(report);
    QCOMPARE(report->rows_reference, 900);
    QCOMPARE(report->rows_current, 700);
    const auto* size = report->find("size");
    QVERIFY(size != nullptr && size->kind == FieldKind::numeric);
    // a = [((i*17+5)%1009)/10 for i in range(900)], b = [((i*23+11)%1009)/10+8 for i in range(700)]:
    // ks_2samp(a, b, method="asymp") 0.08888888888888888 p 0.003698356227899402; wasserstein_distance 8.276333333333335
    QVERIFY(std::abs(size->drift.effect - 0.08888888888888888) < 1e-12);
    QVERIFY(std::abs(size->drift.p / 0.003698356227899402 - 1) < 1e-8);
    QVERIFY(std::abs(find(*size, "wasserstein")->value - 8.276333333333335) < 1e-9);
    QVERIFY(size->drift.verdict == DriftVerdict::drift);
    // chi2_contingency of the counts of the colours, correction=False: 19.851944708153255, p 4.8888304880942226e-05;
    // jensenshannon(…, 2) 0.09523559892360282
    const auto* colour = report->find("colour");
    QVERIFY(colour != nullptr && colour->kind == FieldKind::categorical);
    QVERIFY(std::abs(find(*colour, "chi_square")->value - 19.851944708153255) < 1e-8);
    QVERIFY(std::abs(colour->drift.p / 4.8888304880942226e-05 - 1) < 1e-8);
    QVERIFY(std::abs(find(*colour, "jensen_shannon")->value - 0.09523559892360282) < 1e-10);
    QVERIFY(colour->drift.verdict == DriftVerdict::drift);
    QVERIFY(report->find("flag")->kind == FieldKind::categorical);
    QVERIFY(report->find("flag")->drift.verdict == DriftVerdict::none);
    QVERIFY(report->find("count")->drift.verdict == DriftVerdict::none);
    // missing where x is a multiple of 5
    QCOMPARE(report->find("gone")->missing_reference, 180);
    QCOMPARE(report->find("gone")->drift.n_reference, 900 - 180);
    // ids, times and texts have scores, no verdict and no p of their own
    for (const char* field : {"number", "when", "note"}) {
      QVERIFY2(report->find(field)->drift.verdict == DriftVerdict::unjudged, field);
      QVERIFY2(std::isnan(report->find(field)->drift.p), field);
      QVERIFY2(std::isnan(report->find(field)->drift.p_adjusted), field);
      QVERIFY2(find(*report->find(field), "ks") != nullptr, field);
    }
    QVERIFY(report->find("number")->kind == FieldKind::id);
    QVERIFY(report->verdict.verdict == DriftVerdict::drift);
    QCOMPARE(report->verdict.drifted, 2);
    QCOMPARE(report->verdict.judged, 5);  // size, count, colour, flag and gone, which is constant
    QVERIFY(report->find("gone")->drift.verdict == DriftVerdict::none);
  }

  void against_itself() {
    auto report = measure(reference_, reference_);
    MW_OK(report);
    QVERIFY(report->verdict.verdict == DriftVerdict::none);
    QCOMPARE(report->verdict.drifted, 0);
    for (const auto& field : report->fields) QCOMPARE(field.drift.effect, 0.0);
  }

  void choice_of_rows() {
    auto report = measure(reference_, current_, "colour = 'red' and size < 1000");
    MW_OK(report);
    // rows with x mod 10 < 5 and < 4
    QCOMPARE(report->rows_reference, 451);
    QCOMPARE(report->rows_current, 283);
    QVERIFY(report->find("colour")->drift.verdict == DriftVerdict::none);
    auto nothing = measure(reference_, current_, "size > 1000");
    QVERIFY(!nothing.has_value());
    QCOMPARE(nothing.error().code, std::string("drift.no_rows"));
    auto few = measure(reference_, current_, "size < 9");
    MW_OK(few);
    QVERIFY(few->find("size")->drift.verdict == DriftVerdict::too_few);
  }

  void kept_and_found_again() {
    auto report = measure(reference_, current_, "", DriftRules::evidently, true);
    MW_OK(report);
    auto other = measure(reference_, current_, "flag = true", DriftRules::nannyml, true);
    MW_OK(other);
    auto found = find_drift_report(*project_, tail(report->id).substr(0, 8));
    MW_OK(found);
    QCOMPARE(to_text(to_json(*found)), to_text(to_json(*report)));
    QCOMPARE(found->reference.batches, report->reference.batches);
    auto all = list_drift_reports(*project_);
    MW_OK(all);
    QCOMPARE(all->size(), size_t{2});
    QVERIFY(all->front().id == other->id);
    QCOMPARE(all->front().where, std::string("flag = true"));
    auto unknown = find_drift_report(*project_, "zzzzzzzz");
    QVERIFY(!unknown.has_value());
    const Json json = to_json(*report, true);
    for (const char* key : {"drift", "verdict", "drifted", "share", "fields", "explain"})
      QVERIFY2(json.contains(key), key);
    for (const char* key : {"name", "kind", "n_reference", "n_current", "verdict", "p", "p_adjusted", "effect",
                            "smallest_detectable", "scores"})
      QVERIFY2(json["fields"][0].contains(key), key);
  }

  void records_behind_a_shift() {
    auto report = measure(reference_, current_);
    MW_OK(report);
    auto behind = behind_range(*report, "size", "100..105.5");
    MW_OK(behind);
    QCOMPARE(static_cast<int>(behind->size()), 39);
    auto reader = records::RecordReader::open(*project_);
    MW_OK(reader);
    for (const auto& ref : *behind) {
      QCOMPARE(ref.batch, current_);
      auto record = reader->get(ref);
      MW_OK(record);
      const double size = std::stod(std::string(record->text("size")));
      QVERIFY(size >= 100 && size <= 105.5);
    }
    auto open_end = behind_range(*report, "size", "105.6..");
    auto blue = behind_range(*report, "colour", "blue, green");
    auto gone = behind_range(*report, "gone", "missing");
    auto day = behind_range(*report, "when", "2026-03-02..2026-03-03");
    MW_OK(open_end);
    MW_OK(blue);
    MW_OK(gone);
    MW_OK(day);
    QCOMPARE(static_cast<int>(blue->size()), 417);
    QCOMPARE(static_cast<int>(gone->size()), 141);
    QCOMPARE(static_cast<int>(day->size()), 50);  // 700 rows over 28 days, two of them
    QCOMPARE(behind_range(*report, "size", "a..b").error().code, std::string("drift.range"));
    QCOMPARE(behind_range(*report, "size", "9..1").error().code, std::string("drift.range"));
    QCOMPARE(behind_range(*report, "nothing", "1..2").error().code, std::string("drift.unknown_field"));
  }

  void pictures() {
    auto report = measure(reference_, current_);
    MW_OK(report);
    auto size = field_distribution(*project_, *report, "size");
    MW_OK(size);
    int64_t in_reference = 0, in_current = 0;
    for (const int64_t n : size->reference) in_reference += n;
    for (const int64_t n : size->current) in_current += n;
    QCOMPARE(in_reference, 900);
    QCOMPARE(in_current, 700);
    QCOMPARE(size->edges.size(), size->reference.size() + 1);
    auto colour = field_distribution(*project_, *report, "colour", 2);
    MW_OK(colour);
    QCOMPARE(colour->categories.size(), size_t{2});
    QCOMPARE(colour->categories[1], std::string());  // the others
    QCOMPARE(colour->reference[0] + colour->reference[1], 900);
  }

  void stopped() {
    std::stop_source source;
    source.request_stop();
    DriftRequest request;
    auto window = records::window_of_batches(*project_, {reference_});
    MW_OK(window);
    request.reference = request.current = *window;
    Work work;
    work.stop = source.get_token();
    auto report = measure_drift(*project_, request, work);
    QVERIFY(!report.has_value() && report.error().kind == ErrorKind::cancelled);
  }

  void wrong_alpha() {
    DriftRequest request;
    request.alpha = 1.5;
    QCOMPARE(measure_drift(*project_, request).error().code, std::string("drift.alpha"));
  }
};

QTEST_GUILESS_MAIN(TestDrift)
#include "test_drift.moc"

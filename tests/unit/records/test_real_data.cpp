// Real files. Expected figures were counted with Python's csv and json modules (sets of cells, sums of ints).
#include <cmath>
#include <map>

#include "project_fixture.h"
#include "records/window.h"

using namespace millwright;
using namespace millwright::records;

class TestRealData : public QObject {
  Q_OBJECT

  static Result<ImportReport> import(const ProjectFixture& f, const std::string& file, const std::string& asset,
                                     const Roles& roles = {}) {
    ImportRequest request;
    request.source = data_folder() + "/" + file;
    request.asset = asset;
    request.roles = roles;
    return f.import(request);
  }
  static bool there(const char* file) { return fs::exists(data_folder() + "/" + file); }

 private Q_SLOTS:
  void bike_rentals() {
    if (!there("bike_sharing/hour.csv")) QSKIP("no data folder");
    ProjectFixture f;
    Roles roles;
    roles.time = "dteday";
    roles.id = "instant";
    const auto report = import(f, "bike_sharing/hour.csv", "bikes", roles);
    MW_REQUIRE(report);
    QCOMPARE(report->rows_kept, int64_t(17379));
    QCOMPARE(report->rows_same_content, int64_t(2));  // all but instant and dteday the same
    const std::map<std::string, std::pair<std::string, int64_t>> expected = {
        {"dteday", {"timestamp", 731}},   {"season", {"integer", 4}},
        {"mnth", {"integer", 12}},        {"hr", {"integer", 24}},
        {"holiday", {"integer", 2}},      {"temp", {"real", 50}},
        {"atemp", {"real", 65}},          {"hum", {"real", 89}},
        {"windspeed", {"real", 30}},      {"casual", {"integer", 322}},
        {"registered", {"integer", 776}}, {"cnt", {"integer", 869}}};
    for (const auto& [name, truth] : expected) {
      const auto* field = field_of(*report, name);
      QVERIFY(field != nullptr);
      QCOMPARE(type_of(*report, name), truth.first);
      QCOMPARE(field->distinct, truth.second);
      QVERIFY(field->distinct_exact);
      QCOMPARE(field->missing, int64_t(0));
    }
    const auto scan = ColumnScan::open(*f.project, *whole_asset(*f.project, report->asset));
    MW_REQUIRE(scan);
    QCOMPARE(scan->select(*Where::parse("temp > 0.9 and not (cnt in (1,2,3)) and dteday >= '2012-06-01'"))->size(),
             size_t(51));
    QVERIFY(std::abs(scan->summary("cnt")->moments().mean - 189.46308763450142) < 1e-9);

    // Each value, byte for byte, against the file itself (it has no quotes).
    std::ifstream file(data_folder() + "/bike_sharing/hour.csv");
    std::string line;
    std::getline(file, line);
    ReadRequest read;
    read.window = scan->window();
    MW_REQUIRE(for_each_record(*f.project, read, [&](RecordReader&, const Record& record) {
      std::getline(file, line);
      if (!line.empty() && line.back() == '\r') line.pop_back();
      std::string joined;
      for (const Cell& cell : record.cells) joined += (joined.empty() ? "" : ",") + cell.text;
      if (joined != line) qFatal("%s", line.c_str());
      return true;
    }));
    QVERIFY(check_batch(*f.project, report->batch)->problems.empty());
  }

  void taxis_by_the_day() {
    if (!there("sensors/nyc_taxi.csv")) QSKIP("no data folder");
    ProjectFixture f;
    Roles roles;
    roles.time = "timestamp";
    const auto report = import(f, "sensors/nyc_taxi.csv", "taxi", roles);
    MW_REQUIRE(report);
    QCOMPARE(report->rows_kept, int64_t(10320));
    QCOMPARE(type_of(*report, "timestamp"), std::string("timestamp"));
    QCOMPARE(type_of(*report, "value"), std::string("integer"));
    const auto window = parse_window(*f.project, report->asset, "2014-11-01..2014-11-02");
    MW_REQUIRE(window);
    QCOMPARE(ColumnScan::open(*f.project, *window)->rows(), int64_t(48));
  }

  void clinc_has_one_duplicate_and_150_intents() {
    if (!there("clinc150/train.jsonl")) QSKIP("no data folder");
    ProjectFixture f;
    Roles roles;
    roles.text = "text";
    // One text of val is in train too, label and all: it arrives again and is not stored again.
    int64_t kept = 0;
    for (const auto& [file, rows] : {std::pair("train", 15000), std::pair("val", 2999), std::pair("test", 4500)}) {
      const auto report = import(f, std::string("clinc150/") + file + ".jsonl", "clinc", roles);
      MW_REQUIRE(report);
      QCOMPARE(report->rows_kept, int64_t(rows));
      QCOMPARE(report->rows_duplicate, report->rows_read - int64_t(rows));
      QCOMPARE(type_of(*report, "text"), std::string("text"));
      QCOMPARE(type_of(*report, "label"), std::string("category"));
      QCOMPARE(field_of(*report, "label")->distinct, int64_t(150));
      kept += rows;
    }
    const auto scan =
        ColumnScan::open(*f.project, *whole_asset(*f.project, *find_asset(*f.project, "")), Count::records);
    QCOMPARE(scan->rows(), kept);
    // Each intent has 100 + 20 + 30 texts.
    QCOMPARE(scan->select(*Where::parse("label = 'transfer'"))->size(), size_t(150));
  }
};

QTEST_GUILESS_MAIN(TestRealData)
#include "test_real_data.moc"

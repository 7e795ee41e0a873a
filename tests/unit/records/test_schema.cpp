// Schemas have versions: what was added, widened, broken or declared.
#include "project_fixture.h"

using namespace millwright;
using namespace millwright::records;

class TestSchema : public QObject {
  Q_OBJECT

  static Result<ImportReport> next(const ProjectFixture& f, const std::string& name, const std::string& csv) {
    ImportRequest request = f.request(name, csv);
    request.asset = "a";
    return f.import(request);
  }

 private Q_SLOTS:
  void changes_are_named() {
    ProjectFixture f;
    const auto first = next(f, "1.csv", "n,t\n1,x\n2,x\n3,y\n4,y\n");
    MW_REQUIRE(first);
    QCOMPARE(first->schema_change, std::string("first"));
    QCOMPARE(next(f, "2.csv", "n,t\n5,x\n6,y\n7,x\n")->schema_change, std::string(""));
    QCOMPARE(next(f, "3.csv", "n,t\n5.5,x\n8,y\n")->schema_change, std::string("widened"));
    // The asset's type holds: whole numbers are reals now.
    const auto whole = next(f, "4.csv", "n,t\n51,x\n81,y\n");
    QCOMPARE(whole->schema_change, std::string(""));
    QCOMPARE(type_of(*whole, "n"), std::string("real"));
    QCOMPARE(next(f, "5.csv", "n,t,more\n52,x,1\n82,y,2\n")->schema_change, std::string("added"));
    QCOMPARE(next(f, "6.csv", "n,t,more\n53,x,one\n83,y,2\n")->schema_change, std::string("breaking"));
    QCOMPARE(next(f, "7.csv", "n,t\n54,x\n84,y\n")->schema_change, std::string("breaking"));
    const Asset asset = *find_asset(*f.project, "a");
    QCOMPARE(asset.schema.version, int64_t(5));
    const auto history = schema_history(*f.project, asset);
    MW_REQUIRE(history);
    std::vector<std::string> changes;
    for (const auto& version : *history) changes.emplace_back(name_of(version.change));
    QCOMPARE(changes, (std::vector<std::string>{"first", "widened", "added", "breaking", "breaking"}));
  }

  void declaring() {
    ProjectFixture f;
    MW_REQUIRE(next(f, "1.csv", "n,t\n1,x\n2,x\n"));
    const Asset asset = *find_asset(*f.project, "");
    const auto declared = declare_types(*f.project, asset, {{"n", FieldType::real}});
    MW_REQUIRE(declared);
    QCOMPARE(declared->version, int64_t(2));
    QVERIFY(!declare_types(*f.project, asset, {{"z", FieldType::real}}));
    const auto report = next(f, "2.csv", "n,t\n3,x\nz,x\n");
    MW_REQUIRE(report);
    QCOMPARE(report->rows_quarantined, int64_t(1));
    QCOMPARE(type_of(*report, "n"), std::string("real"));
  }

  void which_asset() {
    ProjectFixture f;
    QCOMPARE(find_asset(*f.project, "").error().code, std::string("asset.none"));
    MW_REQUIRE(next(f, "1.csv", "n\n1\n"));
    QCOMPARE(find_asset(*f.project, "")->name, std::string("a"));
    QCOMPARE(find_asset(*f.project, "not-there").error().code, std::string("asset.unknown"));
    ImportRequest other = f.request("2.csv", "n\n1\n");
    other.asset = "b";
    MW_REQUIRE(f.import(other));
    QCOMPARE(find_asset(*f.project, "").error().code, std::string("asset.which"));
    QCOMPARE(f.import("3.csv", "n\n2\n").error().code, std::string("asset.which"));
    QCOMPARE(find_asset(*f.project, tail(find_asset(*f.project, "b")->uuid).substr(0, 8))->name, std::string("b"));
  }

  void widest_types() {
    QVERIFY(widest(FieldType::integer, FieldType::real) == FieldType::real);
    QVERIFY(widest(FieldType::category, FieldType::text) == FieldType::text);
    QVERIFY(widest(FieldType::integer, FieldType::timestamp) == FieldType::text);
    QVERIFY(widest(FieldType::boolean, FieldType::boolean) == FieldType::boolean);
  }
};

QTEST_GUILESS_MAIN(TestSchema)
#include "test_schema.moc"

// What comes in comes back: types, values, quarantine, dry runs, cancelling, the same file twice.
#include <cmath>

#include "project_fixture.h"

using namespace millwright;
using namespace millwright::records;

class TestImport : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void types_are_inferred() {
    ProjectFixture f;
    std::string csv = "n,x,when,ok,colour,note,code,mixed,empty\n";
    const char* colours[] = {"red", "green"};
    for (int i = 0; i < 40; ++i)
      csv += std::to_string(i) + "," + std::to_string(i) + ".5,2026-01-" + (i % 28 < 9 ? "0" : "") +
             std::to_string(i % 28 + 1) + "," + (i % 3 == 0 ? "true" : "false") + "," + colours[i % 2] +
             ",note number " + std::to_string(i) + ",00" + std::to_string(i) + "," +
             (i == 20 ? "many" : std::to_string(i)) + ",\n";
    const auto report = f.import("a.csv", csv);
    MW_REQUIRE(report);
    QCOMPARE(report->rows_kept, int64_t(40));
    QCOMPARE(type_of(*report, "n"), std::string("integer"));
    QCOMPARE(type_of(*report, "x"), std::string("real"));
    QCOMPARE(type_of(*report, "when"), std::string("timestamp"));
    QCOMPARE(type_of(*report, "ok"), std::string("boolean"));
    QCOMPARE(type_of(*report, "colour"), std::string("category"));
    QCOMPARE(type_of(*report, "note"), std::string("text"));
    QCOMPARE(type_of(*report, "code"), std::string("text"));   // leading zeros: a code
    QCOMPARE(type_of(*report, "mixed"), std::string("text"));  // widened by one value
    QCOMPARE(field_of(*report, "empty")->missing, int64_t(40));
    QCOMPARE(field_of(*report, "colour")->distinct, int64_t(2));
    QCOMPARE(field_of(*report, "n")->distinct, int64_t(40));
    QVERIFY(field_of(*report, "n")->distinct_exact);
  }

  void values_come_back_as_they_came() {
    ProjectFixture f;
    const auto report = f.import("a.csv",
                                 "id,amount,text\r\n"
                                 "1,1.50,plain\r\n"
                                 "2,+7,\"with, comma\"\r\n"
                                 "3,-0,\"quote \"\"here\"\"\"\r\n"
                                 "4,1e3,\"two\nlines\"\r\n"
                                 "5,,\xC3\xBC\xF0\x9F\x98\x80\r\n");
    MW_REQUIRE(report);
    QCOMPARE(type_of(*report, "amount"), std::string("real"));
    const auto rows = f.payloads();
    const std::vector<std::string> expected = {"{\"id\":\"1\",\"amount\":\"1.50\",\"text\":\"plain\"}",
                                               "{\"id\":\"2\",\"amount\":\"+7\",\"text\":\"with, comma\"}",
                                               "{\"id\":\"3\",\"amount\":\"-0\",\"text\":\"quote \\\"here\\\"\"}",
                                               "{\"id\":\"4\",\"amount\":\"1e3\",\"text\":\"two\\nlines\"}",
                                               "{\"id\":\"5\",\"amount\":\"\",\"text\":\"\xC3\xBC\xF0\x9F\x98\x80\"}"};
    QCOMPARE(rows, expected);
  }

  // Rows with quotation marks, each beside what RFC 4180 makes of it; every leaf is recomputed from what is read back.
  void quoted_cells_of_every_kind_come_back() {
    ProjectFixture f;
    const std::vector<std::pair<std::string, std::vector<std::string>>> cases = {
        {"\"a,b\",c,d", {"a,b", "c", "d"}},
        {"\"a,,b\",\"c,d\",\",\"", {"a,,b", "c,d", ","}},
        {"\"say \"\"hi\"\"\",x,\"\"\"\"", {"say \"hi\"", "x", "\""}},
        {"\"\"\"a\",\"b\"\"\",c", {"\"a", "b\"", "c"}},
        {"\"plain\",\"quoted\",\"all\"", {"plain", "quoted", "all"}},
        {"\"\",x,\"\"", {"", "x", ""}},
        {"a \"b\" c,d\"e,f", {"a \"b\" c", "d\"e", "f"}},
        {"\"two\nlines\",\"a\r\nb\",c", {"two\nlines", "a\r\nb", "c"}},
        {"last,one,\"ends, quoted\"", {"last", "one", "ends, quoted"}},
        {"\"longer than sixteen bytes, in quotes\","
         "longer than sixteen bytes,\"with \"\"doubled, marks\"\" in a long cell\"",
         {"longer than sixteen bytes, in quotes", "longer than sixteen bytes",
          "with \"doubled, marks\" in a long cell"}},
    };
    std::string csv = "x,y,z\n";
    for (const auto& [row, cells] : cases) csv += row + "\n";
    const auto report = f.import("a.csv", csv);
    MW_REQUIRE(report);
    QCOMPARE(report->rows_kept, static_cast<int64_t>(cases.size()));
    auto reader = RecordReader::open(*f.project);
    MW_REQUIRE(reader);
    for (size_t i = 0; i < cases.size(); ++i) {
      const auto record = reader->get({report->batch, static_cast<int64_t>(i)});
      MW_REQUIRE(record);
      std::vector<std::string> cells;
      for (const Cell& cell : record->cells) cells.push_back(cell.text);
      QVERIFY2(cells == cases[i].second, cases[i].first.c_str());
    }
    const auto check = check_batch(*f.project, report->batch);
    MW_REQUIRE(check);
    QVERIFY(check->problems.empty());
  }

  void a_finished_import_leaves_its_batch_and_nothing_else() {
    ProjectFixture f;
    MW_REQUIRE(f.import("a.csv", "n\n1\n2\n"));
    for (const auto& entry : fs::directory_iterator(f.project->batches_folder()))
      QVERIFY2(!entry.path().filename().string().starts_with('.'), entry.path().c_str());
  }

  void json_comes_back_as_the_json_it_was() {
    ProjectFixture f;
    const std::vector<std::string> rows = {"{\"b\":1.0,\"a\":12345678901234567890123,\"c\":{\"x\": [1, 2]}}",
                                           "{\"a\":1e5,\"b\":null,\"d\":\"\\u00e9\\t\"}",
                                           "{\"d\":\"x\",\"c\":[],\"a\":true}"};
    const auto report = f.import("a.jsonl", rows[0] + "\n" + rows[1] + "\n" + rows[2] + "\n");
    MW_REQUIRE(report);
    const auto back = f.payloads();
    QCOMPARE(back.size(), size_t(3));
    QCOMPARE(back[0], rows[0]);  // order, digits and the white space inside values
    QCOMPARE(back[1], std::string("{\"a\":1e5,\"b\":null,\"d\":\"\xC3\xA9\\t\"}"));
    QCOMPARE(back[2], rows[2]);
    QCOMPARE(field_of(*report, "b")->missing, int64_t(2));  // null, and not there
  }

  void a_bad_row_is_quarantined_and_the_rest_goes_in() {
    ProjectFixture f;
    const auto report = f.import("a.csv", "a,b\n1,2\n3\n\"x\ny\",4\n5,6,7\n8,9\n");
    MW_REQUIRE(report);
    QCOMPARE(report->rows_read, int64_t(5));
    QCOMPARE(report->rows_kept, int64_t(3));
    QCOMPARE(report->rows_quarantined, int64_t(2));
    const auto rows = quarantined_rows(*f.project, report->batch, 0, 10);
    MW_REQUIRE(rows);
    QCOMPARE(rows->size(), size_t(2));
    QCOMPARE((*rows)[0].line, int64_t(3));
    QCOMPARE((*rows)[0].raw, std::string("3"));
    QCOMPARE((*rows)[1].line, int64_t(6));  // the quoted row covers lines 4 and 5
    QCOMPARE((*rows)[1].raw, std::string("5,6,7"));
  }

  void a_declared_type_quarantines_what_does_not_fit() {
    ProjectFixture f;
    ImportRequest request = f.request("a.csv", "n,t\n1,a\nx,b\n3,c\n4.5,d\n,e\n");
    request.types = {{"n", FieldType::integer}};
    const auto report = f.import(request);
    MW_REQUIRE(report);
    QCOMPARE(report->rows_kept, int64_t(3));
    QCOMPARE(report->rows_quarantined, int64_t(2));
    QCOMPARE(type_of(*report, "n"), std::string("integer"));
    const auto rows = quarantined_rows(*f.project, report->batch, 0, 10);
    QCOMPARE((*rows)[0].line, int64_t(3));
    QCOMPARE((*rows)[0].raw, std::string("x,b"));
    QCOMPARE((*rows)[1].line, int64_t(5));
    // What is declared stays declared for the next file.
    const auto next = f.import("b.csv", "n,t\n7,f\ny,g\n");
    MW_REQUIRE(next);
    QCOMPARE(next->rows_quarantined, int64_t(1));
  }

  void numbers_declared_text_stay_text() {
    ProjectFixture f;
    ImportRequest request = f.request("a.csv", "n\n1\n2\n2\n1\n");
    request.types = {{"n", FieldType::category}};
    const auto report = f.import(request);
    MW_REQUIRE(report);
    QCOMPARE(type_of(*report, "n"), std::string("category"));
  }

  void no_row_at_all_is_bad_input() {
    ProjectFixture f;
    const auto report = f.import("a.csv", "a,b\n1\n2\n");
    QVERIFY(!report);
    QCOMPARE(report.error().code, std::string("import.no_rows"));
    QCOMPARE(exit_code(report.error().kind), 3);
    QVERIFY(list_batches(*f.project)->empty());
    QVERIFY(fs::is_empty(f.project->batches_folder()));
  }

  void unknown_roles_are_refused() {
    ProjectFixture f;
    ImportRequest request = f.request("a.csv", "a,b\n1,2\n");
    request.roles.text = "body";
    const auto report = f.import(request);
    QVERIFY(!report);
    QCOMPARE(report.error().code, std::string("schema.unknown_field"));
    QVERIFY(list_assets(*f.project)->empty());
  }

  void a_dry_run_says_and_does_nothing() {
    ProjectFixture f;
    ImportRequest request = f.request("a.csv", "a,b\n1,2\n3\n");
    request.dry_run = true;
    const auto report = f.import(request);
    MW_REQUIRE(report);
    QCOMPARE(report->rows_kept, int64_t(1));
    QCOMPARE(report->rows_quarantined, int64_t(1));
    QCOMPARE(report->first_quarantined.size(), size_t(1));
    QVERIFY(list_batches(*f.project)->empty());
    QVERIFY(fs::is_empty(f.project->batches_folder()));
  }

  void a_cancelled_import_publishes_nothing() {
    ProjectFixture f;
    std::string csv = "a,b\n";
    for (int i = 0; i < 200000; ++i) csv += std::to_string(i) + ",some text that is here\n";
    std::stop_source stop;
    Work work;
    work.stop = stop.get_token();
    work.progress = [&](const Progress&) { stop.request_stop(); };
    const auto report = import_source(*f.project, f.request("a.csv", csv), work);
    QVERIFY(!report);
    QVERIFY(report.error().kind == ErrorKind::cancelled);
    QVERIFY(list_batches(*f.project)->empty());
    QVERIFY(list_assets(*f.project)->empty());
    QVERIFY(fs::is_empty(f.project->batches_folder()));
  }

  void the_same_file_twice_is_one_batch() {
    ProjectFixture f;
    const std::string csv = "a,b\n1,2\n3,4\n";
    const auto first = f.import("a.csv", csv);
    const auto second = f.import("copy.csv", csv);
    MW_REQUIRE(first);
    ImportRequest again;
    again.source = f.path("copy.csv");
    again.asset = "a";
    const auto third = f.import(again);
    MW_REQUIRE(second);
    MW_REQUIRE(third);
    QVERIFY(second->already_there && third->already_there);
    QCOMPARE(second->batch, first->batch);
    QCOMPARE(third->batch, first->batch);
    QCOMPARE(third->rows_kept, int64_t(2));
    QCOMPARE(list_batches(*f.project)->size(), size_t(1));
  }

  void stanzas_of_a_package_index() {
    ProjectFixture f;
    ImportRequest request = f.request("Packages",
                                      "Package: 0ad\nVersion: 1\nInstalled-Size: 28591\nMaintainer: Games Team "
                                      "<team@lists.debian.org>\nArchitecture: amd64\nDepends: a (>= 1), b | c,\n d\n"
                                      "Description: Real-time strategy game\n more of it\nSection: games\nPriority: "
                                      "optional\nTag: game::strategy,\n interface::graphical\n\n"
                                      "Package: libx1\nSource: x (2.0-1)\nInstalled-Size: 12\nArchitecture: all\n"
                                      "Maintainer: someone\nDescription: a library\nSection: libs\n\n");
    request.mapping = Mapping::debian_package;
    const auto report = f.import(request);
    MW_REQUIRE(report);
    QCOMPARE(report->connector, std::string("deb822"));
    const auto rows = f.payloads();
    QCOMPARE(rows.size(), size_t(2));
    QCOMPARE(
        rows[0],
        std::string(
            "{\"package\":\"0ad\",\"source\":\"0ad\",\"section\":\"games\",\"description\":\"Real-time strategy game\","
            "\"installed_size\":\"28591\",\"priority\":\"optional\",\"architecture\":\"amd64\",\"dependencies\":\"3\","
            "\"maintainer_domain\":\"lists.debian.org\",\"tags\":\"game::strategy, interface::graphical\"}"));
    QCOMPARE(rows[1],
             std::string("{\"package\":\"libx1\",\"source\":\"x\",\"section\":\"libs\",\"description\":\"a library\","
                         "\"installed_size\":\"12\",\"priority\":\"\",\"architecture\":\"all\",\"dependencies\":\"0\","
                         "\"maintainer_domain\":\"\",\"tags\":\"\"}"));
  }

  void stanzas_as_they_are() {
    ProjectFixture f;
    ImportRequest request = f.request("Packages", "Package: a\nSection: x\n\nPackage: b\nHomepage: h\n\n");
    const auto report = f.import(request);
    MW_REQUIRE(report);
    const auto rows = f.payloads();
    QCOMPARE(rows[0], std::string("{\"Package\":\"a\",\"Section\":\"x\"}"));
    QCOMPARE(rows[1], std::string("{\"Package\":\"b\",\"Homepage\":\"h\"}"));
    QCOMPARE(field_of(*report, "Section")->missing, int64_t(1));
  }

  // A field that is an integer for 70,000 rows and a word then: the chunk that was written as integers is brought to
  // text from the rows, digit by digit.
  void a_late_word_widens_what_was_written() {
    ProjectFixture f;
    std::string csv = "n,r,k\n";
    constexpr int kRows = 70000;
    for (int i = 0; i < kRows; ++i)
      csv += (i % 2 == 0 ? "+" : "") + std::to_string(i) + "," + std::to_string(i) + "," + std::to_string(i) + "\n";
    csv += "word,1.5,9\n";
    const auto report = f.import("a.csv", csv);
    MW_REQUIRE(report);
    QCOMPARE(type_of(*report, "n"), std::string("text"));
    QCOMPARE(type_of(*report, "r"), std::string("real"));
    QCOMPARE(type_of(*report, "k"), std::string("integer"));
    const auto scan = ColumnScan::open(*f.project, *window_of_batches(*f.project, {report->batch}));
    MW_REQUIRE(scan);
    const auto n = scan->column("n");
    const auto r = scan->column("r");
    MW_REQUIRE(n);
    MW_REQUIRE(r);
    for (int i = 0; i < kRows; ++i) {
      const std::string expected = (i % 2 == 0 ? "+" : "") + std::to_string(i);
      if (n->text(i) != expected) QFAIL(expected.c_str());
      if (r->numbers[static_cast<size_t>(i)] != i) QFAIL(expected.c_str());
    }
    QCOMPARE(std::string(n->text(kRows)), std::string("word"));
    QCOMPARE(r->numbers.back(), 1.5);
    const auto check = check_batch(*f.project, report->batch);
    MW_REQUIRE(check);
    QVERIFY2(check->problems.empty(), check->problems.empty() ? "" : check->problems.front().c_str());
  }

  // JSON fields that come up late are missing before.
  void fields_that_come_up_late() {
    ProjectFixture f;
    std::string jsonl;
    for (int i = 0; i < 70000; ++i) jsonl += "{\"a\":" + std::to_string(i) + "}\n";
    jsonl += "{\"a\":1,\"b\":2.5}\n";
    const auto report = f.import("a.jsonl", jsonl);
    MW_REQUIRE(report);
    QCOMPARE(type_of(*report, "b"), std::string("real"));
    QCOMPARE(field_of(*report, "b")->missing, int64_t(70000));
    QVERIFY(check_batch(*f.project, report->batch)->problems.empty());
  }

  void every_leaf_is_recomputed() {
    ProjectFixture f;
    std::string csv = "a,b\n";
    for (int i = 0; i < 1000; ++i) csv += std::to_string(i) + ",\"x " + std::to_string(i % 7) + "\"\n";
    const auto report = f.import("a.csv", csv);
    MW_REQUIRE(report);
    const auto check = check_batch(*f.project, report->batch);
    MW_REQUIRE(check);
    QCOMPARE(check->records, int64_t(1000));
    QVERIFY2(check->problems.empty(), check->problems.empty() ? "" : check->problems.front().c_str());
  }
};

QTEST_GUILESS_MAIN(TestImport)
#include "test_import.moc"

// Choosing rows: the language, its errors, and what it chooses.
#include "project_fixture.h"

using namespace millwright;
using namespace millwright::records;

class TestWhere : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void reads_and_writes_itself_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("canonical");
    QTest::newRow("compare") << "a=1"
                             << "a = 1";
    QTest::newRow("operators") << "a <> 'x' and b>=2.5"
                               << "(a != 'x') and (b >= 2.5)";
    QTest::newRow("precedence") << "a=1 or b=2 and not c=3"
                                << "(a = 1) or ((b = 2) and (not (c = 3)))";
    QTest::newRow("parentheses") << "(a=1 or b=2) and c=3"
                                 << "((a = 1) or (b = 2)) and (c = 3)";
    QTest::newRow("in") << "a IN ('x', 'it''s', -3)"
                        << "a in ('x', 'it''s', -3)";
    QTest::newRow("not in") << "a not in (1,2)"
                            << "not (a in (1, 2))";
    QTest::newRow("missing") << "a is missing or b is not missing"
                             << "(a is missing) or (not (b is missing))";
    QTest::newRow("words") << "a contains 'x' and b matches '^y+$'"
                           << "(a contains 'x') and (b matches '^y+$')";
    QTest::newRow("names") << "\"a b\" = 1 and `in` = 2 and größe > 1e3"
                           << "((\"a b\" = 1) and (\"in\" = 2)) and (größe > 1e3)";
    QTest::newRow("booleans") << "flag = TRUE"
                              << "flag = true";
    QTest::newRow("empty") << "  "
                           << "";
  }
  void reads_and_writes_itself() {
    QFETCH(QString, text);
    QFETCH(QString, canonical);
    const auto where = Where::parse(text.toStdString());
    MW_REQUIRE(where);
    QCOMPARE(QString::fromStdString(where->text()), canonical);
    const auto again = Where::parse(where->text());
    MW_REQUIRE(again);
    QCOMPARE(again->text(), where->text());
  }

  void errors_say_where_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("position");
    QTest::newRow("no value") << "a ="
                              << "4";
    QTest::newRow("no comparison") << "a"
                                   << "2";
    QTest::newRow("bare word") << "a = x"
                               << "5";
    QTest::newRow("double quotes are names") << "a = \"x\""
                                             << "5";
    QTest::newRow("open string") << "a = 'x"
                                 << "5";
    QTest::newRow("open parenthesis") << "(a = 1"
                                      << "7";
    QTest::newRow("rest") << "a = 1 b = 2"
                          << "7";
    QTest::newRow("characters, not bytes") << "größe = 'ä' ;"
                                           << "13";
    QTest::newRow("bad number") << "a = 1.2.3"
                                << "5";
    QTest::newRow("list") << "a in (1 2)"
                          << "9";
    QTest::newRow("sql") << "a = 1; drop table batch"
                         << "6";
  }
  void errors_say_where() {
    QFETCH(QString, text);
    QFETCH(QString, position);
    const auto where = Where::parse(text.toStdString());
    QVERIFY(!where);
    QCOMPARE(where.error().code, std::string("where.syntax"));
    QCOMPARE(QString::fromStdString(where.error().arguments[0].second), position);
    QCOMPARE(exit_code(where.error().kind), 2);
  }

  void hostile_expressions_end() {
    QVERIFY(!Where::parse(std::string(100000, '(')));
    std::string deep;
    for (int i = 0; i < 100000; ++i) deep += "not ";
    QVERIFY(!Where::parse(deep + "a = 1"));
    std::string wide = "a = 1";
    for (int i = 0; i < 100000; ++i) wide += " or a = 1";
    QVERIFY(!Where::parse(wide));
    QCOMPARE(Where::parse("a matches '('").error().code, std::string("where.pattern"));
  }

  void chooses_data() {
    QTest::addColumn<QString>("where");
    QTest::addColumn<QString>("rows");
    // Three truth values as in SQL.
    QTest::newRow("equal") << "n = 2"
                           << "2";
    QTest::newRow("number as real") << "n = 2.0"
                                    << "2";
    QTest::newRow("number as string") << "n = '2'"
                                      << "2";
    QTest::newRow("range") << "n >= 2 and n < 4"
                           << "23";
    QTest::newRow("missing is not unequal") << "n != 2"
                                            << "1345";
    QTest::newRow("nor its negation") << "not n = 2"
                                      << "1345";
    QTest::newRow("missing") << "n is missing"
                             << "6";
    QTest::newRow("not missing") << "n is not missing and t is missing"
                                 << "4";
    QTest::newRow("in") << "n in (1, 5, 9)"
                        << "15";
    QTest::newRow("real") << "x > 1.25"
                          << "235";
    QTest::newRow("category") << "c = 'red'"
                              << "135";
    QTest::newRow("category in") << "c in ('red','blue')"
                                 << "1356";
    QTest::newRow("text order") << "t < 'b'"
                                << "16";
    QTest::newRow("contains") << "t contains 'an'"
                              << "256";
    QTest::newRow("contains category") << "c contains 'e' and not c contains 'r'"
                                       << "6";
    QTest::newRow("matches") << "t matches '^b.*a$'"
                             << "2";
    QTest::newRow("time") << "d >= '2026-01-03'"
                          << "345";
    QTest::newRow("time of day") << "d = '2026-01-02T12:00:00'"
                                 << "2";
    QTest::newRow("boolean") << "f = true"
                             << "124";
    QTest::newRow("boolean as string") << "f = 'false'"
                                       << "36";
    QTest::newRow("either or unknown") << "n = 99 or t is missing"
                                       << "4";
    QTest::newRow("unknown and false") << "not (n = 99 and c = 'red')"
                                       << "123456";
  }
  void chooses() {
    QFETCH(QString, where);
    QFETCH(QString, rows);
    static ProjectFixture f;
    static const auto report = [&] {
      ImportRequest request = f.request("a.csv",
                                        "row,n,x,c,t,d,f\n"
                                        "1,1,0.5,red,apple,2026-01-01,true\n"
                                        "2,2,1.5,green,banana,2026-01-02T12:00:00,true\n"
                                        "3,3,2.5,red,cherry,2026-01-03,false\n"
                                        "4,4,1.25,green,,2026-01-04,true\n"
                                        "5,5,9,red,mango,2026-01-05,\n"
                                        "6,,,blue,an apple,,false\n");
      request.types = {{"c", FieldType::category}, {"t", FieldType::text}};
      return f.import(request);
    }();
    MW_REQUIRE(report);
    const auto scan = ColumnScan::open(*f.project, *window_of_batches(*f.project, {report->batch}));
    const auto chosen = scan->select(*Where::parse(where.toStdString()));
    MW_REQUIRE(chosen);
    QString got;
    for (const int64_t row : *chosen) got += QString::number(row + 1);
    QCOMPARE(got, rows);
  }

  void wrong_types_are_said() {
    ProjectFixture f;
    MW_REQUIRE(f.import("a.csv", "n,t\n1,x y\n2,y z\n3,zz\n"));
    const auto scan = ColumnScan::open(*f.project, *whole_asset(*f.project, *find_asset(*f.project, "")));
    const auto code = [&](const char* text) {
      const auto rows = scan->select(*Where::parse(text));
      return rows ? std::string("none") : rows.error().code;
    };
    QCOMPARE(code("n = 'one'"), std::string("where.type"));
    QCOMPARE(code("n contains '1'"), std::string("where.type"));
    QCOMPARE(code("t > 5"), std::string("where.type"));
    QCOMPARE(code("z = 5"), std::string("where.unknown_field"));
    QCOMPARE(code("t = 5"), std::string("none"));
  }

  void built_without_words() {
    const std::vector<std::string> values = {"it's", "b"};
    const Where both = Where::both(Where::between("x", 0.1, 2, false), Where::any_of("c", values));
    QCOMPARE(both.text(), std::string("((x >= 0.1) and (x < 2)) and (c in ('it''s', 'b'))"));
    QCOMPARE(both.fields(), (std::vector<std::string>{"x", "c"}));
    QVERIFY(Where::both(Where(), Where()).empty());
    QCOMPARE(Where::missing("a b").text(), std::string("\"a b\" is missing"));
  }
};

QTEST_GUILESS_MAIN(TestWhere)
#include "test_where.moc"

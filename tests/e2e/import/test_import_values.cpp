// What goes in by `import` comes out by `records`: value for value, in order; what cannot go in is in `quarantine`,
// with its line, a reason and its bytes.
#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QTest>
#include <random>

#include "cli_process.h"

using millwright::test::cli;
using millwright::test::Said;

namespace {

QByteArray quoted(QByteArray cell) { return '"' + cell.replace("\"", "\"\"") + '"'; }

QString row_text(const QJsonObject& row, const QStringList& fields) {
  QString text;
  for (const QString& field : fields) text += "<" + row[field].toString() + ">";
  return text;
}

}  // namespace

class TestImportValues : public QObject {
  Q_OBJECT

  QTemporaryDir home_;
  int projects_ = 0;

  Said run(const QStringList& arguments, const QByteArray& input = {}) { return cli(home_, arguments, input); }
  QString fresh() {
    const QString project = home_.filePath(QString("p%1").arg(++projects_));
    if (run({"init", project}).code != 0) qFatal("init failed");
    return project;
  }
  QString write(const QString& name, const QByteArray& content) {
    QFile file(home_.filePath(name));
    if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size()) qFatal("cannot write");
    return file.fileName();
  }
  Said import(const QString& project, const QString& file, const QStringList& more = {}) {
    return run(QStringList{"import", project, file, "--json"} + more);
  }
  QList<QJsonObject> records(const QString& project, const QStringList& more = {}) {
    const Said said = run(QStringList{"records", project} + more);
    if (said.code != 0) qWarning("%s", said.err.constData());
    return said.lines();
  }
  static QString error_code(const Said& said) { return said.json()["error"].toObject()["code"].toString(); }
  void nothing_was_published(const QString& project) {
    QCOMPARE(run({"batches", project, "--json"}).json()["batches"].toArray().size(), 0);
    QVERIFY(QDir(project + ".millwright/batches").entryList(QDir::Files).isEmpty());
    QCOMPARE(run({"verify", project, "--json"}).code, 0);
  }

 private Q_SLOTS:
  void csv_values_come_back_byte_for_byte_and_in_order() {
    std::mt19937 random(5);
    const QByteArrayList pieces = {"a",
                                   "B",
                                   " ",
                                   ",",
                                   "\"",
                                   "\n",
                                   "\r\n",
                                   ";",
                                   "'",
                                   "\\",
                                   "\t",
                                   "0",
                                   "1.50",
                                   "-7",
                                   "true",
                                   "2024-01-02",
                                   "\xC3\xA9",
                                   "\xE2\x82\xAC",
                                   "\xF0\x9F\x98\x80",
                                   "{\"x\":1}",
                                   "\x01",
                                   "null"};
    QByteArray text = "id,b,c,d\r\n";
    QStringList expected;
    for (int row = 0; row < 3000; ++row) {
      QString line;
      for (int column = 0; column < 4; ++column) {
        QByteArray cell = column == 0 ? QByteArray::number(row) : QByteArray();
        for (size_t n = column == 0 ? 0 : random() % 5; n > 0; --n)
          cell += pieces[static_cast<qsizetype>(random() % static_cast<size_t>(pieces.size()))];
        text += (column > 0 ? "," : "") + quoted(cell);
        line += "<" + QString::fromUtf8(cell) + ">";
      }
      text += "\r\n";
      expected.append(line);
    }
    const QString project = fresh();
    const Said said = import(project, write("values.csv", text));
    QVERIFY2(said.code == 0, said.err + said.out);
    QCOMPARE(said.json()["rows_read"].toInt(), 3000);
    QCOMPARE(said.json()["rows_kept"].toInt(), 3000);
    QCOMPARE(said.json()["rows_quarantined"].toInt(), 0);
    QCOMPARE(said.json()["bytes"].toInt(), static_cast<int>(text.size()));
    const auto rows = records(project);
    QCOMPARE(rows.size(), 3000);
    for (qsizetype i = 0; i < rows.size(); ++i) QCOMPARE(row_text(rows[i], {"id", "b", "c", "d"}), expected[i]);
    QVERIFY(rows[0].contains("_id") && rows[0].contains("_batch"));
    QCOMPARE(run({"verify", project, "--deep", "--json"}).code, 0);
  }

  void numbers_of_a_table_stay_the_text_they_were() {
    const QString project = fresh();
    QCOMPARE(import(project, write("n.csv",
                                   "i,f,t,b\n007,1.50,2024-01-02T03:04:05Z,true\n+1,1e3,2024-01-02 03:04:05,FALSE\n"
                                   "12345678901234567890,-0.0,2024-01-02,0\n"))
                 .code,
             0);
    const auto rows = records(project);
    QCOMPARE(row_text(rows[0], {"i", "f", "t", "b"}), QString("<007><1.50><2024-01-02T03:04:05Z><true>"));
    QCOMPARE(row_text(rows[1], {"i", "f", "t", "b"}), QString("<+1><1e3><2024-01-02 03:04:05><FALSE>"));
    QCOMPARE(row_text(rows[2], {"i", "f", "t", "b"}), QString("<12345678901234567890><-0.0><2024-01-02><0>"));
  }

  void json_values_come_back_as_the_json_they_were() {
    const QByteArrayList lines = {
        R"({"s":"plain","i":1,"f":1.0,"e":1E+2,"big":123456789012345678901234567890,"t":true,"n":null})",
        "{\"f\":0.10000000000000000555,\"s\":\"caf\\u00e9 \\\"x\\\" \\\\ \\/ \\ud83d\\ude00\",\"o\":{ \"b\" : 1 , "
        "\"a\" : "
        "[1, 2.50 , {}] }}",
        R"({"i":"1","t":"true","n":0,"l":[],"o":{}})", R"({"only":"here","i":-0})", R"({})"};
    const QString project = fresh();
    const Said said = import(project, write("values.jsonl", lines.join('\n') + "\n"));
    QVERIFY2(said.code == 0, said.err + said.out);
    const Said back = run({"records", project});
    const QByteArrayList out = back.out.trimmed().split('\n');
    QCOMPARE(out.size(), lines.size());
    for (qsizetype i = 0; i < lines.size(); ++i) {
      // By their text: numbers keep their digits, nested values their white space, members their order. Strings may be
      // escaped otherwise, so they are compared as values.
      const QJsonObject before = QJsonDocument::fromJson(lines[i]).object();
      QJsonObject after = QJsonDocument::fromJson(out[i]).object();
      QVERIFY(after.contains("_id") && after.contains("_batch"));
      after.remove("_id");
      after.remove("_batch");
      QVERIFY2(after == before, out[i]);
    }
    QVERIFY2(out[0].endsWith(R"("i":1,"f":1.0,"e":1E+2,"big":123456789012345678901234567890,"t":true,"n":null})"),
             out[0]);
    QVERIFY2(out[1].contains(R"("f":0.10000000000000000555)"), out[1]);
    QVERIFY2(out[1].contains(R"("o":{ "b" : 1 , "a" : [1, 2.50 , {}] })"), out[1]);
    QVERIFY2(out[3].endsWith(R"("only":"here","i":-0})"), out[3]);
  }

  void package_indexes_come_back_field_by_field() {
    const QString project = fresh();
    const QByteArray text =
        "Package: 0ad\nInstalled-Size: 28591\nTag: game::strategy,\n interface::x11\n\nPackage: b\n"
        "Description: x: y\n";
    QCOMPARE(import(project, write("Packages", text)).code, 0);
    const auto rows = records(project);
    QCOMPARE(rows.size(), 2);
    QCOMPARE(row_text(rows[0], {"Package", "Installed-Size", "Tag"}),
             QString("<0ad><28591><game::strategy,\n interface::x11>"));
    QCOMPARE(rows[1]["Description"].toString(), QString("x: y"));
    QVERIFY(!rows[1].contains("Tag"));
  }

  void bad_rows_are_in_quarantine_data() {
    QTest::addColumn<QString>("file");
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<int>("kept");
    QTest::addColumn<QList<int>>("lines");
    QTest::addColumn<QByteArray>("first_raw");
    QTest::newRow("ragged") << "r.csv" << QByteArray("a,b\n1,2\n3\n4,5,6\n\"x\ny\",7\n8,9\n") << 3 << QList<int>{3, 4}
                            << QByteArray("3");
    QTest::newRow("open quotation mark") << "q.csv" << QByteArray("a,b\n1,2\n\"3,4\n5,6\n") << 2 << QList<int>{3}
                                         << QByteArray("\"3,4");
    QTest::newRow("invalid bytes") << "u.csv" << QByteArray("a,b\n\xC3\xA9,2\n\xFF\xFE,3\n4,5\n") << 2 << QList<int>{3}
                                   << QByteArray("\xEF\xBF\xBD\xEF\xBF\xBD,3");
    QTest::newRow("zero byte") << "z.csv" << QByteArray("a,b\n1,2\n3\0,4\n", 13) << 1 << QList<int>{3}
                               << QByteArray("3\0,4", 4);
    QTest::newRow("not JSON") << "j.jsonl" << QByteArray("{\"a\":1}\n{\"a\":NaN}\n[1]\n{\"a\":1,\"a\":2}\n{\"a\":2}\n")
                              << 2 << QList<int>{2, 3, 4} << QByteArray("{\"a\":NaN}");
    QTest::newRow("bad stanza") << "Packages" << QByteArray("Package: a\nV: 1\n\nno colon\n\nPackage: b\nV: 2\n") << 2
                                << QList<int>{4} << QByteArray("no colon");
  }
  void bad_rows_are_in_quarantine() {
    QFETCH(QString, file);
    QFETCH(QByteArray, text);
    QFETCH(int, kept);
    QFETCH(QList<int>, lines);
    QFETCH(QByteArray, first_raw);
    const QString project = fresh();
    const Said said = import(project, write(file, text));
    QVERIFY2(said.code == 0, said.err + said.out);
    QCOMPARE(said.json()["rows_kept"].toInt(), kept);
    QCOMPARE(said.json()["rows_quarantined"].toInt(), static_cast<int>(lines.size()));
    const auto quarantined = run({"quarantine", project, "--json"}).lines();
    QCOMPARE(quarantined.size(), lines.size());
    for (qsizetype i = 0; i < lines.size(); ++i) {
      QCOMPARE(quarantined[i]["line"].toInt(), lines[i]);
      QVERIFY(!quarantined[i]["reason"].toString().isEmpty());
    }
    QCOMPARE(quarantined[0]["raw"].toString(), QString::fromUtf8(first_raw));
    QCOMPARE(records(project).size(), kept);
  }

  void encodings_data() {
    QTest::addColumn<QByteArray>("text");
    const QString plain = QString::fromUtf8("name,town\nn\xC3\xA4me,M\xC3\xBCnchen\n");
    QTest::newRow("utf-8") << plain.toUtf8();
    QTest::newRow("utf-8 with mark") << QByteArray("\xEF\xBB\xBF") + plain.toUtf8();
    QTest::newRow("latin-1") << plain.toLatin1();
    QByteArray little, big;
    for (const QChar c : QChar(0xFEFF) + plain) {
      little += static_cast<char>(c.unicode() & 0xFF);
      little += static_cast<char>(c.unicode() >> 8);
      big += static_cast<char>(c.unicode() >> 8);
      big += static_cast<char>(c.unicode() & 0xFF);
    }
    QTest::newRow("utf-16 little-endian") << little;
    QTest::newRow("utf-16 big-endian") << big;
  }
  void encodings() {
    QFETCH(QByteArray, text);
    const QString project = fresh();
    const Said said = import(project, write("e.csv", text));
    QVERIFY2(said.code == 0, said.err + said.out);
    const auto rows = records(project);
    QCOMPARE(rows.size(), 1);
    QCOMPARE(row_text(rows[0], {"name", "town"}), QString::fromUtf8("<n\xC3\xA4me><M\xC3\xBCnchen>"));
  }

  void a_source_without_a_row_ends_with_3_data() {
    QTest::addColumn<QString>("file");
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("empty") << "empty.csv" << QByteArray();
    QTest::newRow("header only") << "header.csv" << QByteArray("a,b\n");
    QTest::newRow("all rows bad") << "bad.csv" << QByteArray("a,b\n1\n2\n");
    QTest::newRow("no JSON at all") << "bad.jsonl" << QByteArray("x\ny\n");
    QTest::newRow("empty JSON Lines") << "empty.jsonl" << QByteArray();
    QTest::newRow("a program") << "program"
                               << QByteArray(
                                      "\x7F"
                                      "ELF\x02\x01\x01\0\0\0\0\0",
                                      12);
    QTest::newRow("broken header") << "header.csv" << QByteArray("a,\"b\n1,2\n");
  }
  void a_source_without_a_row_ends_with_3() {
    QFETCH(QString, file);
    QFETCH(QByteArray, text);
    const QString project = fresh();
    const Said said = import(project, write(file, text));
    QVERIFY2(said.code == 3, said.err + said.out);
    QVERIFY(!error_code(said).isEmpty());
    QVERIFY(!said.json()["error"].toObject()["message"].toString().isEmpty());
    nothing_was_published(project);
  }
  void what_cannot_be_read_ends_with_3() {
    const QString project = fresh();
    for (const QString& source : {home_.filePath("not-there.csv"), home_.path()}) {
      const Said said = import(project, source);
      QVERIFY2(said.code == 3, said.err + said.out);
      QVERIFY(said.json()["error"].toObject()["message"].toString().contains(QFileInfo(source).fileName()));
    }
    const QString file = write("t.csv", "a,b\n1,2\n");
    QCOMPARE(import(project, file, {"--connector", "nothing"}).code, 3);
    QCOMPARE(import(project, file, {"--text", "no_such_field"}).code, 3);
    QCOMPARE(import(project, file, {"--split", "sideways"}).code, 2);
    QCOMPARE(import(project, file, {"--type", "a=colour"}).code, 2);
    nothing_was_published(project);
  }
  void what_is_no_project_ends_with_4() {
    const QString file = write("t.csv", "a,b\n1,2\n");
    QCOMPARE(import(home_.filePath("nowhere"), file).code, 4);
    QVERIFY(!QDir(home_.filePath("nowhere.millwright")).exists());
    QDir().mkpath(home_.filePath("hollow.millwright"));
    QCOMPARE(import(home_.filePath("hollow"), file).code, 4);
    QVERIFY(QDir(home_.filePath("hollow.millwright")).isEmpty());
  }

  void a_dry_run_says_and_publishes_nothing() {
    const QString project = fresh();
    const Said said = import(project, write("dry.csv", "a,b\n1,x\n2,y\nbad\n"), {"--dry-run"});
    QVERIFY2(said.code == 0, said.err + said.out);
    QCOMPARE(said.json()["rows_kept"].toInt(), 2);
    QCOMPARE(said.json()["rows_quarantined"].toInt(), 1);
    QCOMPARE(said.json()["fields"].toArray().size(), 2);
    nothing_was_published(project);
    QCOMPARE(import(project, home_.filePath("dry.csv")).json()["rows_kept"].toInt(), 2);
  }

  void the_same_file_twice_makes_one_batch() {
    const QString project = fresh();
    const QString file = write("twice.csv", "a,b\n1,x\n2,y\n");
    const Said first = import(project, file);
    const Said second = import(project, file);
    QCOMPARE(second.code, 0);
    QCOMPARE(second.json()["batch"], first.json()["batch"]);
    QCOMPARE(run({"batches", project, "--json"}).json()["batches"].toArray().size(), 1);
    QCOMPARE(records(project).size(), 2);
    // The same bytes under another name are the same source; one byte more is another.
    QCOMPARE(import(project, write("copy.csv", "a,b\n1,x\n2,y\n"), {"--asset", "twice"}).json()["batch"],
             first.json()["batch"]);
    const Said third = import(project, write("more.csv", "a,b\n1,x\n2,y\n3,z\n"), {"--asset", "twice"});
    QCOMPARE(third.json()["rows_kept"].toInt(), 1);
    QCOMPARE(third.json()["rows_duplicate"].toInt(), 2);
    QCOMPARE(records(project, {"--asset", "twice"}).size(), 3);
    QCOMPARE(records(project, {"--batch", third.json()["batch"].toString()}).size(), 3);
  }
  void a_row_that_arrives_again_is_a_member_not_a_copy() {
    const QString project = fresh();
    const Said said = import(project, write("again.csv", "a,b\n1,x\n2,y\n1,x\n1,x\n\"1\",\"x\"\n"));
    QCOMPARE(said.json()["rows_read"].toInt(), 5);
    QCOMPARE(said.json()["rows_kept"].toInt(), 2);
    QCOMPARE(said.json()["rows_duplicate"].toInt(), 3);
    QCOMPARE(records(project).size(), 2);
    const auto arrivals = records(project, {"--batch", said.json()["batch"].toString()});
    QCOMPARE(arrivals.size(), 5);
    QCOMPARE(arrivals[2]["_id"], arrivals[0]["_id"]);
    QCOMPARE(row_text(arrivals[1], {"a", "b"}), QString("<2><y>"));
  }

  void types_are_inferred_widened_and_declared() {
    const QString project = fresh();
    QByteArray text = "i,f,t,b,c,x,mixed,late\n";
    for (int n = 0; n < 400; ++n)
      text += QByteArray::number(n) + "," + QByteArray::number(n / 7.0, 'f', 4) + ",2024-01-02T03:04:05Z," +
              (n % 2 ? "true" : "false") + ",kind" + QByteArray::number(n % 4) + ",\"text number " +
              QByteArray::number(n) + " of many\"," + (n == 200 ? "word" : QByteArray::number(n)) + "," +
              (n == 399 ? "0.5" : QByteArray::number(n)) + "\n";
    const Said said = import(project, write("types.csv", text));
    QHash<QString, QString> types;
    for (const auto& field : said.json()["fields"].toArray())
      types[field.toObject()["name"].toString()] = field.toObject()["type"].toString();
    QCOMPARE(types["i"], QString("integer"));
    QCOMPARE(types["f"], QString("real"));
    QCOMPARE(types["t"], QString("timestamp"));
    QCOMPARE(types["b"], QString("boolean"));
    QCOMPARE(types["c"], QString("category"));
    QCOMPARE(types["x"], QString("text"));
    QVERIFY(types["mixed"] == "text" || types["mixed"] == "category");
    QCOMPARE(types["late"], QString("real"));
    const Said declared = import(project, write("types2.csv", "i,f\n1,2\nword,3\n4,5\n"),
                                 {"--asset", "declared", "--type", "i=integer", "--type", "f=text"});
    QCOMPARE(declared.json()["rows_kept"].toInt(), 2);
    QCOMPARE(declared.json()["rows_quarantined"].toInt(), 1);
    const auto quarantined = run({"quarantine", project, "--batch", declared.json()["batch"].toString()}).lines();
    QCOMPARE(quarantined[0]["line"].toInt(), 3);
    QVERIFY(quarantined[0]["reason"].toString().contains("word") || quarantined[0]["reason"].toString().contains("i"));
    QCOMPARE(quarantined[0]["raw"].toString(), QString("word,3"));
  }

  void missing_values_are_counted_and_found() {
    const QString project = fresh();
    const Said said = import(project, write("m.csv", "a,b\n1,\n2,\"\"\n3,x\n,y\n"));
    for (const auto& field : said.json()["fields"].toArray())
      QCOMPARE(field.toObject()["missing"].toInt(), field.toObject()["name"].toString() == "b" ? 2 : 1);
    QCOMPARE(records(project, {"--where", "b is missing"}).size(), 2);
    QCOMPARE(records(project, {"--where", "a >= 2 and not b is missing"}).size(), 1);
  }

  void standard_input_is_a_source() {
    const QString project = fresh();
    const Said said = run({"import", project, "-", "--asset", "piped", "--json"}, "a,b\n1,2\n3,4\n");
    QVERIFY2(said.code == 0, said.err + said.out);
    QCOMPARE(said.json()["rows_kept"].toInt(), 2);
    QCOMPARE(said.json()["asset"].toString(), QString("piped"));
  }

  void records_as_csv_can_be_imported_again() {
    const QString project = fresh();
    QCOMPARE(import(project, write("o.csv", "a,b\n\"x,\"\"y\",\"1\n2\"\nz,\n")).code, 0);
    const Said out = run({"records", project, "--format", "csv"});
    const QString second = fresh();
    QCOMPARE(import(second, write("o2.csv", out.out)).code, 0);
    const auto rows = records(second);
    QCOMPARE(row_text(rows[0], {"a", "b"}), QString("<x,\"y><1\n2>"));
    QCOMPARE(row_text(rows[1], {"a", "b"}), QString("<z><>"));
  }
};

QTEST_GUILESS_MAIN(TestImportValues)
#include "test_import_values.moc"

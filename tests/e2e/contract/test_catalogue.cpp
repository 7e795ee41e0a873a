// Verbs on what is in a project, without a model: quarantine, schema, dropping a batch, lineage of a snapshot, standard
// input read by several programs at once.
#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QTest>

#include "cli_process.h"

using millwright::test::cli;
using millwright::test::Said;

class TestCatalogue : public QObject {
  Q_OBJECT

  QTemporaryDir home_;

  Said run(const QStringList& arguments, const QByteArray& input = {}) { return cli(home_, arguments, input); }
  QString code_of(const Said& said) { return said.json()["error"].toObject()["code"].toString(); }
  QString write(const QString& name, const QByteArray& content) {
    QFile file(home_.filePath(name));
    if (!file.open(QIODevice::WriteOnly)) return {};
    file.write(content);
    return file.fileName();
  }
  QString fresh(const QString& name) {
    const QString project = home_.filePath(name);
    return run({"init", project}).code == 0 ? project : QString();
  }
  /// n rows whose texts begin at number `from`.
  static QByteArray rows(int from, int n) {
    QByteArray text = "number,text,kind\n";
    for (int i = from; i < from + n; ++i)
      text +=
          QByteArray::number(i) + ",thing number " + QByteArray::number(i) + "," + (i % 2 == 0 ? "even" : "odd") + "\n";
    return text;
  }
  QString import(const QString& project, const QString& name, int from, int n) {
    const Said said = run({"import", project, write(name, rows(from, n)), "--asset", "things", "--text", "text", "--id",
                           "number", "--json"});
    return said.code == 0 ? said.json()["batch"].toString() : QString();
  }

 private Q_SLOTS:
  void initTestCase() { QVERIFY(home_.isValid()); }

  void quarantine_gives_line_reason_and_raw_text() {
    const QString project = fresh("quarantine");
    const Said first = run({"import", project, write("ragged.csv", "a,b\n1,2\n3\n4,5,6\n7,8\n"), "--json"});
    QVERIFY2(first.code == 0, first.err);
    QCOMPARE(first.json()["rows_kept"].toInt(), 2);
    QCOMPARE(first.json()["rows_quarantined"].toInt(), 2);
    const Said second = run({"import", project, write("more.csv", "a,b\n9,10\n11\n"), "--json"});
    QVERIFY2(second.code == 0, second.err);
    const auto all = run({"quarantine", project}).lines();
    QCOMPARE(all.size(), 3);
    QCOMPARE(all[0]["line"].toInt(), 3);
    QCOMPARE(all[0]["raw"].toString(), QString("3"));
    QCOMPARE(all[1]["line"].toInt(), 4);
    QCOMPARE(all[1]["raw"].toString(), QString("4,5,6"));
    for (const auto& row : all) QVERIFY(!row["reason"].toString().isEmpty());
    const auto one = run({"quarantine", project, "--batch", second.json()["batch"].toString()}).lines();
    QCOMPARE(one.size(), 1);
    QCOMPARE(one[0]["raw"].toString(), QString("11"));
    const Said unknown = run({"quarantine", project, "--batch", "zzzzzzzz"});
    QCOMPARE(unknown.code, 3);
    QVERIFY(unknown.lines().last().contains("error"));
  }

  void schema_is_shown_declared_and_remembered() {
    const QString project = fresh("schema");
    QVERIFY(!import(project, "first.csv", 0, 40).isEmpty());
    const QJsonObject before = run({"schema", project, "show", "--json"}).json();
    QCOMPARE(before["version"].toInt(), 1);
    QCOMPARE(before["fields"].toArray().size(), 3);
    const auto type_of = [](const QJsonObject& schema, const QString& field) {
      for (const auto& one : schema["fields"].toArray())
        if (one.toObject()["name"].toString() == field) return one.toObject()["type"].toString();
      return QString();
    };
    QCOMPARE(type_of(before, "number"), QString("integer"));
    const Said set = run({"schema", project, "set", "number=text", "--asset", "things", "--json"});
    QVERIFY2(set.code == 0, set.err + set.out);
    QCOMPARE(set.json()["version"].toInt(), 2);
    QCOMPARE(type_of(run({"schema", project, "show", "--json"}).json(), "number"), QString("text"));
    const QJsonObject history = run({"schema", project, "history", "--json"}).json();
    QCOMPARE(history["version"].toInt(), 2);
    QCOMPARE(history["history"].toArray().size(), 2);
    QVERIFY(history.contains("fields"));
    QCOMPARE(run({"schema", project, "set", "number", "--json"}).code, 2);
    QCOMPARE(run({"schema", project, "set", "number=colour", "--json"}).code, 2);
    QCOMPARE(run({"schema", project, "set", "nowhere=text", "--json"}).code, 3);
    QCOMPARE(run({"schema", project, "show", "--asset", "nothing", "--json"}).code, 3);
    QCOMPARE(run({"schema", project, "show", "--json"}).json()["version"].toInt(), 2);
  }

  void a_batch_is_dropped_unless_a_snapshot_holds_it() {
    const QString project = fresh("drop");
    const QString held = import(project, "held.csv", 0, 60);
    const QString free = import(project, "free.csv", 1000, 30);
    QCOMPARE(run({"task", project, "create", "kinds", "--text", "text"}).code, 0);
    QCOMPARE(run({"labels", project, "from-field", "kind", "--by", "Ada", "--batch", held}).code, 0);
    QCOMPARE(run({"snapshot", project, "--batch", held}).code, 0);
    const Said refused = run({"batch", "drop", project, held, "--json"});
    QCOMPARE(refused.code, 1);
    QCOMPARE(code_of(refused), QString("batch.held"));
    // What hangs on the free one: labels, a queue.
    QCOMPARE(run({"labels", project, "from-field", "kind", "--by", "Ada", "--batch", free}).code, 0);
    QCOMPARE(run({"queue", project, "add", "--name", "some", "--batch", free}).code, 0);
    const Said dropped = run({"batch", "drop", project, free, "--json"});
    QVERIFY2(dropped.code == 0, dropped.err + dropped.out);
    const auto left = run({"batches", project, "--json"}).json()["batches"].toArray();
    QCOMPARE(left.size(), 1);
    QCOMPARE(left[0].toObject()["batch"].toString(), held);
    QCOMPARE(run({"records", project}).lines().size(), 60);
    QCOMPARE(run({"batch", "drop", project, free}).code, 3);
    for (const QStringList& verb :
         {QStringList{"status", project}, {"snapshot", project}, {"queue", project, "list"}}) {
      const Said said = run(verb + QStringList{"--json"});
      QVERIFY2(said.code == 0, qPrintable(verb.first() + ": " + said.out + said.err));
    }
    const Said verified = run({"verify", project, "--deep", "--json"});
    QVERIFY2(verified.code == 0, verified.out);
    // The same rows may come again.
    QVERIFY(!import(project, "again.csv", 1000, 30).isEmpty());
    QCOMPARE(run({"records", project}).lines().size(), 90);
  }

  void lineage_of_a_snapshot_and_of_a_record() {
    const QString project = fresh("lineage");
    const QString batch = import(project, "rows.csv", 0, 60);
    QCOMPARE(run({"task", project, "create", "kinds", "--text", "text"}).code, 0);
    QCOMPARE(run({"labels", project, "from-field", "kind", "--by", "Ada"}).code, 0);
    const QString snapshot = run({"snapshot", project, "--json"}).json()["snapshot"].toString();
    const Said said = run({"lineage", project, snapshot, "--json"});
    QVERIFY2(said.code == 0, said.err);
    QStringList kinds;
    for (const auto& node : said.json()["nodes"].toArray()) kinds.append(node.toObject()["kind"].toString());
    QVERIFY(kinds.contains("snapshot") && kinds.contains("batch"));
    bool holds = false;
    for (const auto& edge : said.json()["edges"].toArray()) {
      const QJsonObject one = edge.toObject();
      if (one["from"].toString() == snapshot && one["to"].toString() == batch) {
        holds = true;
        QCOMPARE(one["rows"].toInt(), 60);
      }
    }
    QVERIFY(holds);
    const QString record = run({"records", project, "--limit", "1"}).lines().first()["_id"].toString();
    QCOMPARE(run({"lineage", project, record, "--json"}).code, 0);
    QCOMPARE(run({"lineage", project, "zzzzzzzz", "--json"}).code, 3);
  }

  void several_programs_read_standard_input_at_once() {
    const QString project = fresh("stdin");
    constexpr int kPrograms = 3, kRows = 3000;
    std::vector<std::unique_ptr<QProcess>> programs;
    for (int i = 0; i < kPrograms; ++i) {
      auto& program = *programs.emplace_back(std::make_unique<QProcess>());
      program.setProcessEnvironment(millwright::test::environment_in(home_.path()));
      program.start(millwright::test::cli_program(),
                    {"import", project, "-", "--asset", "things", "--id", "number", "--lock-timeout", "60", "--json"});
    }
    // All have begun before any of them has its end.
    for (int i = 0; i < kPrograms; ++i) {
      QVERIFY(programs[static_cast<size_t>(i)]->waitForStarted());
      programs[static_cast<size_t>(i)]->write(rows(i * kRows, kRows));
    }
    // Whoever publishes while another reads the same asset's duplicates makes that one stop: it says so, changes
    // nothing, and its rows go in when it is asked again.
    QStringList batches;
    for (int i = 0; i < kPrograms; ++i) {
      auto& program = *programs[static_cast<size_t>(i)];
      program.closeWriteChannel();
      QVERIFY(program.waitForFinished(120'000));
      QJsonObject said = QJsonDocument::fromJson(program.readAllStandardOutput()).object();
      if (program.exitCode() != 0) {
        QCOMPARE(said["error"].toObject()["code"].toString(), QString("import.concurrent"));
        const Said again =
            run({"import", project, "-", "--asset", "things", "--id", "number", "--json"}, rows(i * kRows, kRows));
        QVERIFY2(again.code == 0, again.err + again.out);
        said = again.json();
      }
      batches.append(said["batch"].toString());
    }
    batches.removeDuplicates();
    QCOMPARE(batches.size(), kPrograms);
    QCOMPARE(run({"batches", project, "--json"}).json()["batches"].toArray().size(), kPrograms);
    QCOMPARE(run({"records", project}).lines().size(), kPrograms * kRows);
    QCOMPARE(run({"verify", project, "--deep", "--json"}).code, 0);
    // What came in whole before gives the batch it has.
    const Said again = run({"import", project, "-", "--asset", "things", "--id", "number", "--json"}, rows(0, kRows));
    QVERIFY2(again.code == 0, again.err + again.out);
    QVERIFY(batches.contains(again.json()["batch"].toString()));
    QCOMPARE(run({"batches", project, "--json"}).json()["batches"].toArray().size(), kPrograms);
    // An input without a row is refused.
    QCOMPARE(run({"import", project, "-", "--asset", "things", "--json"}, "").code, 3);
  }

  void history_of_a_guide_has_its_rules_too() {
    const QString project = fresh("guide");
    QVERIFY(!import(project, "rows.csv", 0, 20).isEmpty());
    QCOMPARE(run({"task", project, "create", "kinds", "--text", "text", "--labels", "even,odd"}).code, 0);
    QCOMPARE(run({"guide", project, "add", "--rule", "Zero", "--decision", "Zero is even.", "--by", "Ada"}).code, 0);
    for (const char* verb : {"show", "history"}) {
      const QJsonObject said = run({"guide", project, verb, "--json"}).json();
      QCOMPARE(said["version"].toInt(), 1);
      QCOMPARE(said["rules"].toArray().size(), 1);
    }
  }
};

QTEST_GUILESS_MAIN(TestCatalogue)
#include "test_catalogue.moc"

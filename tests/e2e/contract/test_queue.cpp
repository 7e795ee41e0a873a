// `queue P add` by all its ways, on the demo: what lands in a queue is compared with what other verbs say (`records`,
// `predict`), in order; what cannot be done ends with its code and adds nothing.
#include <QFile>
#include <QJsonArray>
#include <QSet>
#include <QTest>
#include <algorithm>

#include "cli_process.h"
#include "labels/queue.h"
#include "store/lookup.h"

using millwright::test::cli;
using millwright::test::Said;

class TestQueue : public QObject {
  Q_OBJECT

  QTemporaryDir home_;
  QString project_, reference_, later_;
  QJsonObject demo_;

  Said run(const QStringList& arguments) { return cli(home_, arguments); }
  Said add(const QStringList& arguments) {
    return run(QStringList{"queue", project_, "add"} + arguments + QStringList{"--json"});
  }

  /// Ids of a queue's records, in its order, as `records` writes them.
  QStringList items(const QString& queue) {
    auto project = millwright::store::Project::open((project_ + ".millwright").toStdString(), {"test", "test"});
    if (!project) return {"no project"};
    const auto queues = millwright::labels::list_queues(*project, std::nullopt);
    QStringList ids;
    for (const auto& one : *queues) {
      if (one.name != queue.toStdString()) continue;
      const auto rows = millwright::labels::queue_items(*project, one.id, -1, 1'000'000);
      for (const auto& row : *rows)
        ids.append(QString::fromStdString(*millwright::store::record_to_text(*project, row.record)));
    }
    return ids;
  }

  /// Ids that `records` streams, each once, in order.
  QStringList records(const QStringList& arguments) {
    QStringList ids;
    QSet<QString> seen;
    for (const auto& line : run(QStringList{"records", project_, "--asset", "packages"} + arguments).lines()) {
      const QString id = line["_id"].toString();
      if (!seen.contains(id)) ids.append(id);
      seen.insert(id);
    }
    return ids;
  }

  static QStringList sorted(QStringList list) {
    list.sort();
    return list;
  }

 private Q_SLOTS:
  void initTestCase() {
    QVERIFY(home_.isValid());
    project_ = home_.filePath("demo");
    const Said said = run({"demo", project_, "--source", "generated", "--limit", "2000", "--json"});
    QVERIFY2(said.code == 0, said.err + said.out.right(2000));
    demo_ = said.json();
    reference_ = demo_["batches"].toArray().first().toString();
    later_ = demo_["batches"].toArray().last().toString();
  }

  void by_expression() {
    const QString where = "installed_size > 1000 and section = 'libs'";
    const QStringList expected = records({"--where", where});
    QVERIFY(expected.size() > 5);
    const Said said = add({"--name", "by where", "--where", where});
    QVERIFY2(said.code == 0, said.err + said.out);
    for (const char* key : {"queue", "items", "done", "added", "already"}) QVERIFY2(said.json().contains(key), key);
    QCOMPARE(said.json()["added"].toInt(), static_cast<int>(expected.size()));
    QCOMPARE(items("by where"), expected);
    // A repeat adds what is missing: nothing.
    const QJsonObject again = add({"--name", "by where", "--where", where}).json();
    QCOMPARE(again["added"].toInt(), 0);
    QCOMPARE(again["already"].toInt(), static_cast<int>(expected.size()));
  }

  void by_batch() {
    QVERIFY(add({"--name", "by batch", "--batch", later_}).code == 0);
    QCOMPARE(sorted(items("by batch")), sorted(records({"--batch", later_})));
  }

  void by_record() {
    const QStringList all = records({"--limit", "9"});
    QVERIFY(add({"--name", "by record", "--record", all[7], "--record", all[2]}).code == 0);
    QCOMPARE(items("by record"), (QStringList{all[7], all[2]}));
    QCOMPARE(add({"--name", "by record", "--record", all[1], "--where", "section = 'net'"}).code, 2);
    QCOMPARE(add({"--name", "by record", "--record", reference_ + "-99999999"}).code, 3);
    QCOMPARE(items("by record").size(), 2);
  }

  void at_random() {
    const auto draw = [&](const QString& name, const char* seed) {
      return add({"--name", name, "--batch", later_, "--order", "random", "--seed", seed, "--limit", "40"}).code;
    };
    QCOMPARE(draw("draw a", "7"), 0);
    QCOMPARE(draw("draw b", "7"), 0);
    QCOMPARE(draw("draw c", "8"), 0);
    QCOMPARE(items("draw a").size(), 40);
    QCOMPARE(items("draw a"), items("draw b"));
    QVERIFY(items("draw a") != items("draw c"));
    // A sample of all, not the first ones shuffled.
    const QStringList later = records({"--batch", later_});
    const QStringList first(later.begin(), later.begin() + 40);
    QVERIFY(sorted(items("draw a")) != sorted(first));
  }

  void least_certain_first() {
    struct Scored {
      double confidence;
      QString record;
    };
    QList<Scored> predicted;
    QSet<QString> seen;
    const QString model = demo_["model"].toString();
    for (const auto& line : run({"predict", project_, "--model", model, "--batch", later_}).lines()) {
      if (seen.contains(line["record"].toString())) continue;
      seen.insert(line["record"].toString());
      predicted.append({line["confidence"].toDouble(), line["record"].toString()});
    }
    QVERIFY(predicted.size() > 100);
    std::stable_sort(predicted.begin(), predicted.end(),
                     [](const Scored& a, const Scored& b) { return a.confidence < b.confidence; });
    // So many that no tie lies on the edge.
    int limit = 30;
    while (predicted[limit].confidence == predicted[limit - 1].confidence) ++limit;
    QStringList expected;
    for (int i = 0; i < limit; ++i) expected.append(predicted[i].record);
    const QStringList how{"--batch", later_, "--order", "uncertain", "--limit", QString::number(limit)};
    QVERIFY(add(QStringList{"--name", "unsure"} + how).code == 0);
    QVERIFY(add(QStringList{"--name", "unsure of it", "--model", model} + how).code == 0);
    QCOMPARE(sorted(items("unsure")), sorted(expected));
    QCOMPARE(items("unsure").first(), expected.first());
    QCOMPARE(items("unsure"), items("unsure of it"));
    // Nobody predicted the reference batch; no model has such a name.
    const Said none = add({"--name", "none", "--batch", reference_, "--order", "uncertain"});
    QCOMPARE(none.code, 3);
    QCOMPARE(none.json()["error"].toObject()["code"].toString(), QString("queue.no_predictions"));
    QCOMPARE(add({"--name", "none", "--batch", later_, "--model", "zzzzzzzz"}).code, 3);
    QVERIFY(items("none").isEmpty());
  }

  void behind_a_drifted_bin() {
    const QString drift = demo_["drift"].toString();
    const QStringList part{"--drift", drift, "--field", "installed_size", "--range", "1000..3000"};
    const QString where = "installed_size >= 1000 and installed_size <= 3000";
    const QStringList expected = records({"--batch", later_, "--where", where});
    QVERIFY(expected.size() > 5);
    QVERIFY(add(QStringList{"--name", "bin"} + part).code == 0);
    QCOMPARE(items("bin"), expected);
    // Together with an expression both hold.
    QVERIFY(add(QStringList{"--name", "bin of libs", "--where", "section = 'libs'"} + part).code == 0);
    QCOMPARE(items("bin of libs"), records({"--batch", later_, "--where", where + " and section = 'libs'"}));
    // Categories by name.
    QVERIFY(add({"--name", "two", "--drift", drift, "--field", "section", "--range", "libs, net"}).code == 0);
    QCOMPARE(items("two"), records({"--batch", later_, "--where", "section in ('libs', 'net')"}));
  }

  void behind_a_bin_of_what_is_new() {
    QSet<QString> known;
    for (const auto& line : run({"records", project_, "--batch", reference_}).lines())
      known.insert(line["source"].toString());
    QStringList expected;
    QSet<QString> seen;
    int fresh = 0;
    for (const auto& line : run({"records", project_, "--batch", later_}).lines()) {
      if (known.contains(line["source"].toString())) continue;
      ++fresh;
      const double size = line["installed_size"].toVariant().toDouble();
      if (size < 100 || size > 3000 || seen.contains(line["_id"].toString())) continue;
      expected.append(line["_id"].toString());
      seen.insert(expected.last());
    }
    QVERIFY(expected.size() > 5);
    const Said drift = run({"drift", project_, "--asset", "packages", "--reference", reference_, "--current", later_,
                            "--new", "source", "--json"});
    QVERIFY2(drift.code == 0, drift.err + drift.out);
    QCOMPARE(drift.json()["rows_current"].toInt(), fresh);
    QCOMPARE(drift.json()["new"].toString(), QString("source"));
    QVERIFY(add({"--name", "new bin", "--drift", drift.json()["drift"].toString(), "--field", "installed_size",
                 "--range", "100..3000"})
                .code == 0);
    QCOMPARE(items("new bin"), expected);
  }

  void what_cannot_be_queued() {
    const QString drift = demo_["drift"].toString();
    const QList<std::pair<int, QStringList>> cases{
        {2, {"--drift", drift}},
        {2, {"--drift", drift, "--field", "installed_size"}},
        {2, {"--field", "installed_size", "--range", "1..2"}},
        {2, {"--drift", drift, "--field", "installed_size", "--range", "2..1"}},
        {3, {"--drift", drift, "--field", "nothing", "--range", "1..2"}},
        {3, {"--drift", "zzzzzzzz", "--field", "installed_size", "--range", "1..2"}},
        {2, {"--order", "sideways"}},
        {2, {"--where", "section ="}},
        {3, {"--where", "nowhere = 1"}},
        {3, {"--batch", "zzzzzzzz"}},
        {3, {"--task", "nobody's"}},
        {2, {"--where", "installed_size < 0"}},  // nothing is chosen
        {2, {"--batch", reference_, "--unlabeled"}},
    };
    const auto before = run({"queue", project_, "list", "--json"}).out;
    for (const auto& [code, arguments] : cases) {
      const Said said = add(QStringList{"--name", "never"} + arguments);
      QVERIFY2(said.code == code, qPrintable(arguments.join(' ') + QString(": %1 ").arg(said.code) + said.out));
      QVERIFY2(said.json()["error"].toObject().contains("code"), qPrintable(arguments.join(' ')));
    }
    QCOMPARE(run({"queue", project_, "list", "--json"}).out, before);
  }

  void labels_that_look_wrong() {
    const Said early = add({"--name", "early", "--suspects"});
    QCOMPARE(early.code, 3);
    QCOMPARE(early.json()["error"].toObject()["code"].toString(), QString("cross_validate.none"));
    const Said made = run({"crossvalidate", project_, "--folds", "3", "--wait", "--json"});
    QVERIFY2(made.code == 0, made.err + made.out);
    QStringList expected;
    for (const auto& one : run({"suspects", project_, "--json"}).json()["suspects"].toArray())
      expected.append(one.toObject()["record"].toString());
    QVERIFY(expected.size() > 3);
    QCOMPARE(made.json()["metrics"].toObject()["suspected"].toInt(), static_cast<int>(expected.size()));
    QVERIFY(add({"--name", "look again", "--suspects", "--limit", "3"}).code == 0);
    QCOMPARE(items("look again"), expected.mid(0, 3));
    QCOMPARE(add({"--name", "early", "--suspects", "--model", demo_["model"].toString()}).code, 2);
  }

  void for_one_person() {
    const QStringList records = this->records({"--batch", later_, "--limit", "3"});
    QVERIFY(add({"--name", "Ben's", "--batch", later_, "--limit", "3", "--assign", "Ben"}).code == 0);
    const QJsonObject next = run({"queue", project_, "next", "--name", "Ben's", "--by", "Ben", "--json"}).json();
    QCOMPARE(next["record"].toString(), items("Ben's").first());
    QCOMPARE(run({"queue", project_, "next", "--name", "Ben's", "--by", "Ada", "--json"}).code, 1);
    for (const QString& record : items("Ben's"))
      QVERIFY(run({"queue", project_, "next", "--name", "Ben's", "--by", "Ben"}).code == 0 &&
              run({"labels", project_, "skip", "--record", record, "--by", "Ben"}).code == 0);
    QCOMPARE(run({"queue", project_, "next", "--name", "nowhere", "--json"}).code, 3);
  }

  void cleanupTestCase() { QCOMPARE(run({"verify", project_, "--deep", "--json"}).code, 0); }
};

QTEST_GUILESS_MAIN(TestQueue)
#include "test_queue.moc"

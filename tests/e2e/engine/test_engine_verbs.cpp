// The engine's own verbs as a script calls them: exit codes, and what `bench` measures of determinism.
#include <QFile>
#include <QJsonArray>
#include <QTemporaryDir>
#include <QTest>

#include "engine_process.h"

using millwright::test::engine;
using millwright::test::Said;

namespace {

const QStringList kSmall{"--layers",     "1",         "--hidden", "32",      "--heads", "2",         "--intermediate",
                         "64",           "--threads", "1",        "--texts", "4",       "--seconds", "1",
                         "--vocabulary", "200",       "--device", "cpu",     "--json"};

}  // namespace

class TestEngineVerbs : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void bench_measures_what_determinism_costs() {
    const Said said = engine(QStringList{"bench", "--suite", "train", "--determinism"} + kSmall);
    QCOMPARE(said.code, 0);
    const QJsonObject figures = said.lines()[0]["determinism"].toObject();
    QVERIFY(figures["rounds"].toInt() >= 16);
    QVERIFY(figures["seconds_deterministic"].toDouble() > 0);
    QVERIFY(figures["seconds_free"].toDouble() > 0);
    const QJsonArray quartiles = figures["cost_quartiles"].toArray();
    QVERIFY(quartiles[0].toDouble() <= figures["cost"].toDouble());
    QVERIFY(figures["cost"].toDouble() <= quartiles[1].toDouble());
    QVERIFY(!engine(QStringList{"bench", "--suite", "train"} + kSmall).lines()[0].contains("determinism"));
    QCOMPARE(engine(QStringList{"bench", "--suite", "infer", "--determinism"} + kSmall).code, 2);
  }

  void a_gpu_that_is_not_here() {
    const Said verb = engine({"selftest", "--device", "cuda:77"});
    QCOMPARE(verb.code, 2);
    QVERIFY(verb.err.contains("cuda:77"));
    const QTemporaryDir memory;
    QFile spec(memory.filePath("spec.json"));
    QVERIFY(spec.open(QIODevice::WriteOnly));
    spec.write(R"({"format":1,"job":"01890a5d-ac96-774b-bcce-b302099a8057","kind":"train",)"
               R"("body":{"algorithm":"encoder","device":"cuda:77"}})");
    spec.close();
    for (int i = 0; i < 2; ++i) {  // and may be tried again
      QCOMPARE(engine({memory.path()}).code, 5);
      QFile result(memory.filePath("result.json"));
      QVERIFY(result.open(QIODevice::ReadOnly));
      const QJsonObject document = QJsonDocument::fromJson(result.readAll()).object();
      QCOMPARE(document["cause"].toString(), QStringLiteral("device_gone"));
      QVERIFY(document["message"].toString().contains("nvidia-smi"));
    }
  }
};

QTEST_GUILESS_MAIN(TestEngineVerbs)
#include "test_engine_verbs.moc"

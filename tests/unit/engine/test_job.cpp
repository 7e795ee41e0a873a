// The engine on a job folder, in this process: what it leaves, and how it ends when something is wrong.
#include <QTest>
#include <fstream>
#include <sstream>
#include <thread>

#include "easy_rows.h"
#include "engine/training_rows.h"
#include "text/linear_classifier.h"

using namespace millwright;

using millwright::testing::easy_rows;
using Folder = millwright::testing::JobInFolder;

class TestEngineJob : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void leaves_a_model_predictions_and_figures() {
    const Folder folder(easy_rows(40));
    QCOMPARE(folder.run(), 0);
    const jobs::JobResult result = folder.result();
    QVERIFY(result.ok);
    const Json& outputs = result.outputs;
    QCOMPARE(outputs["metrics"]["test"]["accuracy"].get<double>(), 1.0);
    QCOMPARE(outputs["metrics"]["test"]["n"].get<int>(), 60);
    QCOMPARE(outputs["labels"].get<int>(), 3);
    for (const Json& file : outputs["files"])
      QCOMPARE(to_hex(*sha256_of_file(folder.job->file(file["name"].get<std::string>()))),
               file["sha256"].get<std::string>());
    QVERIFY(outputs["weights_sha256"] == outputs["files"][2]["sha256"]);

    const auto model = text::LinearClassifier::load(folder.job->file("model"));
    QVERIFY(model.has_value());
    text::LinearScratch scratch;
    QCOMPARE(model->labels()[model->predict("a plum", scratch).label], std::string("fruit"));

    std::ifstream predictions(folder.job->file("predictions.jsonl"));
    int lines = 0;
    for (std::string line; std::getline(predictions, line); ++lines) {
      const Json row = Json::parse(line);
      QVERIFY(row["label"] == row["predicted"]);
      QVERIFY(row["confidence"].get<double>() > 0.34 && row["confidence"].get<double>() <= 1);
      QVERIFY(row["top"][0][0] == row["predicted"]);
    }
    QCOMPARE(lines, 120);

    jobs::EventReader reader(folder.job->path());
    int metrics = 0, progress = 0;
    for (const jobs::Event& event : reader.next()) {
      metrics += event.type == "metric" ? 1 : 0;
      progress += event.type == "progress" ? 1 : 0;
    }
    QVERIFY(metrics > 2);
    QVERIFY(progress > 2);
  }

  void repeats_to_the_byte() {
    const Folder one(easy_rows(30)), two(easy_rows(30)),
        threads(easy_rows(30), {{"algorithm", "linear"}, {"seed", 1}, {"options", {{"threads", 3}}}});
    QCOMPARE(one.run() + two.run() + threads.run(), 0);
    QVERIFY(one.result().outputs["weights_sha256"] == two.result().outputs["weights_sha256"]);
    QVERIFY(one.result().outputs["weights_sha256"] == threads.result().outputs["weights_sha256"]);
    QCOMPARE(*read_file(one.job->file("predictions.jsonl")), *read_file(two.job->file("predictions.jsonl")));
  }

  void calibrates_without_a_validation_split() {
    std::string rows;
    std::string line;
    std::istringstream all(easy_rows(60));
    while (std::getline(all, line))
      if (line.find("\"validation\"") == std::string::npos) rows += line + "\n";
    const Folder folder(rows);
    QCOMPARE(folder.run(), 0);
    QCOMPARE(folder.result().outputs["calibration"]["on"].get<std::string>(), std::string("internal"));
    QVERIFY(!folder.result().outputs["metrics"].contains("validation"));
  }

  void says_why_it_failed_data() {
    QTest::addColumn<QByteArray>("rows");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QByteArray>("kind");
    const QByteArray good = R"({"algorithm":"linear","seed":1})";
    QTest::newRow("no rows") << QByteArray("") << good << QByteArray("train");
    QTest::newRow("one label") << QByteArray(
                                      "{\"record\":\"1\",\"text\":\"a b\",\"label\":\"x\",\"split\":\"train\"}\n")
                               << good << QByteArray("train");
    QTest::newRow("no JSON") << QByteArray("hello\n") << good << QByteArray("train");
    QTest::newRow("a number for a text") << QByteArray(
                                                "{\"record\":\"1\",\"text\":5,\"label\":\"x\",\"split\":\"train\"}\n")
                                         << good << QByteArray("train");
    QTest::newRow("unknown split") << QByteArray(
                                          "{\"record\":\"1\",\"text\":\"a\",\"label\":\"x\",\"split\":\"dev\"}\n")
                                   << good << QByteArray("train");
    QTest::newRow("cut off") << QByteArray("{\"record\":\"1\",\"text\":\"a") << good << QByteArray("train");
    const QByteArray rows = QByteArray::fromStdString(easy_rows(10));
    QTest::newRow("unknown option") << rows << QByteArray(R"({"algorithm":"linear","options":{"depth":3}})")
                                    << QByteArray("train");
    QTest::newRow("option out of range") << rows << QByteArray(R"({"algorithm":"linear","options":{"c":-1}})")
                                         << QByteArray("train");
    QTest::newRow("unknown algorithm") << rows << QByteArray(R"({"algorithm":"oracle"})") << QByteArray("train");
    QTest::newRow("unknown kind") << rows << good << QByteArray("dance");
  }
  void says_why_it_failed() {
    QFETCH(QByteArray, rows);
    QFETCH(QByteArray, body);
    QFETCH(QByteArray, kind);
    const Folder folder(rows.toStdString(), Json::parse(body.toStdString()), kind.toStdString());
    QCOMPARE(folder.run(), 3);
    const jobs::JobResult result = folder.result();
    QVERIFY(!result.ok);
    QVERIFY(result.cause == jobs::Cause::bad_data);
    QVERIFY(!result.message.empty());
    QCOMPARE(folder.run(), 3);  // again: the result stands
  }

  void ends_when_cancelled() {
    const Folder folder(easy_rows(3000),
                        {{"algorithm", "linear"}, {"options", {{"tolerance", 1e-6}, {"max_epochs", 100000}}}});
    std::jthread canceller([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
      (void)folder.job->request_cancel();
    });
    QCOMPARE(folder.run(), 6);
    QVERIFY(folder.result().cause == jobs::Cause::cancelled);
  }

  void one_engine_a_folder() {
    const Folder folder(easy_rows(10));
    const auto lock = folder.job->try_lock();
    QVERIFY(lock.has_value() && *lock);
    QCOMPARE(folder.run(), 105);
    QVERIFY(!*folder.job->result());
  }

  void a_folder_that_is_none() {
    const QTemporaryDir empty;
    const auto code = engine::run_job(empty.path().toStdString(), std::stop_source());
    QVERIFY(!code.has_value());
    QCOMPARE(code.error().code, std::string("job.no_spec"));
  }
};

QTEST_GUILESS_MAIN(TestEngineJob)
#include "test_job.moc"

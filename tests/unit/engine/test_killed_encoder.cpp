// kill -9 of an encoder's training at twenty random moments: started again it goes on, and in the end its weights are
// those of a run that nobody disturbed, to the bit.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <QTest>
#include <chrono>
#include <thread>

#include "started_engine.h"

using namespace millwright;
using millwright::testing::easy_rows;
using Folder = millwright::testing::JobInFolder;
using millwright::testing::start_engine;
using millwright::testing::steps_of;

namespace {

constexpr int kKills = 20;

Json body(const char* dtype) {
  return {{"algorithm", "encoder"},
          {"seed", 3},
          {"device", "cpu"},
          {"options",
           {{"layers", 2},
            {"hidden", 64},
            {"heads", 2},
            {"intermediate", 128},
            {"vocabulary", 300},
            {"epochs", 15},
            {"batch_size", 8},
            {"max_length", 16},
            {"dtype", dtype},
            {"dropout", 0.1},
            {"checkpoint_seconds", 0},
            {"threads", 1}}}};
}

}  // namespace

class TestKilledEncoder : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void its_weights_are_the_same_data() {
    QTest::addColumn<QByteArray>("dtype");
    QTest::newRow("fp32") << QByteArray("fp32");
    QTest::newRow("bf16") << QByteArray("bf16");
  }
  void its_weights_are_the_same() {
    QFETCH(QByteArray, dtype);
    const std::string rows = easy_rows(60);
    const Folder undisturbed(rows, body(dtype.constData())), killed(rows, body(dtype.constData()));
    int status = 0;
    const pid_t whole = start_engine(undisturbed);
    QVERIFY(::waitpid(whole, &status, 0) == whole && WIFEXITED(status) && WEXITSTATUS(status) == 0);

    Random random(11);
    int kills = 0;
    while (!*killed.job->result() && kills < 200) {
      const pid_t child = start_engine(killed);
      if (kills < kKills) {
        // Some steps into what this process does itself.
        const int64_t before = steps_of(killed);
        for (int i = 0; i < 3000 && steps_of(killed) <= before && ::waitpid(child, &status, WNOHANG) == 0; ++i)
          std::this_thread::sleep_for(std::chrono::milliseconds(5));
        std::this_thread::sleep_for(std::chrono::microseconds(random.below(150'000)));
        if (::kill(child, SIGKILL) == 0) ++kills;
      }
      ::waitpid(child, &status, 0);
    }
    QVERIFY(*killed.job->result());
    QVERIFY(killed.result().ok);
    qInfo("%d kills, %lld steps", kills, killed.result().outputs["training"]["steps"].get<long long>());
    QVERIFY(kills >= 5);
    QVERIFY(killed.result().outputs["training"]["resumed"].get<bool>());
    QVERIFY(killed.result().outputs["weights_sha256"] == undisturbed.result().outputs["weights_sha256"]);
    QVERIFY(killed.result().outputs["curve"] == undisturbed.result().outputs["curve"]);
    QCOMPARE(*read_file(killed.job->file("predictions.jsonl")), *read_file(undisturbed.job->file("predictions.jsonl")));
  }
};

QTEST_GUILESS_MAIN(TestKilledEncoder)
#include "test_killed_encoder.moc"

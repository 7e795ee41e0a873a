// kill -9 of a training at random moments, fifty times: each time the job says that it crashed or was done before, no
// model is half there, and the next training gives the same weights as one that nobody disturbed.
#include <signal.h>

#include <QTest>
#include <chrono>
#include <thread>

#include "models/registry.h"
#include "trainable_project.h"

using namespace millwright;
using namespace millwright::models;
using millwright::testing::need;
using millwright::testing::Trainable;

class TestKilledTraining : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void nothing_is_half_there() {
    Trainable bench;
    const Run undisturbed = bench.train();
    Random random(11);
    int killed = 0, done = 0;
    auto foreman = need(models::foreman(bench.project));
    for (int i = 0; i < 50; ++i) {
      TrainRequest request;
      request.seed = 1;
      const jobs::Job job = need(start_training(bench.project, request, {}));
      const fs::path folder = jobs::folder_of(bench.project, job.uuid);
      const auto wait = std::chrono::microseconds(random.below(200'000));
      std::jthread killer([&, wait] {
        for (int round = 0; round < 2000; ++round) {
          const auto opened = jobs::JobFolder::open(folder);
          if (!opened) return;  // already taken over
          if (const auto engine = opened->engine()) {
            std::this_thread::sleep_for(wait);
            if (jobs::is_alive(*engine)) ::kill(static_cast<pid_t>(engine->pid), SIGKILL);
            return;
          }
          std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
      });
      const auto ended = foreman.wait(job.id, {});
      killer.join();
      const jobs::Job now = need(jobs::read_job(bench.project, job.id));
      if (ended) {
        ++done;
        QVERIFY(need(run_of_job(bench.project, job.id)).weights_sha256 == undisturbed.weights_sha256);
      } else {
        ++killed;
        QVERIFY(now.state == jobs::JobState::failed && now.cause == jobs::Cause::crashed);
        QVERIFY(!run_of_job(bench.project, job.id).has_value());
      }
    }
    qInfo("killed %d, done before %d", killed, done);
    QVERIFY(killed > 0);
    QCOMPARE(need(list_models(bench.project)).size(), static_cast<size_t>(done + 1));
    QVERIFY(need(verify_models(bench.project, {})).problems.empty());
    QVERIFY(bench.train().weights_sha256 == undisturbed.weights_sha256);
  }
};

QTEST_GUILESS_MAIN(TestKilledTraining)
#include "test_killed_training.moc"

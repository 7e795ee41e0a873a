// The queue and whoever looks after it. The engine is this very program: started with a job folder it does what the
// job's plan says (end well, crash, hang, ignore the request to stop).
#include <signal.h>
#include <unistd.h>

#include <QCoreApplication>
#include <QTemporaryDir>
#include <QTest>
#include <fstream>
#include <thread>

#include "base/clock.h"
#include "jobs/foreman.h"
#include "jobs/queue.h"

using namespace millwright;
using namespace millwright::jobs;

namespace {

/// The stand-in for an engine.
int play_engine(const fs::path& path) {
  const auto folder = JobFolder::open(path);
  if (!folder) return 3;
  const auto lock = folder->try_lock();
  if (!lock || !*lock) return 5;
  const std::string mode = folder->spec().body.value("mode", "ok");
  if (mode == "crash early") return 7;
  (void)folder->write_engine(this_process());
  std::stop_source stop;
  const auto events = EventWriter::open(*folder, stop);
  (*events)->progress({"train", 1, 4, "epochs"});
  if (mode == "crash") {
    ::signal(SIGSEGV, SIG_DFL);  // a sanitizer's handler would turn the signal into an exit code
    ::raise(SIGSEGV);
  }
  if (mode == "ignore") {
    ::signal(SIGTERM, SIG_IGN);
    for (;;) ::pause();
  }
  // What it left stands for a checkpoint.
  const bool second_time = fs::exists(folder->file("left"));
  if (mode.ends_with(" once")) (void)write_file_atomically(folder->file("left"), "\n");
  const bool hangs = mode == "hang" || (mode == "hang once" && !second_time);
  if (hangs || mode == "slow")
    for (int i = 0; !stop.stop_requested() && (hangs || i < 10); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
  JobResult result;
  if (!second_time && (mode == "full once" || mode == "diverges once")) {
    result.cause = mode == "full once" ? Cause::disk_full : Cause::diverged;
    (void)folder->write_result(result);
    return 0;
  }
  result.ok = !stop.stop_requested() && mode != "fail";
  if (!result.ok) result.cause = stop.stop_requested() ? Cause::cancelled : Cause::diverged;
  if (mode == "fail") result.message = "it went to infinity";
  result.outputs = {{"answer", 42}};
  (void)folder->write_result(result);
  return 0;
}

struct Bench {
  QTemporaryDir memory;
  store::Project project;
  int harvested = 0;
  Bench() : project(make(memory)) {}
  static store::Project make(const QTemporaryDir& memory) {
    auto made = store::Project::create(fs::path(memory.path().toStdString()) / "p.millwright", {"Ada", "bench"}, {});
    if (!made) qFatal("%s", message_of(made.error()).c_str());
    return std::move(*made);
  }
  Foreman foreman() {
    return Foreman(
        *project.clone(),
        {{"play", [this](store::Project&, const Job&, const JobFolder&, const JobResult& result) -> Result<Commit> {
            if (result.outputs["answer"] != 42) qFatal("another result");
            return Commit([this](store::Transaction&) -> Status {
              ++harvested;
              return {};
            });
          }}});
  }
  Job queue(const char* mode) {
    auto job = enqueue(project, "play", {{"mode", mode}}, [](const JobFolder& folder) {
      return write_file_atomically(folder.file("inputs/rows.jsonl"), "{}\n");
    });
    if (!job) qFatal("%s", message_of(job.error()).c_str());
    return *job;
  }
  [[nodiscard]] Job now(const Job& job) const { return *read_job(project, job.id); }
};

}  // namespace

class TestForeman : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() { qputenv("MILLWRIGHT_ENGINE", QCoreApplication::applicationFilePath().toUtf8()); }

  void a_job_is_done_and_taken_over_once() {
    Bench bench;
    const Job job = bench.queue("ok");
    QVERIFY(job.state == JobState::queued);
    QVERIFY(fs::exists(folder_of(bench.project, job.uuid) / "spec.json"));
    Foreman foreman = bench.foreman();
    std::vector<std::string> seen;
    const auto done = foreman.wait(job.id, {}, [&](const Event& event) { seen.push_back(event.type); });
    QVERIFY2(done.has_value(), done ? "" : message_of(done.error()).c_str());
    QVERIFY(done->state == JobState::done);
    QVERIFY(done->harvested);
    QCOMPARE(bench.harvested, 1);
    QVERIFY(std::find(seen.begin(), seen.end(), "progress") != seen.end());
    QVERIFY(!fs::exists(folder_of(bench.project, job.uuid)));
  }

  void several_foremen_take_a_result_over_once() {
    Bench bench;
    std::vector<Job> jobs;
    for (int i = 0; i < 4; ++i) jobs.push_back(bench.queue(i % 2 == 0 ? "ok" : "slow"));
    std::vector<Foreman> foremen;
    for (int i = 0; i < 3; ++i) foremen.push_back(bench.foreman());
    QTRY_VERIFY_WITH_TIMEOUT(([&] {
                               for (Foreman& foreman : foremen)
                                 if (auto round = foreman.round(); !round)
                                   qWarning("%s", message_of(round.error()).c_str());
                               return std::all_of(jobs.begin(), jobs.end(),
                                                  [&](const Job& j) { return bench.now(j).ended(); });
                             }()),
                             60000);
    QCOMPARE(bench.harvested, 4);
  }

  void a_job_that_something_else_made_fail_is_tried_again() {
    Bench bench;
    const Job job = bench.queue("full once");
    Foreman foreman = bench.foreman();
    QVERIFY(!foreman.wait(job.id, {}));
    QVERIFY(bench.now(job).cause == Cause::disk_full);
    QVERIFY(fs::exists(folder_of(bench.project, job.uuid) / "inputs/rows.jsonl"));
    QVERIFY(retry_job(bench.project, job.id).has_value());
    QVERIFY(bench.now(job).state == JobState::queued);
    QVERIFY(!bench.now(job).cause && !bench.now(job).finished_ms);
    const auto done = foreman.wait(job.id, {});
    QVERIFY2(done.has_value(), done ? "" : message_of(done.error()).c_str());
    QCOMPARE(bench.harvested, 1);
    const auto again = retry_job(bench.project, job.id);
    QVERIFY(!again && again.error().code == "job.not_ended");
  }

  void a_cancelled_job_is_tried_again_on_another_device() {
    Bench bench;
    const Job job = bench.queue("hang once");
    Foreman foreman = bench.foreman();
    QTRY_VERIFY(foreman.round().has_value() && bench.now(job).progress.has_value());
    QVERIFY(cancel_job(bench.project, job.id).has_value());
    QVERIFY(!foreman.wait(job.id, {}));
    QVERIFY(bench.now(job).state == JobState::cancelled);
    const auto bad = retry_job(bench.project, job.id, "printer");
    QVERIFY(!bad && bad.error().code == "train.device");
    QVERIFY(retry_job(bench.project, job.id, "cpu").has_value());
    QCOMPARE(bench.now(job).spec["device"].get<std::string>(), std::string("cpu"));
    QVERIFY(JobFolder::open(folder_of(bench.project, job.uuid))->spec().body == bench.now(job).spec);
    Foreman another = bench.foreman();
    QVERIFY(another.wait(job.id, {}).has_value());
  }

  void what_would_fail_the_same_way_leaves_nothing() {
    Bench bench;
    const Job job = bench.queue("diverges once");
    Foreman foreman = bench.foreman();
    QVERIFY(!foreman.wait(job.id, {}));
    QVERIFY(!fs::exists(folder_of(bench.project, job.uuid) / "inputs"));
    const auto again = retry_job(bench.project, job.id);
    QVERIFY(!again && again.error().code == "job.nothing_left");
    QVERIFY(bench.now(job).state == JobState::failed);
  }

  void failures_have_a_cause_data() {
    QTest::addColumn<QByteArray>("mode");
    QTest::addColumn<QByteArray>("cause");
    QTest::addColumn<QByteArray>("words");
    QTest::newRow("crash") << QByteArray("crash") << QByteArray("crashed") << QByteArray("signal 11");
    QTest::newRow("crash early") << QByteArray("crash early") << QByteArray("crashed") << QByteArray("exit code 7");
    QTest::newRow("fail") << QByteArray("fail") << QByteArray("diverged") << QByteArray("infinity");
  }
  void failures_have_a_cause() {
    QFETCH(QByteArray, mode);
    QFETCH(QByteArray, cause);
    QFETCH(QByteArray, words);
    Bench bench;
    const Job job = bench.queue(mode.constData());
    Foreman foreman = bench.foreman();
    const auto done = foreman.wait(job.id, {});
    QVERIFY(!done.has_value());
    QVERIFY(done.error().kind == ErrorKind::job);
    QCOMPARE(done.error().code, std::string("job.failed"));
    const Job now = bench.now(job);
    QVERIFY(now.state == JobState::failed);
    QCOMPARE(std::string(name_of(*now.cause)), cause.toStdString());
    QVERIFY2(now.message.find(words.toStdString()) != std::string::npos, now.message.c_str());
    QCOMPARE(bench.harvested, 0);
    // What lies in the job itself would fail again; what does not is kept to go on from.
    QCOMPARE(fs::exists(folder_of(bench.project, job.uuid) / "inputs/rows.jsonl"), cause != "diverged");
  }

  void a_queued_job_is_cancelled_at_once() {
    Bench bench;
    const Job job = bench.queue("ok");
    QVERIFY(cancel_job(bench.project, job.id));
    QVERIFY(bench.now(job).state == JobState::cancelled);
    QVERIFY(!fs::exists(folder_of(bench.project, job.uuid)));
    const auto again = cancel_job(bench.project, job.id);
    QVERIFY(!again.has_value());
    QCOMPARE(again.error().code, std::string("job.ended"));
  }

  void a_running_job_is_asked_to_stop() {
    Bench bench;
    const Job job = bench.queue("hang");
    Foreman foreman = bench.foreman();
    std::stop_source stop;
    const Work work{[&](const Progress&) { stop.request_stop(); }, stop.get_token()};
    const auto done = foreman.wait(job.id, work);
    QVERIFY(!done.has_value());
    QVERIFY(done.error().kind == ErrorKind::cancelled);
    QVERIFY(bench.now(job).state == JobState::cancelled);
  }

  void an_engine_that_ignores_it_is_made_to() {
    Bench bench;
    const Job job = bench.queue("ignore");
    Foreman foreman = bench.foreman();
    QTRY_VERIFY_WITH_TIMEOUT(
        (void(foreman.round()), JobFolder::open(folder_of(bench.project, job.uuid))->engine().has_value()), 20000);
    const EngineIdentity engine = *JobFolder::open(folder_of(bench.project, job.uuid))->engine();
    QVERIFY(cancel_job(bench.project, job.id));
    // Asked 11 s ago: both graces are over.
    QVERIFY(write_file_atomically(folder_of(bench.project, job.uuid) / "cancel", std::to_string(now_ms() - 11000)));
    QTRY_VERIFY_WITH_TIMEOUT((void(foreman.round()), bench.now(job).ended()), 20000);
    QVERIFY(bench.now(job).state == JobState::cancelled);
    QVERIFY(!is_alive(engine));
  }

  void a_job_outlives_its_starter() {
    Bench bench;
    const Job job = bench.queue("slow");
    {
      Foreman first = bench.foreman();
      QVERIFY(first.round());
      QVERIFY(bench.now(job).state == JobState::running);
    }
    // The next one finds the lease of a foreman that is gone; this process lives, so only the lease's time tells.
    QVERIFY(bench.project.write([&](store::Transaction& transaction) -> Status {
      return transaction.db().execute("UPDATE job SET lease_until_ms = 1");
    }));
    Foreman second = bench.foreman();
    const auto done = second.wait(job.id, {});
    QVERIFY2(done.has_value(), done ? "" : message_of(done.error()).c_str());
    QCOMPARE(bench.harvested, 1);
  }

  void a_claim_without_an_engine_is_started_by_the_next() {
    Bench bench;
    const Job job = bench.queue("ok");
    QVERIFY(bench.project.write([&](store::Transaction& transaction) -> Status {
      return transaction.db().execute("UPDATE job SET state = 'running', lease_holder = 'x/1/1/y', lease_until_ms = 1");
    }));
    Foreman foreman = bench.foreman();
    const auto done = foreman.wait(job.id, {});
    QVERIFY2(done.has_value(), done ? "" : message_of(done.error()).c_str());
    QCOMPARE(bench.harvested, 1);
  }

  void without_an_engine_nothing_is_claimed() {
    Bench bench;
    const Job job = bench.queue("ok");
    const QByteArray engine = qgetenv("MILLWRIGHT_ENGINE");
    qputenv("MILLWRIGHT_ENGINE", "/nowhere/millwright-engine");
    Foreman foreman = bench.foreman();
    const auto round = foreman.round();
    qputenv("MILLWRIGHT_ENGINE", engine);
    QVERIFY(!round.has_value());
    QCOMPARE(round.error().code, std::string("job.no_engine"));
    QVERIFY(bench.now(job).state == JobState::queued);
  }

  void work_off_empties_the_queue() {
    Bench bench;
    for (const char* mode : {"ok", "fail", "ok"}) (void)bench.queue(mode);
    Foreman foreman = bench.foreman();
    int ended = 0;
    QVERIFY(foreman.work_off({}, [&](const Sighting& s) { ended += s.ended_now ? 1 : 0; }));
    QCOMPARE(ended, 3);
    QCOMPARE(bench.harvested, 2);
  }
};

int main(int argc, char** argv) {
  if (argc == 2 && std::filesystem::is_directory(argv[1])) return play_engine(argv[1]);
  QCoreApplication app(argc, argv);
  TestForeman test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_foreman.moc"

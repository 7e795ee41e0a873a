// The job folder as the engine sees it: spec, events, result, cancel, lock; and folders that are not what they should
// be.
#include <sys/wait.h>
#include <unistd.h>

#include <QTemporaryDir>
#include <QTest>
#include <fstream>
#include <sstream>
#include <thread>

#include "jobs/job_folder.h"
#include "strange_files.h"

using namespace millwright;
using namespace millwright::jobs;

namespace {

struct Scratch {
  QTemporaryDir memory;
  fs::path path;
  Uuid id = new_uuid();
  Scratch() : path(fs::path(memory.path().toStdString()) / "job") {}
  [[nodiscard]] JobFolder make() const { return *JobFolder::create(path, {id, "train", {{"algorithm", "linear"}}}); }
  void write(const char* name, std::string_view content) const {
    if (!make_folders(path) || !write_file_atomically(path / name, content)) qFatal("cannot write");
  }
};

}  // namespace

class TestJobFolder : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void spec_comes_back() {
    const Scratch scratch;
    (void)scratch.make();
    const auto folder = JobFolder::open(scratch.path);
    QVERIFY(folder.has_value());
    QVERIFY(folder->spec().job == scratch.id);
    QCOMPARE(folder->spec().kind, std::string("train"));
    QCOMPARE(folder->spec().body["algorithm"].get<std::string>(), std::string("linear"));
  }

  void bad_specs_are_refused_data() {
    QTest::addColumn<QByteArray>("spec");
    QTest::newRow("empty") << QByteArray("");
    QTest::newRow("no JSON") << QByteArray("{");
    QTest::newRow("a list") << QByteArray("[1]");
    QTest::newRow("no format") << QByteArray(
        R"({"job":"018f0000-0000-7000-8000-000000000000","kind":"train","body":{}})");
    QTest::newRow("newer") << QByteArray(
        R"({"format":2,"job":"018f0000-0000-7000-8000-000000000000","kind":"train","body":{}})");
    QTest::newRow("no job") << QByteArray(R"({"format":1,"kind":"train","body":{}})");
    QTest::newRow("a job that is none") << QByteArray(R"({"format":1,"job":"x","kind":"train","body":{}})");
    QTest::newRow("no kind") << QByteArray(R"({"format":1,"job":"018f0000-0000-7000-8000-000000000000","body":{}})");
    QTest::newRow("a number for a kind") << QByteArray(
        R"({"format":1,"job":"018f0000-0000-7000-8000-000000000000","kind":5})");
    QTest::newRow("body no object") << QByteArray(
        R"({"format":1,"job":"018f0000-0000-7000-8000-000000000000","kind":"train","body":[1]})");
  }
  void bad_specs_are_refused() {
    QFETCH(QByteArray, spec);
    const Scratch scratch;
    scratch.write("spec.json", spec.toStdString());
    const auto folder = JobFolder::open(scratch.path);
    QVERIFY(!folder.has_value());
    QVERIFY(folder.error().kind == ErrorKind::bad_input);
  }

  void whatever_lies_in_the_place_of_the_spec_data() {
    QTest::addColumn<QByteArray>("what");
    for (const char* what : {"nothing", "empty", "folder", "pipe", "device", "link to itself", "text", "not UTF-8",
                             "nested", "huge number"})
      QTest::newRow(what) << QByteArray(what);
  }
  void whatever_lies_in_the_place_of_the_spec() {
    QFETCH(QByteArray, what);
    const Scratch scratch;
    (void)scratch.make();
    QVERIFY(fixtures::put_in_place_of(scratch.path / "spec.json", what.toStdString()));
    const auto folder = JobFolder::open(scratch.path);
    QVERIFY(!folder.has_value());
    QVERIFY(folder.error().kind == ErrorKind::bad_input);
  }

  // A link in the place of what the engine writes would let it write elsewhere; a pipe would make it wait.
  void nothing_leads_out_of_the_folder_data() {
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QByteArray>("what");
    for (const char* name : {"events.jsonl", "engine.lock", "engine.json", "result.json", "model", "checkpoint",
                             "cancel", "plan.json", "predictions.jsonl"})
      for (const char* what : {"link", "pipe", "device"})
        QTest::newRow((std::string(name) + ": " + what).c_str()) << QByteArray(name) << QByteArray(what);
  }
  void nothing_leads_out_of_the_folder() {
    QFETCH(QByteArray, name);
    QFETCH(QByteArray, what);
    const Scratch scratch;
    (void)scratch.make();
    const fs::path entry = scratch.path / name.toStdString();
    if (what == "link")
      fs::create_symlink(scratch.memory.path().toStdString(), entry);
    else
      QVERIFY(fixtures::put_in_place_of(entry, what.toStdString()));
    const auto folder = JobFolder::open(scratch.path);
    QVERIFY(!folder.has_value());
    QCOMPARE(folder.error().code, std::string("job.bad_entry"));
    QVERIFY(message_of(folder.error()).find(name.toStdString()) != std::string::npos);
  }
  void inputs_may_be_elsewhere() {
    const Scratch scratch;
    (void)scratch.make();
    fs::create_directory_symlink(scratch.memory.path().toStdString(), scratch.path / "inputs");
    QVERIFY(JobFolder::open(scratch.path).has_value());
  }

  void result_comes_back() {
    const Scratch scratch;
    const JobFolder folder = scratch.make();
    QVERIFY(!*folder.result());
    QVERIFY(folder.write_result({false, Cause::out_of_memory, "too big", 1.5, Json::object()}));
    const auto result = *folder.result();
    QVERIFY(result.has_value());
    QVERIFY(!result->ok);
    QVERIFY(result->cause == Cause::out_of_memory);
    QCOMPARE(result->message, std::string("too big"));
    QCOMPARE(result->seconds, 1.5);
    scratch.write("result.json", "{}");
    QVERIFY(!folder.result().has_value());
    scratch.write("result.json", R"({"ok":false,"cause":"nonsense"})");
    QVERIFY((*folder.result())->cause == Cause::crashed);
  }

  void causes_have_names() {
    for (const Cause cause : {Cause::out_of_memory, Cause::diverged, Cause::bad_data, Cause::disk_full,
                              Cause::device_gone, Cause::cancelled, Cause::crashed})
      QVERIFY(cause_named(name_of(cause)) == cause);
    QVERIFY(!cause_named("boredom"));
    QVERIFY(cause_of({ErrorKind::store, "file.disk_full", "", {}, ""}) == Cause::disk_full);
    QVERIFY(cause_of({ErrorKind::cancelled, "x", "", {}, ""}) == Cause::cancelled);
    QVERIFY(cause_of({ErrorKind::job, "train.device_gone", "", {}, ""}) == Cause::device_gone);
    QVERIFY(cause_of({ErrorKind::usage, "engine.no_device", "", {}, ""}) == Cause::device_gone);
    QVERIFY(cause_of({ErrorKind::bad_input, "x", "", {}, ""}) == Cause::bad_data);
    QVERIFY(cause_of({ErrorKind::job, "x", "", {}, ""}) == Cause::crashed);
  }

  void events_are_read_as_they_come() {
    const Scratch scratch;
    const JobFolder folder = scratch.make();
    EventReader reader(scratch.path);
    QVERIFY(reader.next().empty());
    const auto writer = EventWriter::open(folder, std::stop_source());
    QVERIFY(writer.has_value());
    (*writer)->metric("accuracy", 1, 0.5);
    (*writer)->progress({"train", 3, 10, "epochs"});
    const auto first = reader.next();
    QCOMPARE(first.size(), size_t{2});
    QCOMPARE(first[0].type, std::string("metric"));
    QCOMPARE(first[0].body["value"].get<double>(), 0.5);
    QCOMPARE(first[1].seq, int64_t{2});
    QVERIFY(reader.next().empty());
    // A torn line waits for its end; a foreign one is skipped.
    std::ofstream file(scratch.path / "events.jsonl", std::ios::app);
    file << "not json\n[1]\n{\"type\":\"log\",\"te" << std::flush;
    QVERIFY(reader.next().empty());
    file << "xt\":\"x\"}\n" << std::flush;
    const auto rest = reader.next();
    QCOMPARE(rest.size(), size_t{1});
    QCOMPARE(rest[0].type, std::string("log"));
    const auto progress = newest_progress(scratch.path);
    QVERIFY(progress.has_value());
    QCOMPARE(progress->phase, std::string("train"));
    QCOMPARE(progress->done, int64_t{3});
  }

  void the_engine_beats_and_sees_the_cancel_file() {
    const Scratch scratch;
    const JobFolder folder = scratch.make();
    std::stop_source stop;
    const auto writer = EventWriter::open(folder, stop);
    QVERIFY(!folder.cancel_requested());
    QVERIFY(folder.request_cancel());
    QVERIFY(folder.cancel_requested_ms().has_value());
    QTRY_VERIFY_WITH_TIMEOUT(stop.stop_requested(), 5000);
    EventReader reader(scratch.path);
    bool beat = false;
    QTRY_VERIFY_WITH_TIMEOUT(([&] {
                               for (const Event& event : reader.next()) beat = beat || event.type == "heartbeat";
                               return beat;
                             }()),
                             10000);
  }

  void one_process_holds_the_folder() {
    const Scratch scratch;
    const JobFolder folder = scratch.make();
    {
      const auto lock = folder.try_lock();
      QVERIFY(lock.has_value() && *lock);
      QVERIFY(!*folder.try_lock());
    }
    QVERIFY(*folder.try_lock());
  }

  void a_process_is_known_by_more_than_its_number() {
    EngineIdentity self = this_process();
    QVERIFY(is_alive(self));
    EngineIdentity other = self;
    other.start_ticks += 1;
    QVERIFY(!is_alive(other));
    other = self;
    other.boot = "another boot";
    QVERIFY(!is_alive(other));
    const pid_t child = ::fork();
    if (child == 0) {
      ::pause();
      ::_exit(0);
    }
    EngineIdentity running = self;
    running.pid = child;
    std::ifstream stat("/proc/" + std::to_string(child) + "/stat");
    std::string text((std::istreambuf_iterator<char>(stat)), {});
    // Fields after the name, which ends with the last parenthesis: start time is the 22nd of all, the 20th from there.
    std::istringstream fields(text.substr(text.rfind(')') + 2));
    std::string field;
    for (int i = 0; i < 20; ++i) fields >> field;
    running.start_ticks = std::stoull(field);
    QVERIFY(is_alive(running));
    ::kill(child, SIGKILL);
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT);
    QVERIFY(!is_alive(running));  // a zombie works no more
    ::waitpid(child, nullptr, 0);
    QVERIFY(!is_alive(running));
  }

  void a_device_is_lent_to_one_at_a_time() {
    const std::string device = "test:" + tail(new_uuid());
    std::optional<FileLock> first = *lock_device(device, {}, {});
    int waited = 0;
    std::jthread letting_go([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(350));
      first.reset();
    });
    const auto second = lock_device(device, {}, [&] { ++waited; });
    QVERIFY(second.has_value());
    QVERIFY(waited >= 1);
    std::stop_source stop;
    stop.request_stop();
    const auto third = lock_device(device, stop.get_token(), {});
    QVERIFY(!third.has_value());
    QVERIFY(third.error().kind == ErrorKind::cancelled);
  }

  void inputs_go_and_everything_goes() {
    const Scratch scratch;
    const JobFolder folder = scratch.make();
    QVERIFY(make_folders(folder.file("inputs/base")));
    QVERIFY(make_folders(folder.file("model")));
    scratch.write("inputs/rows.jsonl", "secret");
    scratch.write("inputs/base/config.json", "{}");
    fs::create_directory_symlink(folder.file("model"), folder.file("inputs/elsewhere"));
    scratch.write("model/config.json", "{}");
    QVERIFY(folder.remove_inputs());
    QVERIFY(!fs::exists(folder.file("inputs")));
    QVERIFY(fs::exists(folder.file("model/config.json")));
    QVERIFY(folder.remove_all());
    QVERIFY(!fs::exists(scratch.path));
  }
};

QTEST_GUILESS_MAIN(TestJobFolder)
#include "test_job_folder.moc"

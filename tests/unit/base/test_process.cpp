// Running other programs: expected values are what POSIX says of exit codes and signals.
#include <QTemporaryDir>
#include <QTest>
#include <thread>

#include "base/clock.h"
#include "base/files.h"
#include "base/process.h"

using namespace millwright;

class TestProcess : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void output_errors_and_exit_code() {
    const auto done = run_process({"sh", "-c", "echo out; echo err >&2; exit 7"});
    QVERIFY(done);
    QCOMPARE(done->exit_code, 7);
    QCOMPARE(done->output, std::string("out\n"));
    QCOMPARE(done->errors, std::string("err\n"));
  }
  void arguments_reach_it_as_they_are() {
    const auto done = run_process({"printf", "%s|", "a b", "$HOME", "'", ""});
    QVERIFY(done);
    QCOMPARE(done->output, std::string("a b|$HOME|'||"));
  }
  void a_signal_is_128_and_its_number() {
    const auto done = run_process({"sh", "-c", "kill -9 $$"});
    QVERIFY(done);
    QCOMPARE(done->exit_code, 137);
  }
  void a_program_that_is_not_there() {
    const auto done = run_process({"no-such-program-anywhere"});
    QVERIFY(!done);
    QCOMPARE(done.error().code, std::string("process.not_found"));
    QVERIFY(!program_exists("no-such-program-anywhere"));
    QVERIFY(program_exists("sh"));
  }
  void environment_is_added() {
    const auto done = run_process({"sh", "-c", "echo $MW_PROBE"}, {.environment = {"MW_PROBE=here"}});
    QVERIFY(done);
    QCOMPARE(done->output, std::string("here\n"));
  }
  void output_to_a_file() {
    QTemporaryDir folder;
    const fs::path file = folder.filePath("out").toStdString();
    const auto done = run_process({"sh", "-c", "head -c 200000 /dev/zero"}, {.output_file = file});
    QVERIFY(done);
    QCOMPARE(fs::file_size(file), 200000U);
  }
  void stopping_ends_it() {
    std::stop_source source;
    std::thread later([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      source.request_stop();
    });
    const double begun = steady_seconds();
    const auto done = run_process({"sleep", "30"}, {.stop = source.get_token()});
    later.join();
    QVERIFY(!done);
    QVERIFY(done.error().kind == ErrorKind::cancelled);
    QVERIFY(steady_seconds() - begun < 10);
  }
  void a_program_that_ignores_sigterm_is_killed() {
    const double begun = steady_seconds();
    const auto done = run_process({"sh", "-c", "trap '' TERM; sleep 30"}, {.timeout_seconds = 0.2});
    QVERIFY(!done);
    QCOMPARE(done.error().code, std::string("process.timeout"));
    QVERIFY(steady_seconds() - begun < 15);
  }
};

QTEST_GUILESS_MAIN(TestProcess)
#include "test_process.moc"

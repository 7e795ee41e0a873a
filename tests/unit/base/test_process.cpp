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
  void a_conversation_goes_line_by_line() {
    auto cat = Conversation::start({"sed", "-u", "s/^/got /"});
    QVERIFY(cat.has_value());
    for (const char* word : {"one", "", "two words"}) {
      const auto answer = cat->ask(word);
      QVERIFY2(answer.has_value(), word);
      QCOMPARE(*answer, std::string("got ") + word);
    }
    // More than both pipes hold, in one line.
    const std::string large(3'000'000, 'x');
    const auto answer = cat->ask(large);
    QVERIFY(answer && answer->size() == large.size() + 4);
  }
  void who_ends_before_the_answer_is_named_with_its_last_words() {
    auto gone = Conversation::start({"sh", "-c", "read line; echo first >&2; echo broke down >&2; exit 3"});
    QVERIFY(gone.has_value());
    for (int again = 0; again < 2; ++again) {
      const auto answer = gone->ask(std::string(1'000'000, 'x'));
      QVERIFY(!answer && answer.error().code == "process.ended");
      QVERIFY2(message_of(answer.error()).find("broke down") != std::string::npos, message_of(answer.error()).c_str());
    }
    QVERIFY(!Conversation::start({"no-such-program-anywhere"}).has_value());
  }
  void a_conversation_is_broken_off() {
    const double begun = steady_seconds();
    {
      auto deaf = Conversation::start({"sleep", "60"});
      QVERIFY(deaf.has_value());
      std::stop_source stop;
      std::thread impatient([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        stop.request_stop();
      });
      const auto answer = deaf->ask("hello", stop.get_token());
      impatient.join();
      QVERIFY(!answer && answer.error().kind == ErrorKind::cancelled);
      QVERIFY(!deaf->ask("hello").has_value());
    }
    QVERIFY(steady_seconds() - begun < 30);  // not the minute that it would have slept
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

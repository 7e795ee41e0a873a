// The session under the pages: reads on workers, writes in order, nothing on the UI thread, changes noticed.
#include <QAction>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QThread>
#include <atomic>

#include "ui_session/command_registry.h"
#include "ui_session/project_session.h"

using namespace millwright;
using namespace millwright::ui;

class TestSession : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void init() {
    folder_ = std::make_unique<QTemporaryDir>();
    path_ = fs::path(folder_->filePath(QStringLiteral("a.millwright")).toStdString());
    QVERIFY(store::Project::create(path_, Actor{"ada", this_device()}, {"a"}).has_value());
    auto opened = ProjectSession::open(path_, QStringLiteral("ada"));
    QVERIFY2(opened.has_value(), opened ? "" : message_of(opened.error()).c_str());
    session_ = std::move(*opened);
  }
  void cleanup() { session_.reset(); }

  void a_missing_project_is_an_error() {
    const auto opened = ProjectSession::open(path_.parent_path() / "none.millwright", {});
    QVERIFY(!opened.has_value());
    QCOMPARE(opened.error().kind, ErrorKind::store);
  }

  void reads_run_elsewhere_and_answer_here() {
    auto* here = QThread::currentThread();
    QThread* there = nullptr;
    QThread* answered = nullptr;
    std::string name;
    session_->read(
        this, "name",
        [&](store::Project& project, const Work&) -> Result<std::string> {
          there = QThread::currentThread();
          return project.name();
        },
        [&](Result<std::string> result) {
          answered = QThread::currentThread();
          name = *result;
        });
    QCOMPARE(session_->pending_reads(), 1);
    QTRY_COMPARE(name, std::string("a"));
    QVERIFY(there != here);
    QCOMPARE(answered, here);
    QCOMPARE(session_->pending_reads(), 0);
  }

  void a_newer_read_of_a_slot_goes_before_the_older() {
    std::vector<int> answers;
    std::atomic<bool> stopped{false};
    session_->read(
        this, "slot",
        [&](store::Project&, const Work& work) -> Result<int> {
          for (int i = 0; i < 200 && !work.stopped(); ++i) QThread::msleep(5);
          stopped = work.stopped();
          return 1;
        },
        [&](Result<int> result) { answers.push_back(*result); });
    QTest::qWait(30);
    session_->read(
        this, "slot", [](store::Project&, const Work&) -> Result<int> { return 2; },
        [&](Result<int> result) { answers.push_back(*result); });
    QTRY_VERIFY(!answers.empty());
    QTRY_COMPARE(session_->pending_reads(), 0);
    QCOMPARE(answers, std::vector<int>{2});
    QVERIFY(stopped);
  }

  void a_receiver_that_is_gone_is_not_called() {
    bool called = false;
    {
      QObject receiver;
      session_->read(
          &receiver, "slot",
          [](store::Project&, const Work&) -> Result<int> {
            QThread::msleep(40);
            return 1;
          },
          [&](Result<int>) { called = true; });
    }
    QTRY_COMPARE(session_->pending_reads(), 0);
    QVERIFY(!called);
  }

  void writes_keep_their_order_and_their_actor() {
    QSignalSpy saving(session_.get(), &ProjectSession::saving), saved(session_.get(), &ProjectSession::saved);
    std::vector<std::string> who;
    const auto write = [&] {
      session_->write(
          this,
          [](store::Project& project) -> Result<std::string> {
            return project.write([](store::Transaction& t) -> Result<std::string> {
              MW_TRY(t.audit("test.write", "nothing", Json::object()));
              return t.actor().name;
            });
          },
          [&](Result<std::string> result) { who.push_back(result ? *result : message_of(result.error())); });
    };
    write();
    session_->set_annotator(QStringLiteral("bob"));
    write();
    QCOMPARE(session_->pending_writes(), 2);
    QTRY_COMPARE(who.size(), size_t{2});
    QCOMPARE(who, (std::vector<std::string>{"ada", "bob"}));
    QTRY_COMPARE(saved.count(), 1);
    QCOMPARE(saving.count(), 1);
  }

  void a_failed_write_is_loud() {
    qRegisterMetaType<Error>("millwright::Error");
    QSignalSpy failed(session_.get(), &ProjectSession::save_failed), saved(session_.get(), &ProjectSession::saved);
    bool told = false;
    session_->write(
        this, [](store::Project&) -> Status { return fail(ErrorKind::store, "store.full", "The disk is full."); },
        [&](Status done) { told = !done; });
    QTRY_VERIFY(told);
    QTRY_COMPARE(failed.count(), 1);
    QCOMPARE(saved.count(), 0);
  }

  void writes_asked_for_are_done_before_the_end() {
    std::atomic<int> done{0};
    for (int i = 0; i < 20; ++i)
      session_->write(
          this,
          [&done](store::Project& project) -> Status {
            MW_TRY(project.write([](store::Transaction& t) -> Status { return t.audit("test", "x", Json::object()); }));
            ++done;
            return {};
          },
          [](Status) {});
    session_.reset();
    QCOMPARE(done.load(), 20);
  }

  void another_programs_commit_is_noticed() {
    QSignalSpy changed(session_.get(), &ProjectSession::data_changed);
    QTest::qWait(100);
    auto other = store::Project::open(path_, Actor{"cli", this_device()});
    QVERIFY(other.has_value());
    QTest::qWait(600);
    changed.clear();
    QVERIFY(
        other->write([](store::Transaction& t) -> Status { return t.audit("test", "x", Json::object()); }).has_value());
    QTRY_VERIFY_WITH_TIMEOUT(changed.count() > 0, 5000);
  }

  void long_work_reports_and_is_cancelled() {
    qRegisterMetaType<Progress>("millwright::Progress");
    QSignalSpy started(session_.get(), &ProjectSession::work_started),
        finished(session_.get(), &ProjectSession::work_finished),
        progress(session_.get(), &ProjectSession::work_progress);
    bool cancelled = false;
    session_->work(
        this, QStringLiteral("Counting"),
        [](store::Project&, const Work& work) -> Status {
          for (int i = 0; i < 2000; ++i) {
            if (work.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped.");
            work.report({"read", i, 2000, "rows"});
            QThread::msleep(5);
          }
          return {};
        },
        [&](Status done) { cancelled = !done && done.error().kind == ErrorKind::cancelled; });
    QCOMPARE(started.count(), 1);
    QCOMPARE(session_->pending_works(), 1);
    QTRY_VERIFY(progress.count() > 0);
    session_->cancel_work(started[0][0].toInt());
    QTRY_VERIFY(cancelled);
    QCOMPARE(finished.count(), 1);
    QCOMPARE(session_->pending_works(), 0);
  }

  void keys_belong_to_their_page() {
    CommandRegistry commands;
    int here = 0, there = 0;
    commands.add({"a.go", "Go", "A", QKeySequence("G"), "a", [&] { ++here; }});
    commands.add({"b.go", "Go", "B", QKeySequence("G"), "b", [&] { ++there; }});
    QVERIFY(commands.conflicts().isEmpty());
    commands.set_current_page("a");
    QCOMPARE(commands.action("a.go")->shortcut(), QKeySequence("G"));
    QVERIFY(commands.action("b.go")->shortcut().isEmpty());
    QSignalSpy wanted(&commands, &CommandRegistry::page_wanted);
    commands.run("b.go");  // from the palette: its page is shown first
    QCOMPARE(wanted.count(), 1);
    QCOMPARE(there, 1);
    QVERIFY(!commands.action("a.go")->autoRepeat());  // a key that is held down acts once
    commands.add({"c.go", "Go", "C", QKeySequence("G"), {}, [] {}});
    QCOMPARE(commands.conflicts().size(), 2);
    commands.remove("c.go");
    commands.add({"c.go", "Go", "C", QKeySequence("G, H"), {}, [] {}});
    QCOMPARE(commands.conflicts().size(), 2);  // a key that begins another's keys is in its way, too
  }

 private:
  std::unique_ptr<QTemporaryDir> folder_;
  fs::path path_;
  std::unique_ptr<ProjectSession> session_;
};

QTEST_MAIN(TestSession)
#include "test_session.moc"

// Several programs on one project: a person labels while another program imports a million rows and a third freezes a
// snapshot; a program that labels is killed again and again.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>
#include <algorithm>
#include <set>
#include <thread>

#include "base/clock.h"
#include "labeling_project.h"
#include "labels/verify.h"
#include "records/generator.h"
#include "snapshots/verify.h"
#include "store/audit.h"
#include "store_fixture.h"

using namespace millwright;
using namespace millwright::store;
using namespace millwright::store::testing;
using namespace millwright::testing;

namespace {

double quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(q * static_cast<double>(values.size() - 1) + 0.5)];
}

/// What the disk alone takes: one write of 4 KiB, appended, and fdatasync.
class BareLoop {
 public:
  explicit BareLoop(const fs::path& path) : fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666)) {}
  ~BareLoop() { ::close(fd_); }
  double once() {
    const double begun = steady_seconds();
    if (::write(fd_, buffer_, sizeof buffer_) != sizeof buffer_ || ::fdatasync(fd_) != 0) return -1;
    return steady_seconds() - begun;
  }

 private:
  int fd_;
  char buffer_[4096] = {};
};

struct Latencies {
  std::vector<double> label, bare;
};

}  // namespace

class TestTwoPrograms : public QObject {
  Q_OBJECT
  QTemporaryDir folder_;
  fs::path root_{folder_.path().toStdString()};
  const QString cli_ = QString::fromStdString((fs::path(MILLWRIGHT_BUILD_DIR) / "bin" / "millwright-cli").string());
  const QString worker_ =
      QString::fromStdString((fs::path(MILLWRIGHT_BUILD_DIR) / "tests" / "labeling_worker").string());

  static QString q(const fs::path& path) { return QString::fromStdString(path.string()); }

 private Q_SLOTS:
  void labeling_goes_on_while_others_import_and_freeze() {
    const fs::path path = root_ / "busy.millwright", table = root_ / "table.csv";
    MW_OK(records::generate_table(table, {.rows = 1'000'000}));
    Labelable made;
    {
      auto project = Project::create(path, kAnn, {});
      MW_OK(project);
      const auto labelable = make_labelable(*project, root_, 2000);
      MW_OK(labelable);
      made = *labelable;
    }
    auto project = Project::open(path, kAnn);
    MW_OK(project);
    project->set_automatic_checkpoint(false);  // as the workbench does: an idle thread writes the log back
    auto labeling = labels::Labeling::open(*project, made.task, made.queue);
    MW_OK(labeling);
    BareLoop bare(root_ / "bare");
    for (int i = 0; i < 20; ++i) MW_OK(label_next(*labeling));

    QProcess import, snapshot;
    import.start(cli_, {"import", q(path), q(table), "--asset", "table", "--json", "--by", "bob"});
    QVERIFY(import.waitForStarted());
    Latencies seen;
    std::vector<Uuid> labels;
    bool froze = false;
    std::jthread idle([&](const std::stop_token& stop) {
      auto own = project->clone();
      while (own && !stop.stop_requested()) {
        (void)own->checkpoint();
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
      }
    });
    while (labels.size() < 200 || (import.state() != QProcess::NotRunning && labels.size() < 1900)) {
      const double begun = steady_seconds();
      const auto label = label_next(*labeling);
      seen.label.push_back(steady_seconds() - begun);
      MW_OK(label);
      labels.push_back(*label);
      seen.bare.push_back(bare.once());
      if (labels.size() == 100) {
        snapshot.start(cli_, {"snapshot", q(path), "--task", "t", "--json", "--by", "carl"});
        froze = snapshot.waitForStarted();
      }
      QTest::qWait(5);
    }
    QVERIFY(froze);
    QVERIFY(import.waitForFinished(300'000) || import.state() == QProcess::NotRunning);
    QVERIFY(snapshot.waitForFinished(300'000) || snapshot.state() == QProcess::NotRunning);
    idle.request_stop();
    idle.join();
    const QByteArray imported = import.readAllStandardOutput(), frozen = snapshot.readAllStandardOutput();
    QVERIFY2(import.exitCode() == 0, imported + import.readAllStandardError());
    QVERIFY2(snapshot.exitCode() == 0, frozen + snapshot.readAllStandardError());
    const QJsonObject report = QJsonDocument::fromJson(imported).object();
    QCOMPARE(report["rows_read"].toInt(), 1'000'000);

    const double p50 = quantile(seen.label, 0.5), p99 = quantile(seen.label, 0.99), bare50 = quantile(seen.bare, 0.5),
                 bare99 = quantile(seen.bare, 0.99);
    qInfo(
        "%zu labels during import (%.1f s) and snapshot: p50 %.2f ms, p99 %.2f ms; bare write and fdatasync p50 %.2f "
        "ms, p99 %.2f ms; limit for p99 %.2f ms",
        labels.size(), report["seconds"].toDouble(), p50 * 1e3, p99 * 1e3, bare50 * 1e3, bare99 * 1e3,
        (1.5 * bare99 + 0.003) * 1e3);
    // Nobody waits for somebody else's work; how fast exactly is the benchmark's to say, on a machine at rest.
    QVERIFY(p50 < 1.5 * bare99 + 0.05);
    QVERIFY(quantile(seen.label, 1.0) < 2.0);

    for (const Uuid& uuid : labels) {
      auto query = project->db().prepare("SELECT count(*) FROM annotation WHERE uuid = ?");
      QVERIFY(*query->with(uuid).step());
      QCOMPARE(query->integer(0), int64_t{1});
    }
    const auto audit = check_audit(*project);
    MW_OK(audit);
    QCOMPARE(audit->broken_at, int64_t{0});
    std::set<std::string> actors;
    MW_OK(read_audit(*project, 0, [&](const AuditEntry& e) {
      actors.insert(e.actor);
      return true;
    }));
    QCOMPARE(actors, (std::set<std::string>{"ann", "bob", "carl"}));
    const auto verified = verify(*project, {.deep = true});
    MW_OK(verified);
    QVERIFY(verified->ok());
    const auto checked = labels::verify_labels(*project);
    MW_OK(checked);
    QVERIFY2(checked->problems.empty(), checked->problems.empty() ? "" : checked->problems[0].c_str());
    QCOMPARE(snapshots::verify_snapshots(*project, true)->problems.size(), size_t{0});
  }

  // kill -9, 50 times: what the other end heard of is there, and who comes next goes on.
  void a_killed_labeler_loses_nothing() {
    const fs::path path = root_ / "killed.millwright";
    Labelable made;
    {
      auto project = Project::create(path, kAnn, {});
      const auto labelable = make_labelable(*project, root_, 20'000);
      MW_OK(labelable);
      made = *labelable;
    }
    Random random(9);
    std::vector<Uuid> heard;
    for (int i = 0; i < 50; ++i) {
      QProcess worker;
      worker.start(worker_, {q(path), QString::number(made.task), QString::number(made.queue)});
      QVERIFY(worker.waitForStarted());
      QVERIFY(worker.waitForReadyRead(30'000));
      const double until = steady_seconds() + 0.001 * static_cast<double>(random.below(120));
      // On a disk that does not wait, the queue must still last for all fifty.
      constexpr qint64 kShare = 20'000 / 50 * 37 * 9 / 10;
      while (steady_seconds() < until && worker.bytesAvailable() < kShare) worker.waitForReadyRead(1);
      QCOMPARE(worker.state(), QProcess::Running);
      worker.kill();
      QVERIFY(worker.waitForFinished(30'000));
      for (const QByteArray& line : worker.readAllStandardOutput().split('\n'))
        if (line.size() == 36) heard.push_back(*uuid_from_string(line.toStdString()));
    }
    auto project = Project::open(path, kBob);
    MW_OK(project);
    for (const Uuid& uuid : heard) {
      auto query = project->db().prepare("SELECT count(*) FROM annotation WHERE uuid = ?");
      QVERIFY(*query->with(uuid).step());
      QCOMPARE(query->integer(0), int64_t{1});
    }
    const auto kept = project->db().integer("SELECT count(*) FROM annotation");
    QVERIFY(*kept >= static_cast<int64_t>(heard.size()) && *kept <= static_cast<int64_t>(heard.size()) + 50);
    qInfo("50 kills; %zu labels heard of, %lld there", heard.size(), static_cast<long long>(*kept));
    QVERIFY(verify(*project, {.deep = true})->ok());
    QVERIFY(labels::verify_labels(*project)->problems.empty());
  }
  void a_killed_import_publishes_nothing_and_leaves_nothing() {
    const fs::path path = root_ / "import.millwright", table = root_ / "medium.csv";
    MW_OK(records::generate_table(table, {.rows = 100'000}));
    MW_OK(Project::create(path, kAnn, {}));
    Random random(10);
    int finished = 0;
    for (int i = 0; i < 50; ++i) {
      QProcess import;
      import.start(cli_, {"import", q(path), q(table), "--json"});
      QVERIFY(import.waitForStarted());
      import.waitForFinished(static_cast<int>(random.below(600)));
      import.kill();
      QVERIFY(import.waitForFinished(30'000) || import.state() == QProcess::NotRunning);
      const bool reported = import.exitStatus() == QProcess::NormalExit && import.exitCode() == 0;
      auto project = Project::open(path, kBob);  // sweeps
      MW_OK(project);
      const auto batches = records::list_batches(*project);
      MW_OK(batches);
      QVERIFY(!reported || batches->size() == 1);
      const auto files = std::distance(fs::directory_iterator(project->batches_folder()), fs::directory_iterator());
      QCOMPARE(static_cast<size_t>(files), batches->size());
      if (batches->empty()) continue;
      ++finished;
      QVERIFY(records::check_batch(*project, batches->front().id)->problems.empty());
      MW_OK(records::drop_batch(*project, batches->front().id));
    }
    auto project = Project::open(path, kBob);
    QVERIFY(verify(*project, {.deep = true})->ok());
    qInfo("50 kills, %d imports were faster", finished);
  }
};

QTEST_GUILESS_MAIN(TestTwoPrograms)
#include "test_two_programs.moc"

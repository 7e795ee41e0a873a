// An import that is killed or cancelled, at any moment, publishes nothing or everything, and leaves a project that
// verifies and takes the same file at the next try.
#include <signal.h>

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QJsonArray>
#include <QTest>
#include <random>

#include "cli_process.h"

using millwright::test::cli;
using millwright::test::Said;

class TestImportKilled : public QObject {
  Q_OBJECT

  static constexpr int kRows = 120'000;
  QTemporaryDir home_;
  QString project_, source_;
  qint64 whole_ms_ = 0;  ///< of an import that nobody disturbs

  Said run(const QStringList& arguments) { return cli(home_, arguments); }
  QJsonArray batches() { return run({"batches", project_, "--json"}).json()["batches"].toArray(); }
  QStringList left_over() { return QDir(project_ + ".millwright/batches").entryList(QDir::Files); }
  void is_whole_and_green() {
    const Said said = run({"verify", project_, "--json"});
    QVERIFY2(said.code == 0, said.out + said.err);
  }
  /// Starts an import and sends it a signal after so many milliseconds. Its exit code is −9 where it was killed.
  Said disturbed(int after_ms, int signal) {
    QProcess process;
    process.setProcessEnvironment(millwright::test::environment_in(home_.path()));
    process.start(millwright::test::cli_program(), {"import", project_, source_, "--json", "--quiet"});
    if (!process.waitForStarted()) return {-1, {}, {}};
    if (!process.waitForFinished(after_ms) && process.state() == QProcess::Running)
      ::kill(static_cast<pid_t>(process.processId()), signal);
    process.waitForFinished(120'000);
    return {process.exitStatus() == QProcess::CrashExit ? -9 : process.exitCode(), process.readAllStandardOutput(),
            process.readAllStandardError()};
  }

 private Q_SLOTS:
  void initTestCase() {
    QByteArray text = "id,name,value,when,text\n";
    for (int i = 0; i < kRows; ++i)
      text += QByteArray::number(i) + ",kind" + QByteArray::number(i % 17) + "," + QByteArray::number(i * 0.37) +
              ",2024-01-02T03:04:05Z,\"some words about number " + QByteArray::number(i * 7919 % 100'003) + "\"\n";
    source_ = home_.filePath("source.csv");
    QFile file(source_);
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(text), text.size());
    file.close();
    project_ = home_.filePath("killed");
    QCOMPARE(run({"init", project_}).code, 0);
    QElapsedTimer clock;
    clock.start();
    QCOMPARE(run({"import", project_, source_, "--asset", "warm", "--json"}).code, 0);
    whole_ms_ = clock.elapsed();
    const QString batch = batches().first().toObject()["batch"].toString();
    QCOMPARE(run({"batch", "drop", project_, batch, "--yes"}).code, 0);
  }

  void killed_fifty_times() {
    std::mt19937 random(20);
    int killed = 0;
    int published = 0;
    for (int round = 0; round < 50; ++round) {
      const int after = static_cast<int>(random() % static_cast<unsigned>(whole_ms_ + whole_ms_ / 5 + 1));
      const auto [code, out, err] = disturbed(after, SIGKILL);
      killed += code == -9 ? 1 : 0;
      QVERIFY2(code == -9 || code == 0, qPrintable(QString("exit code %1: ").arg(code) + out + err));
      is_whole_and_green();
      const QJsonArray there = batches();
      QVERIFY(there.size() <= 1);
      QVERIFY(code != 0 || there.size() == 1);
      if (there.isEmpty()) continue;
      // All or nothing: it came through before the kill, or was published just then.
      ++published;
      const QJsonObject batch = there.first().toObject();
      QCOMPARE(batch["rows"].toInt(), kRows);
      QCOMPARE(run({"batch", "drop", project_, batch["batch"].toString(), "--yes"}).code, 0);
    }
    qInfo("killed %d of 50 imports, %d were published whole", killed, published);
    QVERIFY(killed >= 10);
    // What the killed ones left is swept by the next that opens the project, and the file goes in.
    QCOMPARE(run({"import", project_, source_, "--json"}).json()["rows_kept"].toInt(), kRows);
    QCOMPARE(left_over().size(), 1);
    QCOMPARE(run({"verify", project_, "--deep", "--json"}).code, 0);
    const QString batch = batches().first().toObject()["batch"].toString();
    QCOMPARE(run({"batch", "drop", project_, batch, "--yes"}).code, 0);
  }

  void cancelled_by_an_interrupt() {
    int cancelled = 0;
    for (const int share : {10, 30, 50, 70}) {
      const auto [code, out, err] = disturbed(static_cast<int>(whole_ms_ * share / 100), SIGINT);
      // Before it listens, the signal ends it as any program; after it is done, there is nothing to cancel.
      QVERIFY2(code == 6 || code == 0 || code == -9, qPrintable(QString("exit code %1: ").arg(code) + out + err));
      is_whole_and_green();
      if (code == 6) {
        ++cancelled;
        QCOMPARE(batches().size(), 0);
        QVERIFY2(left_over().isEmpty(), qPrintable(left_over().join(' ')));
      }
      for (const auto& batch : batches())
        QCOMPARE(run({"batch", "drop", project_, batch.toObject()["batch"].toString(), "--yes"}).code, 0);
    }
    QVERIFY(cancelled >= 1);
  }
};

QTEST_GUILESS_MAIN(TestImportKilled)
#include "test_import_killed.moc"

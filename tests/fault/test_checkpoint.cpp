// The power goes while a training writes checkpoints: afterwards there is one, whole, and it is the last that was
// reported as written or the one after it.
#include <QTemporaryDir>
#include <QTest>

#include "engine/checkpoint.h"
#include "simulated_disk.h"

using namespace millwright;
using namespace millwright::engine;
using millwright::testing::SimulatedDisk;

namespace {

Checkpoint checkpoint(int number) {
  Checkpoint out;
  const auto value = static_cast<float>(number);
  out.state.weights.assign(3000, value);
  out.state.first.assign(3000, -value);
  out.state.second.assign(3000, value / 2);
  out.state.row_steps.assign(40, number);
  out.state.learning_rates.assign(static_cast<size_t>(number), 0.5);
  out.best.assign(number > 1 ? 3000 : 0, value);
  out.position = {{"step", number}};
  return out;
}

bool same(const Checkpoint& a, const Checkpoint& b) {
  return a.state.weights == b.state.weights && a.state.first == b.state.first && a.state.second == b.state.second &&
         a.state.row_steps == b.state.row_steps && a.state.learning_rates == b.state.learning_rates &&
         a.best == b.best && a.position == b.position;
}

Status write(const fs::path& folder, const Checkpoint& all) {
  const TrainingState& state = all.state;
  return write_checkpoint(folder, {state.weights, state.first, state.second, state.row_steps, state.learning_rates},
                          all.best, all.position);
}

/// Writes checkpoints 1 to 4; the last that was reported as written.
int write_four(const fs::path& folder) {
  int written = 0;
  for (int number = 1; number <= 4; ++number) {
    if (!write(folder / "checkpoint", checkpoint(number))) break;
    written = number;
  }
  return written;
}

}  // namespace

class TestCheckpoint : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void one_of_the_last_two_is_there() {
    int64_t operations = 0;
    {
      const QTemporaryDir memory;
      SimulatedDisk disk(memory.path().toStdString());
      QCOMPARE(write_four(memory.path().toStdString()), 4);
      operations = disk.operations();
    }
    Random random(3);
    int cuts = 0;
    for (int64_t at = 1; at <= operations; ++at)
      for (const auto keeps :
           {SimulatedDisk::Keeps::nothing, SimulatedDisk::Keeps::something, SimulatedDisk::Keeps::everything}) {
        const QTemporaryDir memory, after;
        const fs::path back = fs::path(after.path().toStdString()) / "disk";
        int written = 0;
        {
          SimulatedDisk disk(memory.path().toStdString());
          disk.cut_power_at(at);
          written = write_four(memory.path().toStdString());
          disk.after_power_cut(back, keeps, random);
        }
        const auto found = read_checkpoint(back / "checkpoint");
        QVERIFY2(found.has_value(), found ? "" : message_of(found.error()).c_str());
        QVERIFY2(*found || written == 0, qPrintable(QString("cut at %1: nothing is left of %2").arg(at).arg(written)));
        if (*found) QVERIFY(same(**found, checkpoint(written)) || same(**found, checkpoint(written + 1)));
        ++cuts;
      }
    qInfo("%d cuts", cuts);
    QVERIFY(cuts > 50);
  }

  void a_full_disk_leaves_the_one_before() {
    const QTemporaryDir memory;
    SimulatedDisk disk(memory.path().toStdString());
    const fs::path folder = fs::path(memory.path().toStdString()) / "checkpoint";
    QVERIFY(write(folder, checkpoint(1)).has_value());
    disk.fail_at(disk.chances() + 3, ENOSPC);
    const Status full = write(folder, checkpoint(2));
    QVERIFY(!full);
    QCOMPARE(full.error().code, std::string("file.disk_full"));
    const auto found = read_checkpoint(folder);
    QVERIFY(found && *found && same(**found, checkpoint(1)));
  }
};

QTEST_GUILESS_MAIN(TestCheckpoint)
#include "test_checkpoint.moc"

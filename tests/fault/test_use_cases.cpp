// Power cuts and failing operations under the use cases themselves: importing, labeling through a queue, freezing a
// snapshot.
#include <QTemporaryDir>
#include <QTest>
#include <cerrno>
#include <set>

#include "labeling_project.h"
#include "labels/verify.h"
#include "saved.h"
#include "simulated_disk.h"
#include "snapshots/snapshot.h"
#include "snapshots/verify.h"

using namespace millwright;
using namespace millwright::store;
using namespace millwright::store::testing;
using namespace millwright::testing;

namespace {

using Keeps = SimulatedDisk::Keeps;
constexpr const char* kName = "p.millwright";
constexpr int64_t kRows = 120, kLabels = 25;

struct Done {
  Saved saved;
  std::vector<int64_t> imported;  ///< arrivals of each batch that was reported
  int64_t snapshots = 0;
};

Status work(const fs::path& live, const fs::path& scratch, Done& done) {
  MW_ASSIGN(Project project, Project::create(live / kName, kAnn, {}));
  done.saved.created = true;
  MW_ASSIGN(const Labelable made, make_labelable(project, scratch, kRows));
  done.imported.push_back(kRows);
  MW_ASSIGN(labels::Labeling labeling, labels::Labeling::open(project, made.task, made.queue));
  for (int64_t i = 0; i < kLabels; ++i) {
    MW_ASSIGN(const Uuid uuid, label_next(labeling));
    done.saved.labels.push_back(uuid);
    if (i == kLabels / 2) {
      MW_ASSIGN(Project other, project.clone());
      MW_ASSIGN(const records::ImportReport report, import_small(other, scratch, 1000, 60));
      done.imported.push_back(report.rows_kept);
    }
  }
  MW_ASSIGN(const auto undone, labeling.undo());
  if (undone) done.saved.labels.push_back(undone->annotation.uuid);
  MW_TRY(snapshots::make_snapshot(project, {.task = made.task}));
  ++done.snapshots;
  return {};
}

/// Empty when everything that was reported is there and every room's verification is green.
std::string what_is_wrong(const fs::path& folder, const Done& done) {
  if (std::string lost = what_is_lost(folder, done.saved); !lost.empty()) return lost;
  if (!done.saved.created) return {};
  auto project = Project::open(folder, kBob);
  if (!project) return why(project);
  const auto batches = records::list_batches(*project);
  if (!batches) return why(batches);
  if (batches->size() < done.imported.size()) return "a batch is lost";
  for (size_t i = 0; i < batches->size(); ++i) {
    if (i < done.imported.size() && (*batches)[i].arrivals != done.imported[i]) return "a batch is not what it was";
    const auto check = records::check_batch(*project, (*batches)[i].id);
    if (!check) return why(check);
    if (!check->problems.empty()) return "batch: " + check->problems[0];
  }
  const auto labels = labels::verify_labels(*project);
  if (!labels) return why(labels);
  if (!labels->problems.empty()) return "labels: " + labels->problems[0];
  const auto snapshots = snapshots::verify_snapshots(*project, true);
  if (!snapshots) return why(snapshots);
  if (!snapshots->problems.empty()) return "snapshots: " + snapshots->problems[0];
  if (snapshots->snapshots < done.snapshots) return "a snapshot is lost";
  return {};
}

struct Folders {
  QTemporaryDir base{quick_folder()};
  fs::path root{base.path().toStdString()};
  fs::path live = root / "live", scratch = root / "scratch", after = root / "after";
  void fresh() const {
    fs::remove_all(live);
    fs::create_directory(live);
    fs::create_directories(scratch);
  }
};

}  // namespace

class TestUseCases : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void a_power_cut_loses_nothing_that_was_reported() {
    const Folders folders;
    folders.fresh();
    int64_t operations = 0;
    {
      SimulatedDisk disk(folders.live);
      Done done;
      MW_OK(work(folders.live, folders.scratch, done));
      operations = disk.operations();
    }
    Random random(7);
    constexpr int kCuts = 300;
    int cut = 0;
    for (int i = 0; i < kCuts; ++i) {
      folders.fresh();
      const int64_t at = 1 + static_cast<int64_t>(random.below(static_cast<uint64_t>(operations)));
      Done done;
      {
        SimulatedDisk disk(folders.live);
        disk.cut_power_at(at);
        (void)work(folders.live, folders.scratch, done);
        cut += disk.power_is_cut() ? 1 : 0;
        disk.after_power_cut(folders.after, static_cast<Keeps>(i % 3), random);
      }
      const std::string wrong = what_is_wrong(folders.after / kName, done);
      QVERIFY2(wrong.empty(), ("cut at " + std::to_string(at) + " of " + std::to_string(operations) + ", keeps " +
                               std::to_string(i % 3) + ": " + wrong)
                                  .c_str());
    }
    qInfo("%d power cuts over %lld operations", cut, static_cast<long long>(operations));
    QVERIFY(cut >= kCuts * 9 / 10);
  }
  void an_operation_that_fails_loses_nothing_and_says_so() {
    const std::set<std::string> clear{"store.full", "store.io", "file.disk_full", "file.io", "store.cannot_open"};
    const Folders folders;
    folders.fresh();
    int64_t chances = 0;
    {
      SimulatedDisk disk(folders.live);
      Done done;
      MW_OK(work(folders.live, folders.scratch, done));
      chances = disk.chances();
    }
    Random random(8);
    for (int i = 0; i < 200; ++i) {
      folders.fresh();
      const int64_t at = 1 + static_cast<int64_t>(random.below(static_cast<uint64_t>(chances)));
      const std::string place = "operation " + std::to_string(at) + " of " + std::to_string(chances) + ": ";
      Done done;
      {
        SimulatedDisk disk(folders.live);
        disk.fail_at(at, i % 2 == 0 ? ENOSPC : EIO);
        const Status status = work(folders.live, folders.scratch, done);
        if (!status) QVERIFY2(clear.contains(status.error().code), (place + why(status)).c_str());
      }
      const std::string wrong = what_is_wrong(folders.live / kName, done);
      QVERIFY2(wrong.empty(), (place + wrong).c_str());
    }
  }
};

QTEST_GUILESS_MAIN(TestUseCases)
#include "test_use_cases.moc"

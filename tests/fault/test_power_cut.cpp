// The power goes at any moment: what was reported as saved is there afterwards, and verify is green. Three kinds of
// loss: nothing that was not synced survives, some of it does, all of it does (kill -9).
#include <fcntl.h>

#include <QTemporaryDir>
#include <QTest>
#include <functional>

#include "saved.h"
#include "simulated_disk.h"
#include "store/backup.h"
#include "store/migrations.h"

using namespace millwright;
using namespace millwright::store;
using namespace millwright::store::testing;
using namespace millwright::testing;

namespace {

using Keeps = SimulatedDisk::Keeps;
/// Works in a project below the folder and notes what it is told is saved; ends early when something fails.
using Scenario = std::function<Status(const fs::path& folder, Saved& saved)>;

constexpr const char* kName = "p.millwright";

Result<Project> made(const fs::path& folder, Saved& saved) {
  MW_ASSIGN(Project project, Project::create(folder / kName, kAnn, {}));
  saved.created = true;
  return project;
}

Status prepared(Project& project, Saved& saved) {
  MW_TRY(prepare_labeling(project, 10));
  saved.prepared = true;
  return {};
}

Status label(Project& project, Saved& saved, int n) {
  for (int i = 0; i < n; ++i) {
    MW_ASSIGN(const Uuid uuid, add_label(project, i % 10));
    saved.labels.push_back(uuid);
  }
  return {};
}

/// Labels, with checkpoints in between, so that the log is written back and begun anew.
Status labeling(const fs::path& folder, Saved& saved) {
  MW_ASSIGN(Project project, made(folder, saved));
  MW_TRY(prepared(project, saved));
  sqlite3_wal_autocheckpoint(project.db().handle(), 7);
  MW_TRY(label(project, saved, 12));
  MW_TRY(project.checkpoint());
  project.set_automatic_checkpoint(false);
  MW_TRY(label(project, saved, 6));
  MW_ASSIGN(Project other, project.clone());
  MW_TRY(label(other, saved, 4));
  return label(project, saved, 4);
}

Status publishing(const fs::path& folder, Saved& saved) {
  MW_ASSIGN(Project project, made(folder, saved));
  MW_TRY(prepared(project, saved));
  const Facts facts = some_facts(kFactsRows);
  for (int i = 0; i < 3; ++i) {
    MW_ASSIGN(const WrittenFile batch, write_small_batch_file(project, 50));
    MW_TRY(project.write(
        [&](Transaction& t) { return publish_small_batch(t, batch, 50, "source " + std::to_string(i)); }));
    MW_TRY(label(project, saved, 1));
    MW_ASSIGN(const WrittenFile file, write_facts(project, facts));
    MW_ASSIGN(const int64_t id, project.write([&](Transaction& t) { return publish(t, file); }));
    saved.facts.push_back(id);
    MW_ASSIGN(const BlobRef blob, put_blob(project, "blob " + std::to_string(i)));
    MW_TRY(project.write([&](Transaction& t) { return publish_blob(t, blob, "text/plain"); }));
    saved.blobs.push_back(blob.sha256);
  }
  return {};
}

constexpr Migration kSecond{2,
                            "CREATE TABLE extra(id INTEGER PRIMARY KEY, label TEXT /*none*/ NOT NULL) STRICT;"
                            "INSERT INTO extra(label) SELECT action FROM audit;"
                            "ALTER TABLE annotation ADD COLUMN extra INTEGER;"};

Status upgrading(const fs::path& folder, Saved& saved) {
  {
    const Migration old[] = {migrations()[0]};
    const std::vector<Migration> both(migrations().begin(), migrations().end());
    set_migrations(old);
    const auto old_program = [&]() -> Status {
      MW_ASSIGN(Project project, made(folder, saved));
      MW_TRY(prepared(project, saved));
      return label(project, saved, 5);
    };
    const Status done = old_program();
    static std::vector<Migration> kept;
    kept = both;
    set_migrations(kept);
    MW_TRY(done);
  }
  MW_ASSIGN(Project project, Project::open(folder / kName, kAnn));
  saved.version = project.format_version();
  return label(project, saved, 5);
}

Status backing_up(const fs::path& folder, Saved& saved) {
  MW_ASSIGN(Project project, made(folder, saved));
  MW_TRY(prepared(project, saved));
  MW_TRY(label(project, saved, 3));
  MW_ASSIGN(const BlobRef blob, put_blob(project, "blob"));
  MW_TRY(project.write([&](Transaction& t) { return publish_blob(t, blob, "text/plain"); }));
  saved.blobs.push_back(blob.sha256);
  MW_TRY(back_up(project, folder / "b.tar"));
  saved.backed_up = true;
  MW_TRY(restore(folder / "b.tar", folder / "restored", kBob));
  saved.restored = true;
  return {};
}

/// What was reported of backups holds too.
std::string what_backups_lost(const fs::path& folder, const Saved& saved) {
  if (saved.backed_up) {
    const auto again = restore(folder / "b.tar", folder / "again", kBob);
    if (!again) return "the backup is lost: " + why(again);
    if (const std::string lost = what_is_lost(folder / "again.millwright", saved); !lost.empty()) return lost;
  }
  if (saved.restored)
    if (const std::string lost = what_is_lost(folder / "restored.millwright", saved); !lost.empty())
      return "of the restored project " + lost;
  return {};
}

/// Runs the scenario once whole, to count; then again and again with a power cut.
std::string survives(const Scenario& scenario, int cuts, uint64_t seed) {
  const QTemporaryDir base(quick_folder());
  const fs::path root(base.path().toStdString());
  int64_t operations = 0;
  {
    fs::create_directory(root / "live");
    SimulatedDisk disk(root / "live");
    Saved saved;
    if (const Status whole = scenario(root / "live", saved); !whole) return "does not run: " + why(whole);
    operations = disk.operations();
  }
  Random random(seed);
  for (int i = 0; i < cuts; ++i) {
    fs::remove_all(root / "live");
    fs::create_directory(root / "live");
    const int64_t at = 1 + static_cast<int64_t>(random.below(static_cast<uint64_t>(operations)));
    const Keeps keeps = static_cast<Keeps>(i % 3);
    Saved saved;
    {
      SimulatedDisk disk(root / "live");
      disk.cut_power_at(at);
      if (scenario(root / "live", saved) && !disk.power_is_cut()) return "the cut did not happen";
      disk.after_power_cut(root / "after", keeps, random);
    }
    std::string lost = what_is_lost(root / "after" / kName, saved);
    if (lost.empty()) lost = what_backups_lost(root / "after", saved);
    if (!lost.empty())
      return "cut at " + std::to_string(at) + " of " + std::to_string(operations) + ", keeps " +
             std::to_string(static_cast<int>(keeps)) + ", " + std::to_string(saved.labels.size()) + " labels: " + lost;
  }
  qInfo("%d power cuts over %lld operations", cuts, static_cast<long long>(operations));
  return {};
}

}  // namespace

class TestPowerCut : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void labeling_survives() {
    const std::string lost = survives(labeling, 900, 1);
    QVERIFY2(lost.empty(), lost.c_str());
  }
  void publishing_survives() {
    const std::string lost = survives(publishing, 600, 2);
    QVERIFY2(lost.empty(), lost.c_str());
  }
  void upgrading_survives() {
    const std::vector<Migration> both{migrations()[0], kSecond};
    set_migrations(both);
    const std::string lost = survives(upgrading, 600, 3);
    set_migrations({});
    QVERIFY2(lost.empty(), lost.c_str());
  }
  static void expect_lost(const std::string& lost) {
    qInfo("%s", lost.c_str());
    QVERIFY(lost.find("lost") != std::string::npos || lost.find("not what it was") != std::string::npos);
  }
  void backups_survive() {
    const std::string lost = survives(backing_up, 300, 7);
    QVERIFY2(lost.empty(), lost.c_str());
  }
  // The simulation must notice what is not synced, or it proves nothing.
  void labels_without_sync_are_lost() {
    const Scenario careless = [](const fs::path& folder, Saved& saved) -> Status {
      MW_ASSIGN(Project project, made(folder, saved));
      MW_TRY(prepared(project, saved));
      MW_TRY(project.db().execute("PRAGMA synchronous = OFF"));
      return label(project, saved, 30);
    };
    expect_lost(survives(careless, 60, 4));
  }
  void a_file_without_sync_is_lost() {
    const Scenario careless = [](const fs::path& folder, Saved& saved) -> Status {
      MW_ASSIGN(Project project, made(folder, saved));
      for (int i = 0; i < 60; ++i) {
        const std::string content = "content " + std::to_string(i);
        const Digest digest = sha256(content);
        const fs::path path = path_of_blob(project, digest);
        MW_TRY(make_folders(path.parent_path()));
        const int fd = file_system().open(path, O_WRONLY | O_CREAT, 0666);
        (void)file_system().write(fd, {reinterpret_cast<const uint8_t*>(content.data()), content.size()});
        (void)file_system().close(fd);
        saved.blobs.push_back(digest);
      }
      return {};
    };
    expect_lost(survives(careless, 60, 5));
  }
  void a_rename_without_sync_of_its_folder_is_lost() {
    const Scenario careless = [](const fs::path& folder, Saved& saved) -> Status {
      MW_ASSIGN(Project project, made(folder, saved));
      MW_TRY(prepared(project, saved));
      for (int i = 0; i < 60; ++i) {
        const std::string content = "content " + std::to_string(i);
        const Digest digest = sha256(content);
        const fs::path path = path_of_blob(project, digest);
        MW_TRY(make_folders(path.parent_path()));
        MW_TRY(write_file_atomically(project.folder() / "x", content));
        (void)file_system().rename(project.folder() / "x", path);
        saved.blobs.push_back(digest);
      }
      return {};
    };
    expect_lost(survives(careless, 60, 6));
  }
};

QTEST_GUILESS_MAIN(TestPowerCut)
#include "test_power_cut.moc"

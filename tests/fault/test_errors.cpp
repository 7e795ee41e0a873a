// Every operation on the disk fails once, in turn: a clear error or none, nothing lost that was reported as saved,
// verify green, and work goes on afterwards in the same program.
#include <QTemporaryDir>
#include <QTest>
#include <cerrno>
#include <functional>
#include <set>

#include "saved.h"
#include "simulated_disk.h"

using namespace millwright;
using namespace millwright::store;
using namespace millwright::store::testing;
using namespace millwright::testing;

namespace {

constexpr const char* kName = "p.millwright";

/// What a failing disk may be called; anything else would be no clear message.
const std::set<std::string> kClear{"store.full", "store.io", "file.disk_full", "file.io", "store.cannot_open"};

struct Outcome {
  Saved saved;
  std::vector<Error> errors;
};

/// Tries everything once; goes on after an error, as a person at the workbench would.
void try_everything(const fs::path& folder, Outcome& out) {
  const auto note = [&](const auto& result) {
    if (!result) out.errors.push_back(result.error());
    return result.has_value();
  };
  auto project = Project::create(folder / kName, kAnn, {});
  if (!note(project)) {
    project = Project::open(folder / kName, kAnn);
    if (!project) project = Project::create(folder / kName, kAnn, {});  // it failed once only
    if (!project) return;
  }
  out.saved.created = true;
  if (!note(prepare_labeling(*project, 10)) && !prepare_labeling(*project, 10)) return;
  out.saved.prepared = true;
  for (int i = 0; i < 5; ++i) {
    const auto label = add_label(*project, i);
    if (note(label)) out.saved.labels.push_back(*label);
  }
  const auto file = write_facts(*project, some_facts(kFactsRows));
  if (note(file)) {
    const auto id = project->write([&](Transaction& t) { return publish(t, *file); });
    if (note(id)) out.saved.facts.push_back(*id);
  }
  const auto blob = put_blob(*project, "content");
  if (note(blob)) {
    if (note(project->write([&](Transaction& t) { return publish_blob(t, *blob, "text/plain"); })))
      out.saved.blobs.push_back(blob->sha256);
  }
  note(project->checkpoint());
  const auto last = add_label(*project, 7);
  if (note(last)) out.saved.labels.push_back(*last);
}

}  // namespace

class TestErrors : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void every_operation_fails_once_data() {
    QTest::addColumn<int>("error");
    QTest::newRow("input/output error") << EIO;
    QTest::newRow("disk full") << ENOSPC;
  }
  void every_operation_fails_once() {
    QFETCH(int, error);
    const QTemporaryDir base(quick_folder());
    const fs::path root(base.path().toStdString());
    int64_t chances = 0;
    {
      fs::create_directory(root / "live");
      SimulatedDisk disk(root / "live");
      Outcome whole;
      try_everything(root / "live", whole);
      QVERIFY(whole.errors.empty());
      chances = disk.chances();
    }
    int failed = 0, told = 0;
    for (int64_t at = 1; at <= chances; ++at) {
      fs::remove_all(root / "live");
      fs::create_directory(root / "live");
      Outcome out;
      {
        SimulatedDisk disk(root / "live");
        disk.fail_at(at, error);
        try_everything(root / "live", out);
        failed += disk.failures() > 0 ? 1 : 0;
      }
      told += out.errors.empty() ? 0 : 1;
      const std::string place = "operation " + std::to_string(at) + " of " + std::to_string(chances) + ": ";
      for (const Error& e : out.errors) {
        QVERIFY2(kClear.contains(e.code), (place + e.code + ": " + message_of(e)).c_str());
        QCOMPARE(e.kind, ErrorKind::store);
      }
      QVERIFY2(out.saved.prepared, (place + "one failure stopped everything").c_str());
      const std::string lost = what_is_lost(root / "live" / kName, out.saved);
      QVERIFY2(lost.empty(), (place + lost).c_str());
    }
    qInfo("%d of %lld operations failed in turn; %d times somebody was told", failed, static_cast<long long>(chances),
          told);
    QVERIFY(failed >= chances * 9 / 10);
  }
};

QTEST_GUILESS_MAIN(TestErrors)
#include "test_errors.moc"

#include <QProcess>
#include <cstring>
#include <fstream>

#include "store/backup.h"
#include "store_fixture.h"

using namespace millwright;
using namespace millwright::store;
using namespace millwright::store::testing;

namespace {

/// A tar archive as any program could write it; names and types as hostile as wanted.
class Tar {
 public:
  void add(const std::string& name, const std::string& content, char type = '0', const std::string& link = "") {
    std::string header(512, '\0');
    const auto put = [&](size_t at, const std::string& text) { std::memcpy(&header[at], text.data(), text.size()); };
    char size[16];
    std::snprintf(size, sizeof size, "%011zo", content.size());
    put(0, name);
    put(100, "0000644");
    put(124, size);
    put(136, "00000000000");
    put(156, std::string(1, type));
    put(157, link);
    put(257, std::string("ustar\0"
                         "00",
                         8));
    put(148, "        ");
    unsigned sum = 0;
    for (const char c : header) sum += static_cast<uint8_t>(c);
    char checksum[16];
    std::snprintf(checksum, sizeof checksum, "%06o", sum);
    put(148, std::string(checksum, 7));
    text += header + content + std::string((512 - content.size() % 512) % 512, '\0');
  }
  void write(const fs::path& path) const { std::ofstream(path, std::ios::binary) << text << std::string(1024, '\0'); }
  std::string text;
};

bool has(const VerifyReport& report, const std::string& code) {
  return std::any_of(report.problems.begin(), report.problems.end(), [&](const Error& e) { return e.code == code; });
}

}  // namespace

class TestVerifyAndBackup : public QObject {
  Q_OBJECT
  QTemporaryDir folder_;
  fs::path at(const std::string& name) const { return path_of(folder_, name.c_str()); }

  /// A project with everything that a backup holds.
  Result<Project> filled(const std::string& name) const {
    MW_ASSIGN(Project project, Project::create(at(name), kAnn, {}));
    MW_TRY(prepare_labeling(project, 10));
    for (int i = 0; i < 10; ++i) MW_TRY(add_label(project, i));
    MW_ASSIGN(const WrittenFile facts, write_facts(project, some_facts(1000)));
    MW_ASSIGN(const BlobRef blob, put_blob(project, "weights"));
    MW_TRY(project.write([&](Transaction& t) -> Status {
      MW_TRY(publish(t, facts));
      return publish_blob(t, blob, "application/octet-stream");
    }));
    MW_TRY(make_folders(project.runs_folder() / "000000000000" / "checkpoints"));
    MW_TRY(write_file_atomically(project.runs_folder() / "000000000000" / "spec.json", "{}"));
    MW_TRY(write_file_atomically(project.runs_folder() / "000000000000" / "checkpoints" / "1", "state"));
    return project;
  }

 private Q_SLOTS:
  void a_sound_project_is_ok() {
    const auto project = filled("sound");
    MW_OK(project);
    for (const bool deep : {false, true}) {
      const auto report = verify(*project, {.deep = deep});
      MW_OK(report);
      QVERIFY2(report->ok(), report->ok() ? "" : message_of(report->problems[0]).c_str());
      QCOMPARE(report->checked.at("files"), int64_t{2});
      QCOMPARE(report->checked.at("blobs"), int64_t{1});
      QCOMPARE(report->checked.at("audit_entries"), int64_t{12});
    }
    const auto head = audit_head(*project);
    QVERIFY(verify(*project, {.head = to_hex(head->hash).substr(0, 16)})->ok());
    QVERIFY(has(*verify(*project, {.head = std::string(16, '0')}), "verify.audit_head"));
  }
  void what_is_missing_or_changed_is_found() {
    auto project = filled("changed");
    MW_OK(project);
    const fs::path facts = *path_of_file(*project, 2);
    const std::string content = *read_file(facts);
    MW_OK(remove_file(facts));
    QVERIFY(has(*verify(*project, {}), "verify.missing"));
    MW_OK(write_file_atomically(facts, content + "x"));
    QVERIFY(has(*verify(*project, {}), "verify.size"));
    std::string flipped = content;
    flipped[flipped.size() / 2] ^= 1;
    MW_OK(write_file_atomically(facts, flipped));
    QVERIFY(verify(*project, {})->ok());
    QVERIFY(has(*verify(*project, {.deep = true}), "verify.hash"));
    MW_OK(write_file_atomically(facts, content));
    QVERIFY(verify(*project, {.deep = true})->ok());
    // The file is whole, but the catalogue speaks of other rows.
    MW_OK(project->db().execute("UPDATE data_file SET root = zeroblob(32) WHERE id = 2"));
    QVERIFY(has(*verify(*project, {.deep = true}), "verify.root"));
  }
  void a_changed_blob_and_trail_are_found() {
    auto project = filled("blob");
    MW_OK(project);
    const fs::path blob = path_of_blob(*project, sha256(std::string_view("weights")));
    MW_OK(write_file_atomically(blob, "WEIGHTS"));
    QVERIFY(has(*verify(*project, {.deep = true}), "verify.hash"));
    MW_OK(project->db().execute("UPDATE audit SET actor = 'eve' WHERE seq = 2"));
    QVERIFY(has(*verify(*project, {}), "verify.audit_chain"));
  }
  void rooms_add_their_own_checks() {
    const auto project = filled("rooms");
    MW_OK(project);
    const VerifyCheck check = [](const Project&, const VerifyOptions&, VerifyReport& report, const Work&) -> Status {
      report.checked["snapshots"] = 3;
      report.erased = 2;
      report.add("snapshot.root", "Snapshot {id} is not what it was.", {{"id", "abc"}});
      return {};
    };
    const auto report = verify(*project, {}, {check});
    MW_OK(report);
    QVERIFY(!report->ok());
    QCOMPARE(report->checked.at("snapshots"), int64_t{3});
    QCOMPARE(report->erased, int64_t{2});
    std::stop_source stop;
    stop.request_stop();
    const auto stopped = verify(*project, {}, {check}, {.stop = stop.get_token()});
    QVERIFY(!stopped);
    QCOMPARE(stopped.error().kind, ErrorKind::cancelled);
  }

  void a_backup_comes_back_whole() {
    auto project = filled("backed");
    MW_OK(project);
    // Taken while others have it open and write.
    auto other = project->clone();
    const auto backup = back_up(*project, at("backed.tar"));
    MW_OK(backup);
    MW_OK(add_label(*other, 3));
    QCOMPARE(to_hex(backup->sha256), to_hex(*sha256_of_file(at("backed.tar"))));
    const auto restored = restore(at("backed.tar"), at("again"), kBob);
    MW_OK(restored);
    QCOMPARE(to_hex(restored->sha256), to_hex(backup->sha256));
    const auto again = Project::open(at("again"), kBob);
    MW_OK(again);
    QCOMPARE(again->id(), project->id());
    QCOMPARE(*again->db().integer("SELECT count(*) FROM annotation"), int64_t{10});
    const auto report = verify(*again, {.deep = true});
    QVERIFY(report && report->ok());
    QCOMPARE(*read_file(again->runs_folder() / "000000000000" / "checkpoints" / "1"), std::string("state"));
    for (const auto& entry : fs::directory_iterator(at("")))
      QVERIFY2(entry.path().string().find(".tmp-") == std::string::npos, entry.path().c_str());
    MW_FAILS(back_up(*project, at("backed.tar")), "store.exists");
    MW_FAILS(restore(at("backed.tar"), at("again"), kBob), "store.exists");
  }
  void any_tar_reads_it() {
    const auto project = filled("tar");
    MW_OK(project);
    MW_OK(back_up(*project, at("tar.tar")));
    QProcess tar;
    tar.start("tar", {"-tf", QString::fromStdString(at("tar.tar").string())});
    QVERIFY(tar.waitForFinished());
    QCOMPARE(tar.exitCode(), 0);
    const QByteArray names = tar.readAllStandardOutput();
    QVERIFY(names.startsWith("project.db\n"));
    QVERIFY(names.endsWith("MANIFEST.json\n"));
    QVERIFY(names.contains("runs/000000000000/checkpoints/1\n"));
  }
  void a_damaged_backup_restores_nothing() {
    const auto project = filled("cut");
    MW_OK(project);
    MW_OK(back_up(*project, at("cut.tar")));
    const std::string content = *read_file(at("cut.tar"));
    Random random(3);
    for (int i = 0; i < 60; ++i) {
      std::string changed = content;
      if (i % 2 == 0)
        changed.resize(random.below(content.size() - 1024));
      else
        changed[random.below(content.size() - 2048)] ^= static_cast<char>(1 + random.below(255));
      MW_OK(write_file_atomically(at("changed.tar"), changed));
      const auto restored = restore(at("changed.tar"), at("nothing"), kBob);
      // Padding and the times in headers are no part of any file; everything else must be noticed.
      if (restored) {
        const auto whole = Project::open(at("nothing"), kBob);
        QVERIFY(i % 2 == 1 && whole && verify(*whole, {.deep = true})->ok());
        fs::remove_all(at("nothing.millwright"));
      } else {
        QVERIFY(!fs::exists(at("nothing.millwright")));
      }
    }
    MW_OK(write_file_atomically(at("text.tar"), "hello"));
    MW_FAILS(restore(at("text.tar"), at("nothing"), kBob), "backup.not_a_backup");
    MW_FAILS(restore(at("missing.tar"), at("nothing"), kBob), "file.not_found");
  }
  void hostile_names_write_nowhere_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<char>("type");
    for (const char* name :
         {"../evil", "/tmp/evil", "batches/../../evil", "batches/./x", "runs/.hidden", "evil", "batches//x", "batches/",
          "blobs/a b", "runs/a/b/c/d/e/f/g/h/i/j", "project.db/x", "project.db-wal", "facts/\xff"})
      QTest::newRow(name) << QString::fromLatin1(name) << '0';
    QTest::newRow("symbolic link") << "batches/link" << '2';
    QTest::newRow("hard link") << "batches/link" << '1';
    QTest::newRow("device") << "batches/device" << '3';
    QTest::newRow("folder") << "batches/folder" << '5';
  }
  void hostile_names_write_nowhere() {
    QFETCH(QString, name);
    QFETCH(char, type);
    Tar tar;
    tar.add(name.toLatin1().toStdString(), "evil", type, "/etc");
    tar.write(at("evil.tar"));
    const auto restored = restore(at("evil.tar"), at("victim"), kBob);
    QVERIFY(!restored);
    QVERIFY(restored.error().code == "backup.hostile");
    QCOMPARE(restored.error().kind, ErrorKind::bad_input);
    QVERIFY(!fs::exists(at("victim.millwright")));
    QVERIFY(!fs::exists(at("evil")));
    QVERIFY(!fs::exists(at("../evil")));
  }
  void a_backup_of_a_newer_project_is_refused() {
    auto project = filled("future");
    MW_OK(project);
    MW_OK(project->db().execute("PRAGMA user_version = 999"));
    MW_OK(back_up(*project, at("future.tar")));
    MW_FAILS(restore(at("future.tar"), at("past"), kBob), "store.too_new");
    QVERIFY(!fs::exists(at("past.millwright")));
  }
  void a_missing_file_stops_a_backup() {
    auto project = filled("holes");
    MW_OK(project);
    MW_OK(remove_file(*path_of_file(*project, 2)));
    MW_FAILS(back_up(*project, at("holes.tar")), "store.damaged");
    QVERIFY(!fs::exists(at("holes.tar")));
  }
};

QTEST_GUILESS_MAIN(TestVerifyAndBackup)
#include "test_verify_and_backup.moc"

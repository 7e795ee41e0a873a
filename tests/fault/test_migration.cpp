// A project is brought to a newer form while another program has it open: programs of their own, this one run again in
// another part. Each says "open" when it holds the project as its part asks, and goes on when it is told to.
#include <QCoreApplication>
#include <QProcess>
#include <cstdio>
#include <iostream>

#include "store/maintenance.h"
#include "store/migrations.h"
#include "store_fixture.h"

using namespace millwright;
using namespace millwright::store;
using namespace millwright::store::testing;

namespace {

constexpr Migration kAddsTable{2, "CREATE TABLE extra(id INTEGER PRIMARY KEY) STRICT;"};

/// The form that the other program knows.
std::span<const Migration> first_form() {
  static const Migration first[] = {migrations()[0]};
  return first;
}

struct Newer {
  Newer() : list(first_form().begin(), first_form().end()) {
    list.push_back(kAddsTable);
    set_migrations(list);
  }
  ~Newer() { set_migrations(first_form()); }
  std::vector<Migration> list;
};

void say_and_wait(const char* word) {
  std::printf("%s\n", word);
  std::fflush(stdout);
  std::string line;
  std::getline(std::cin, line);
}

/// The other program, of the old form. Its exit code is that of its last act.
int other_program(const std::string& part, const fs::path& folder) {
  auto project = Project::open(folder, kAnn);
  if (!project) return exit_code(project.error().kind);
  if (part == "labels") {
    say_and_wait("open");
    const auto done = add_label(*project, 1);
    return done ? 0 : exit_code(done.error().kind);
  }
  if (part == "reads") {
    auto query = project->db().prepare("SELECT seq FROM audit");
    if (!query || !*query->step()) return 9;
    say_and_wait("open");
    int64_t rows = 1;
    while (*query->step()) ++rows;
    return rows >= 2 ? 0 : 9;
  }
  if (part == "writes") {
    if (!project->db().execute("BEGIN IMMEDIATE")) return 9;
    say_and_wait("open");
    return project->db().execute("ROLLBACK") ? 0 : 9;
  }
  const auto flag = Maintenance::begin(*project, "a long work");  // "maintains"
  if (!flag) return exit_code(flag.error().kind);
  say_and_wait("open");
  return 0;
}

}  // namespace

class TestMigration : public QObject {
  Q_OBJECT
  QTemporaryDir folder_;

  fs::path make(const char* name) {
    const fs::path folder = path_of(folder_, name);
    auto project = Project::create(folder, kAnn, {});
    if (!project || !prepare_labeling(*project, 3)) return {};
    return project->folder();
  }

  static bool start(QProcess& program, const char* part, const fs::path& folder) {
    program.start(QCoreApplication::applicationFilePath(), {"--part", part, QString::fromStdString(folder.string())});
    return program.waitForReadyRead(30'000) && program.readAllStandardOutput() == "open\n";
  }
  static int go_on(QProcess& program) {
    program.write("go on\n");
    program.closeWriteChannel();
    return program.waitForFinished(30'000) && program.exitStatus() == QProcess::NormalExit ? program.exitCode() : -1;
  }

 private Q_SLOTS:
  void who_labels_with_an_old_program_lets_go_with_4() {
    const fs::path folder = make("labels");
    QProcess other;
    QVERIFY(start(other, "labels", folder));
    const Newer newer;
    {
      const auto upgraded = Project::open(folder, kBob);
      MW_OK(upgraded);
      QCOMPARE(upgraded->format_version(), 2);
    }
    QCOMPARE(go_on(other), 4);
    const auto project = Project::open(folder, kBob);
    MW_OK(project);
    QCOMPARE(*project->db().integer("SELECT count(*) FROM annotation"), int64_t{0});
    QVERIFY(verify(*project, {.deep = true})->ok());
  }

  void who_reads_on_is_waited_for_by_nobody() {
    const fs::path folder = make("reads");
    QProcess other;
    QVERIFY(start(other, "reads", folder));
    const Newer newer;
    const auto upgraded = Project::open(folder, kBob, {.lock_timeout = std::chrono::milliseconds(2000)});
    MW_OK(upgraded);
    QCOMPARE(upgraded->format_version(), 2);
    QCOMPARE(go_on(other), 0);  // read to its end what it began with
  }

  void who_writes_makes_the_migration_give_up_and_changes_nothing() {
    const fs::path folder = make("writes");
    QProcess other;
    QVERIFY(start(other, "writes", folder));
    const Newer newer;
    const auto refused = Project::open(folder, kBob, {.lock_timeout = std::chrono::milliseconds(200)});
    QVERIFY(!refused.has_value());
    QCOMPARE(exit_code(refused.error().kind), 4);
    QCOMPARE(go_on(other), 0);
    const auto later = Project::open(folder, kBob);
    MW_OK(later);
    QCOMPARE(later->format_version(), 2);
  }

  void a_lease_is_respected_while_its_holder_lives_and_taken_over_when_it_died() {
    const fs::path folder = make("maintains");
    QProcess other;
    QVERIFY(start(other, "maintains", folder));
    const Newer newer;
    const auto refused = Project::open(folder, kBob, {.lock_timeout = std::chrono::milliseconds(200)});
    QVERIFY(!refused.has_value());
    QCOMPARE(exit_code(refused.error().kind), 4);
    other.kill();
    QVERIFY(other.waitForFinished(30'000));
    const auto later = Project::open(folder, kBob);
    MW_OK(later);
    QCOMPARE(later->format_version(), 2);
    QCOMPARE(*later->db().integer("SELECT count(*) FROM maintenance"), int64_t{0});
    QVERIFY(verify(*later, {.deep = true})->ok());
  }
};

int main(int argc, char** argv) {
  set_migrations(first_form());
  if (argc == 4 && std::string(argv[1]) == "--part") return other_program(argv[2], argv[3]);
  QCoreApplication app(argc, argv);
  TestMigration test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_migration.moc"

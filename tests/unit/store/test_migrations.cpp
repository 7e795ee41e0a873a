#include <chrono>
#include <thread>

#include "store/migrations.h"
#include "store_fixture.h"

using namespace millwright;
using namespace millwright::store;
using namespace millwright::store::testing;

namespace {

/// Projects are made in the first form.
std::span<const Migration> first_form() {
  static const Migration first[] = {migrations()[0]};
  return first;
}

/// Our first migration and made-up ones after it.
struct Newer {
  explicit Newer(std::initializer_list<Migration> more) : list(first_form().begin(), first_form().end()) {
    list.insert(list.end(), more);
    set_migrations(list);
  }
  ~Newer() { set_migrations(first_form()); }
  std::vector<Migration> list;
};

constexpr Migration kAddsTable{2,
                               "CREATE TABLE extra(id INTEGER PRIMARY KEY, label TEXT /*none*/ NOT NULL) STRICT;"
                               "INSERT INTO extra(label) SELECT action FROM audit;"};
constexpr Migration kAddsColumn{3, "ALTER TABLE extra ADD COLUMN note TEXT /*none*/;"};

}  // namespace

class TestMigrations : public QObject {
  Q_OBJECT
  QTemporaryDir folder_;
  fs::path at(const char* name) const { return path_of(folder_, name); }

 private Q_SLOTS:
  void initTestCase() { set_migrations(first_form()); }
  void cleanupTestCase() { set_migrations({}); }

  void a_project_of_the_first_form_is_brought_to_ours() {
    {
      auto project = Project::create(at("first"), kAnn, {});
      MW_OK(prepare_labeling(*project, 3));
      MW_OK(add_label(*project, 1));
    }
    set_migrations({});
    const auto project = Project::open(at("first"), kBob);
    const int newest = newest_version();
    set_migrations(first_form());
    MW_OK(project);
    QCOMPARE(project->format_version(), newest);
    QVERIFY(newest > 1);
    QCOMPARE(*project->db().integer("SELECT count(*) FROM annotation"), int64_t{1});
  }
  void go_forward_after_a_backup() {
    {
      auto project = Project::create(at("old"), kAnn, {});
      MW_OK(prepare_labeling(*project, 3));
      MW_OK(add_label(*project, 1));
    }
    const Newer newer{kAddsTable, kAddsColumn};
    const auto project = Project::open(at("old"), kBob);
    MW_OK(project);
    QCOMPARE(project->format_version(), 3);
    QCOMPARE(*project->db().integer("SELECT count(*) FROM extra"), int64_t{3});
    QCOMPARE(*project->db().integer("SELECT count(*) FROM maintenance"), int64_t{0});
    const auto head = audit_head(*project);
    QCOMPARE(head->action, std::string("project.upgrade"));
    QCOMPARE(head->detail, std::string("{\"from\":1,\"to\":3}"));
    QVERIFY(verify(*project, {.deep = true})->ok());
    // The backup is the project as it was, and stands alone.
    const fs::path backup = at("old.millwright/project.db.v1.backup");
    const auto before = Database::open(backup.string(), Database::Mode::immutable);
    MW_OK(before);
    QCOMPARE(*before->integer("PRAGMA user_version"), int64_t{1});
    QCOMPARE(*before->integer("SELECT count(*) FROM annotation"), int64_t{1});
    QCOMPARE(*before->integer("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"), int64_t{1});
  }
  void a_fresh_project_and_an_upgraded_one_are_alike() {
    MW_OK(Project::create(at("one"), kAnn, {}));
    const Newer newer{kAddsTable, kAddsColumn};
    MW_OK(Project::open(at("one"), kAnn));  // its schema is compared with a fresh one's on opening
    MW_OK(Project::open(at("one"), kAnn));
    MW_OK(Project::create(at("two"), kAnn, {}));
  }
  void one_that_fails_changes_nothing() {
    MW_OK(Project::create(at("fails"), kAnn, {}));
    {
      const Newer newer{kAddsTable, {3, "CREATE TABLE half(a INTEGER) STRICT; INSERT INTO no_such_table VALUES (1)"}};
      QVERIFY(!Project::open(at("fails"), kAnn));
    }
    auto project = Project::open(at("fails"), kAnn);
    MW_OK(project);
    QCOMPARE(project->format_version(), 1);
    QCOMPARE(*project->db().integer("SELECT count(*) FROM maintenance"), int64_t{0});
    MW_OK(project->write([](Transaction& t) { return t.audit("works", "x", {}); }));
  }
  void broken_references_are_found_before_they_are_kept() {
    MW_OK(Project::create(at("keys"), kAnn, {}));
    const Newer newer{{2, "INSERT INTO asset_schema VALUES (77, 1, '[]', 'first', 'a', 'd', 0)"}};
    MW_FAILS(Project::open(at("keys"), kAnn), "store.damaged");
  }
  // Migration while another program is open: it is told at its next write, and nothing of it goes in.
  void who_has_it_open_is_told() {
    auto old = Project::create(at("open"), kAnn, {});
    MW_OK(prepare_labeling(*old, 3));
    const Newer newer{kAddsTable};
    MW_OK(Project::open(at("open"), kBob));
    MW_FAILS(add_label(*old, 1), "store.too_new");
    QCOMPARE(*old->db().integer("SELECT count(*) FROM annotation"), int64_t{0});
  }
  void a_reader_that_holds_on_does_not_stop_it() {
    auto old = Project::create(at("holds"), kAnn, {});
    MW_OK(prepare_labeling(*old, 3));
    auto query = old->db().prepare("SELECT seq FROM audit");
    QVERIFY(*query->step());
    const Newer newer{kAddsTable};
    const auto upgraded = Project::open(at("holds"), kBob, {.lock_timeout = std::chrono::milliseconds(500)});
    MW_OK(upgraded);
    QCOMPARE(upgraded->format_version(), 2);
    QVERIFY(*query->step());  // still reads what it began with
  }
  void a_writer_that_holds_on_makes_it_give_up() {
    auto old = Project::create(at("writer"), kAnn, {});
    MW_OK(old->db().execute("BEGIN IMMEDIATE"));
    {
      const Newer newer{kAddsTable};
      MW_FAILS(Project::open(at("writer"), kBob, {.lock_timeout = std::chrono::milliseconds(50)}), "store.locked");
    }
    MW_OK(old->db().execute("ROLLBACK"));
    QCOMPARE(*old->db().integer("PRAGMA user_version"), int64_t{1});
  }
  void two_at_once_do_it_once() {
    MW_OK(Project::create(at("race"), kAnn, {}));
    const Newer newer{kAddsTable};
    std::atomic<int> opened{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        const auto project = Project::open(at("race"), kBob);
        if (project && project->format_version() == 2) ++opened;
      });
    for (auto& thread : threads) thread.join();
    QCOMPARE(opened.load(), 4);
    const auto project = Project::open(at("race"), kAnn);
    QCOMPARE(*project->db().integer("SELECT count(*) FROM audit WHERE action = 'project.upgrade'"), int64_t{1});
  }
  void asked_for_reading_it_is_upgraded_all_the_same() {
    MW_OK(Project::create(at("reading"), kAnn, {}));
    const Newer newer{kAddsTable};
    const auto project = Project::open(at("reading"), kBob, {.read_only = true});
    MW_OK(project);
    QCOMPARE(project->format_version(), 2);
    QVERIFY(project->read_only());
  }
};

QTEST_GUILESS_MAIN(TestMigrations)
#include "test_migrations.moc"

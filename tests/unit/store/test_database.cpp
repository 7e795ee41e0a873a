#include <chrono>
#include <thread>

#include "base/clock.h"
#include "store_fixture.h"

using namespace millwright;
using namespace millwright::store;
using namespace millwright::store::testing;

class TestDatabase : public QObject {
  Q_OBJECT
  QTemporaryDir folder_;
  std::string at(const char* name) const { return path_of(folder_, name).string(); }

 private Q_SLOTS:
  void values_come_back() {
    const auto db = Database::open(at("values.db"), Database::Mode::create);
    MW_OK(db);
    MW_OK(db->execute("CREATE TABLE t(a INTEGER, b REAL, c TEXT, d BLOB) STRICT; -- and a comment\n"));
    const Uuid id = new_uuid();
    auto insert = db->prepare("INSERT INTO t VALUES (?, ?, ?, ?)");
    MW_OK(insert);
    MW_OK(insert->with(int64_t{INT64_MIN}, 0.1, std::string_view("a\0b", 3), id).run());
    MW_OK(insert->with(1, std::optional<double>(), std::string_view(), std::span<const uint8_t>()).run());
    QCOMPARE(db->last_insert_id(), int64_t{2});
    auto query = db->prepare("SELECT a, b, c, d FROM t ORDER BY rowid");
    MW_OK(query);
    QVERIFY(*query->step());
    QCOMPARE(query->integer(0), int64_t{INT64_MIN});
    QCOMPARE(query->real(1), 0.1);
    QCOMPARE(query->text(2), std::string_view("a\0b", 3));
    QCOMPARE(query->uuid(3), id);
    QVERIFY(*query->step());
    QVERIFY(query->is_null(1));
    QVERIFY(!query->is_null(2));  // an empty text is not a missing one
    QVERIFY(!query->is_null(3));
    QVERIFY(query->uuid(3).is_null());
    QVERIFY(!query->optional_integer(1));
    QVERIFY(!*query->step());
  }
  void statements_are_reused_and_survive_their_connection() {
    auto db = Database::open(at("cache.db"), Database::Mode::create);
    MW_OK(db);
    auto first = db->prepare("SELECT ?");
    MW_OK(first);
    auto second = db->prepare("SELECT ?");  // while the first is in use
    MW_OK(second);
    QVERIFY(*first->with(1).step());
    QVERIFY(*second->with(2).step());
    QCOMPARE(first->integer(0), int64_t{1});
    QCOMPARE(second->integer(0), int64_t{2});
    // Bound again while it stands on a row: it begins anew instead of keeping the old value.
    QVERIFY(*first->with(3).step());
    QCOMPARE(first->integer(0), int64_t{3});
    const Statement outlives = std::move(*first);
    *db = std::move(*Database::open(at("other.db"), Database::Mode::create));
    QVERIFY(!outlives.is_null(0));
  }
  void a_reused_statement_forgets_its_values() {
    const auto db = Database::open(":memory:", Database::Mode::create);
    MW_OK(db);
    {
      auto query = db->prepare("SELECT ?");
      QVERIFY(*query->with(7).step());
    }
    auto query = db->prepare("SELECT ?");
    QVERIFY(*query->step());
    QVERIFY(query->is_null(0));
  }
  void texts_without_end_do_not_fill_the_cache() {
    const auto db = Database::open(":memory:", Database::Mode::create);
    const auto used_before = [&] {
      int now = 0, high = 0;
      sqlite3_db_status(db->handle(), SQLITE_DBSTATUS_STMT_USED, &now, &high, 0);
      return now;
    };
    for (int i = 0; i < 5000; ++i) QCOMPARE(*db->integer("SELECT " + std::to_string(i)), int64_t{i});
    QVERIFY2(used_before() < 2'000'000, std::to_string(used_before()).c_str());
  }
  void a_file_from_a_stranger_cannot_do_much() {
    const auto db = Database::open(at("hard.db"), Database::Mode::create);
    MW_OK(db);
    MW_OK(
        db->execute("CREATE TABLE u(a INTEGER) STRICT; CREATE VIEW v AS SELECT 1; "
                    "CREATE TRIGGER g AFTER INSERT ON u BEGIN DELETE FROM u; END;"));
    QVERIFY(!db->execute("SELECT * FROM v"));  // views do not run
    MW_OK(db->execute("INSERT INTO u VALUES (1)"));
    QCOMPARE(*db->integer("SELECT count(*) FROM u"), int64_t{1});  // triggers do not fire
    QVERIFY(!db->execute("SELECT load_extension('x')"));
    QVERIFY(!db->execute("PRAGMA writable_schema = ON; DELETE FROM sqlite_schema"));  // defensive
    QVERIFY(!db->execute("SELECT \"no such column\""));                               // double quotes are names
    QVERIFY(!db->execute("INSERT INTO u VALUES ('text')"));                           // STRICT
    QCOMPARE(*db->integer("PRAGMA foreign_keys"), int64_t{1});
    QCOMPARE(*db->integer("PRAGMA secure_delete"), int64_t{1});
    QCOMPARE(*db->integer("PRAGMA trusted_schema"), int64_t{0});
    QCOMPARE(*db->integer("PRAGMA cell_size_check"), int64_t{1});
    QVERIFY(sqlite3_limit(db->handle(), SQLITE_LIMIT_ATTACHED, -1) <= 2);
    QVERIFY(sqlite3_limit(db->handle(), SQLITE_LIMIT_SQL_LENGTH, -1) <= 1 << 20);
  }
  void errors_have_their_kinds() {
    MW_FAILS(Database::open(at("not/there.db"), Database::Mode::create), "store.cannot_open");
    MW_FAILS(Database::open(at("nothing.db"), Database::Mode::read_write), "store.cannot_open");
    MW_OK(write_file_atomically(at("text.db"), std::string(5000, 'x')));
    const auto text = Database::open(at("text.db"), Database::Mode::read_only);
    MW_OK(text);
    MW_FAILS(text->integer("PRAGMA application_id"), "store.not_a_project");
    const auto db = Database::open(at("errors.db"), Database::Mode::create);
    MW_OK(db->execute(
        "CREATE TABLE t(a INTEGER PRIMARY KEY, b INTEGER REFERENCES t(a)) STRICT; INSERT INTO t VALUES (1, 1)"));
    MW_FAILS(db->execute("INSERT INTO t VALUES (1, 1)"), "store.constraint");
    MW_FAILS(db->execute("INSERT INTO t VALUES (2, 9)"), "store.constraint");
    MW_FAILS(db->prepare("SELECT nonsense FROM t"), "store.sql");
    MW_FAILS(db->prepare(""), "store.sql");
    const auto reader = Database::open(at("errors.db"), Database::Mode::read_only);
    MW_FAILS(reader->execute("DELETE FROM t"), "store.read_only");
  }
  void a_full_disk_is_said_to_be_full() {
    const auto db = Database::open(at("full.db"), Database::Mode::create);
    MW_OK(db->execute("CREATE TABLE t(a BLOB) STRICT; PRAGMA max_page_count = 20"));
    const Status full = db->execute("INSERT INTO t VALUES (zeroblob(1000000))");
    QVERIFY(!full);
    QCOMPARE(full.error().code, std::string("store.full"));
    QCOMPARE(full.error().kind, ErrorKind::store);
  }
  void a_damaged_file_is_said_to_be_damaged() {
    const std::string path = at("damaged.db");
    {
      const auto db = Database::open(path, Database::Mode::create);
      MW_OK(
          db->execute("CREATE TABLE t(a TEXT) STRICT; INSERT INTO t SELECT hex(randomblob(100)) FROM "
                      "(WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i < 500) SELECT i FROM c)"));
    }
    auto content = *read_file(path);
    std::fill(content.begin() + 4096, content.begin() + 12288, '\xAA');
    MW_OK(write_file_atomically(path, content));
    const auto db = Database::open(path, Database::Mode::read_only);
    MW_FAILS(db->integer("SELECT count(*) FROM t"), "store.damaged");
  }
  void immutable_files_open_under_any_name() {
    const std::string path = at("a b%20?c#d.db");
    {
      const auto db = Database::open(path, Database::Mode::create);
      MW_OK(db->execute("CREATE TABLE t(a INTEGER) STRICT; INSERT INTO t VALUES (5)"));
    }
    const auto db = Database::open(path, Database::Mode::immutable);
    MW_OK(db);
    QCOMPARE(*db->integer("SELECT a FROM t"), int64_t{5});
    MW_FAILS(db->execute("INSERT INTO t VALUES (1)"), "store.read_only");
  }
  void waits_for_a_lock_as_long_as_was_said_and_no_longer() {
    const std::string path = at("lock.db");
    const auto holder = Database::open(path, Database::Mode::create);
    MW_OK(holder->execute("CREATE TABLE t(a INTEGER) STRICT; BEGIN IMMEDIATE"));
    auto other = Database::open(path, Database::Mode::read_write);
    other->set_lock_timeout(std::chrono::milliseconds(150));
    const double begun = steady_seconds();
    MW_FAILS(other->execute("BEGIN IMMEDIATE"), "store.locked");
    const double waited = steady_seconds() - begun;
    QVERIFY2(waited >= 0.15 && waited < 1.0, std::to_string(waited).c_str());
  }
  void gets_a_lock_soon_after_it_is_free() {
    const std::string path = at("soon.db");
    const auto holder = Database::open(path, Database::Mode::create);
    MW_OK(holder->execute("CREATE TABLE t(a INTEGER) STRICT"));
    const auto other = Database::open(path, Database::Mode::read_write);
    std::vector<double> delays;
    for (int i = 0; i < 9; ++i) {
      MW_OK(holder->execute("BEGIN IMMEDIATE"));
      double freed = 0;
      std::thread release([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
        freed = steady_seconds();
        (void)holder->execute("COMMIT");
      });
      const Status begun = other->execute("BEGIN IMMEDIATE");
      const double got = steady_seconds();
      release.join();
      MW_OK(begun);
      MW_OK(other->execute("COMMIT"));
      delays.push_back(got - freed);
    }
    // The pause between two tries is at most 2 ms; SQLite's own handler would take up to 100. The median, since other
    // work on the machine may stretch single ones.
    std::sort(delays.begin(), delays.end());
    QVERIFY2(delays[4] < 0.02, std::to_string(delays[4]).c_str());
  }
};

QTEST_GUILESS_MAIN(TestDatabase)
#include "test_database.moc"

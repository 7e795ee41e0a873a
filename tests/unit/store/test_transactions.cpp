#include <chrono>
#include <thread>

#include "base/clock.h"
#include "store/maintenance.h"
#include "store_fixture.h"

using namespace millwright;
using namespace millwright::store;
using namespace millwright::store::testing;
using std::chrono::milliseconds;

class TestTransactions : public QObject {
  Q_OBJECT
  QTemporaryDir folder_;
  fs::path at(const char* name) const { return path_of(folder_, name); }

  static Status note(Project& project, std::string_view action) {
    return project.write([&](Transaction& t) { return t.audit(action, "x", Json{{"n", 1}}); });
  }

 private Q_SLOTS:
  void an_error_rolls_back() {
    auto project = Project::create(at("rollback"), kAnn, {});
    MW_OK(project);
    const Status refused = project->write([&](Transaction& t) -> Status {
      MW_TRY(t.audit("a", "b", {}));
      return fail(ErrorKind::refused, "test.no", "No.");
    });
    MW_FAILS(refused, "test.no");
    QCOMPARE(*project->db().integer("SELECT count(*) FROM audit"), int64_t{1});
    MW_OK(note(*project, "after"));
    const auto value = project->write([&](Transaction&) -> Result<int> { return 7; });
    QCOMPARE(*value, 7);
  }
  void one_inside_another_is_refused() {
    auto project = Project::create(at("nested"), kAnn, {});
    MW_OK(project);
    MW_FAILS(project->write([&](Transaction&) { return note(*project, "inner"); }), "store.nested");
    MW_OK(note(*project, "after"));
  }
  void carries_actor_and_time() {
    auto project = Project::create(at("actor"), kAnn, {});
    MW_OK(project);
    project->set_actor(kBob);
    const int64_t before = now_ms();
    MW_OK(note(*project, "bob.acts"));
    const auto head = audit_head(*project);
    MW_OK(head);
    QCOMPARE(head->actor, kBob.name);
    QCOMPARE(head->device, kBob.device);
    QVERIFY(head->time_ms >= before && head->time_ms <= now_ms());
    QCOMPARE(head->seq, int64_t{2});
  }
  // The definition in audit.h, by hand: SHA-256(previous ‖ canonical JSON of the other columns).
  void the_audit_chain_is_what_it_says() {
    auto project = Project::create(at("chain"), kAnn, {});
    MW_OK(project);
    MW_OK(note(*project, "second"));
    std::vector<AuditEntry> entries;
    MW_OK(read_audit(*project, 0, [&](const AuditEntry& e) {
      entries.push_back(e);
      return true;
    }));
    QCOMPARE(entries.size(), size_t{2});
    const AuditEntry& e = entries[1];
    const std::string json =
        "{\"action\":\"second\",\"actor\":\"ann\",\"detail\":\"{\\\"n\\\":1}\",\"device\":\"device-one\","
        "\"seq\":2,\"subject\":\"x\",\"time_ms\":" +
        std::to_string(e.time_ms) + "}";
    std::string bytes(entries[0].hash.begin(), entries[0].hash.end());
    QCOMPARE(to_hex(e.hash), to_hex(sha256(bytes + json)));
    const auto check = check_audit(*project, to_hex(entries[0].hash));
    MW_OK(check);
    QCOMPARE(check->entries, int64_t{2});
    QCOMPARE(check->broken_at, int64_t{0});
    QVERIFY(check->head_found);
    QVERIFY(!check_audit(*project, std::string(64, '0'))->head_found);
    MW_FAILS(check_audit(*project, "nonsense"), "audit.head");
    MW_FAILS(check_audit(*project, "abc"), "audit.head");
  }
  void any_change_breaks_the_chain() {
    for (const char* change :
         {"UPDATE audit SET actor = 'eve' WHERE seq = 3", "UPDATE audit SET time_ms = 1 WHERE seq = 3",
          "DELETE FROM audit WHERE seq = 3", "UPDATE audit SET detail = '{}' WHERE seq = 3",
          "UPDATE audit SET seq = 30 WHERE seq = 3"}) {
      const auto path = at("tampered");
      fs::remove_all(path.string() + ".millwright");
      auto project = Project::create(path, kAnn, {});
      for (int i = 0; i < 5; ++i) MW_OK(note(*project, "act"));
      MW_OK(project->db().execute(change));
      QVERIFY2(check_audit(*project)->broken_at != 0, change);
    }
  }
  void long_trails_are_read_in_pages() {
    auto project = Project::create(at("long"), kAnn, {});
    MW_OK(project->write([&](Transaction& t) -> Status {
      for (int i = 0; i < 2500; ++i) MW_TRY(t.audit("a", std::to_string(i), {}));
      return {};
    }));
    int64_t next = 1;
    MW_OK(read_audit(*project, 0, [&](const AuditEntry& e) { return e.seq == next++; }));
    QCOMPARE(next, int64_t{2502});
    QCOMPARE(check_audit(*project)->entries, int64_t{2501});
  }
  void many_writers_make_one_chain() {
    auto project = Project::create(at("many"), kAnn, {});
    MW_OK(project);
    std::atomic<int> failures{0};
    std::vector<std::thread> threads;
    for (int n = 0; n < 4; ++n)
      threads.emplace_back([&] {
        auto mine = project->clone();
        for (int i = 0; i < 50; ++i)
          if (!mine || !note(*mine, "act")) ++failures;
      });
    for (auto& thread : threads) thread.join();
    QCOMPARE(failures.load(), 0);
    const auto check = check_audit(*project);
    QCOMPARE(check->entries, int64_t{201});
    QCOMPARE(check->broken_at, int64_t{0});
  }
  void others_see_that_something_changed() {
    auto project = Project::create(at("version"), kAnn, {});
    auto other = project->clone();
    MW_OK(other);
    const int64_t before = project->data_version();
    MW_OK(note(*project, "own"));
    QCOMPARE(project->data_version(), before);  // own writes are no news
    MW_OK(note(*other, "theirs"));
    QVERIFY(project->data_version() != before);
  }
  void a_locked_project_is_said_to_be_locked() {
    auto project = Project::create(at("locked"), kAnn, {});
    auto other = Project::open(at("locked"), kBob, {.lock_timeout = milliseconds(50)});
    MW_OK(other);
    MW_OK(project->db().execute("BEGIN IMMEDIATE"));
    MW_FAILS(note(*other, "waits"), "store.locked");
    MW_OK(project->db().execute("COMMIT"));
    MW_OK(note(*other, "goes"));
  }
  void a_reader_that_holds_on_stops_nobody() {
    auto project = Project::create(at("reader"), kAnn, {});
    auto reader = project->clone();
    auto query = reader->db().prepare("SELECT seq FROM audit");
    QVERIFY(*query->step());  // a read snapshot, held
    for (int i = 0; i < 20; ++i) MW_OK(note(*project, "act"));
    MW_OK(project->checkpoint());
    QCOMPARE(*project->db().integer("SELECT count(*) FROM audit"), int64_t{21});
  }
  void checkpoints_are_left_to_who_asks() {
    auto project = Project::create(at("checkpoint"), kAnn, {});
    project->set_automatic_checkpoint(false);
    const fs::path log = at("checkpoint.millwright/project.db-wal");
    const Json large{{"text", std::string(12'000, 'x')}};
    for (int i = 0; i < 400; ++i) MW_OK(project->write([&](Transaction& t) { return t.audit("act", "x", large); }));
    QVERIFY(fs::file_size(log) > 1000 * 4096);  // past the point where SQLite would have done it by itself
    const auto size = fs::file_size(log);
    auto idle = project->clone();
    MW_OK(idle->checkpoint());
    MW_OK(note(*project, "begins the log anew"));
    QCOMPARE(fs::file_size(log), size);
  }

  // --- maintenance
  void maintenance_keeps_others_out() {
    auto project = Project::create(at("maintained"), kAnn, {});
    auto other = Project::open(at("maintained"), kBob, {.lock_timeout = milliseconds(50)});
    {
      auto flag = Maintenance::begin(*project, "erasure");
      MW_OK(flag);
      const Status refused = note(*other, "act");
      MW_FAILS(refused, "store.in_maintenance");
      QCOMPARE(exit_code(refused.error().kind), 4);
      QVERIFY(message_of(refused.error()).find("erasure") != std::string::npos);
      MW_FAILS(Project::open(at("maintained"), kBob, {.lock_timeout = milliseconds(50)}), "store.in_maintenance");
      MW_FAILS(Maintenance::begin(*other, "another"), "store.in_maintenance");
      MW_OK(note(*project, "its own"));
      MW_OK(flag->renew());
      MW_OK(note(*project, "its own"));
      MW_OK(flag->end());
    }
    MW_OK(note(*other, "act"));
  }
  void opening_waits_for_maintenance_to_end() {
    auto project = Project::create(at("waits"), kAnn, {});
    auto flag = Maintenance::begin(*project, "short work");
    MW_OK(flag);
    std::thread ends([&] {
      std::this_thread::sleep_for(milliseconds(100));
      (void)flag->end();
    });
    const auto opened = Project::open(at("waits"), kBob);
    ends.join();
    MW_OK(opened);
  }
  void a_flag_whose_holder_is_gone_is_taken_away() {
    auto project = Project::create(at("gone"), kAnn, {});
    // Its lease has an hour to go, but nobody holds the lock file: a program that was killed.
    MW_OK(project->db().execute("INSERT INTO maintenance VALUES (1, 'upgrade', 'eve', 'd', 1, " +
                                std::to_string(now_ms() + 3'600'000) + ")"));
    auto other = Project::open(at("gone"), kBob);
    MW_OK(other);
    MW_OK(note(*other, "act"));
    QCOMPARE(*other->db().integer("SELECT count(*) FROM maintenance"), int64_t{0});
  }
  void a_lease_that_ran_out_is_taken_over_and_its_holder_told() {
    auto project = Project::create(at("stale"), kAnn, {});
    auto other = Project::open(at("stale"), kBob);
    auto flag = Maintenance::begin(*project, "hangs", milliseconds(1));
    MW_OK(flag);
    std::this_thread::sleep_for(milliseconds(20));
    auto taken = Maintenance::begin(*other, "takes over");  // although the lock file is still held
    MW_OK(taken);
    MW_FAILS(note(*project, "wakes up"), "store.in_maintenance");
    MW_FAILS(flag->renew(), "store.in_maintenance");
    MW_OK(note(*other, "goes on"));
    MW_OK(taken->end());
  }
};

QTEST_GUILESS_MAIN(TestTransactions)
#include "test_transactions.moc"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "store/lookup.h"
#include "store/migrations.h"
#include "store_fixture.h"

using namespace millwright;
using namespace millwright::store;
using namespace millwright::store::testing;

namespace {

/// Runs `body` in a process of its own as a user without rights; its text goes to `said`. Root may write anywhere, so
/// read-only folders show only there.
std::string as_nobody(const std::function<std::string()>& body) {
  int ends[2];
  if (::pipe(ends) != 0) return "no pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    std::string said = "cannot change the user";
    if (::geteuid() != 0 || (::setgid(65534) == 0 && ::setuid(65534) == 0)) said = body();
    [[maybe_unused]] const ssize_t n = ::write(ends[1], said.data(), said.size());
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string said(4096, '\0');
  const ssize_t n = ::read(ends[0], said.data(), said.size());
  said.resize(n > 0 ? static_cast<size_t>(n) : 0);
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return said;
}

void make_read_only(const fs::path& folder, bool on) {
  const mode_t folders = on ? 0555 : 0755, files = on ? 0444 : 0644;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    ::chmod(entry.path().c_str(), entry.is_directory() ? folders : files);
  ::chmod(folder.c_str(), folders);
}

/// Name, size and content of everything in a folder.
std::string fingerprint(const fs::path& folder) {
  std::vector<std::string> lines;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    lines.push_back(entry.path().string() + (entry.is_regular_file() ? to_hex(*sha256_of_file(entry.path())) : ""));
  std::sort(lines.begin(), lines.end());
  std::string all;
  for (const auto& line : lines) all += line + '\n';
  return all;
}

}  // namespace

class TestProject : public QObject {
  Q_OBJECT
  QTemporaryDir folder_;
  fs::path at(const char* name) const { return path_of(folder_, name); }

 private Q_SLOTS:
  void initTestCase() { ::chmod(folder_.path().toUtf8().constData(), 0755); }

  void is_made_and_opened_by_its_name() {
    const auto made = Project::create(at("first"), kAnn, {});
    MW_OK(made);
    QCOMPARE(made->folder(), at("first.millwright"));
    QCOMPARE(made->name(), std::string("first"));
    QCOMPARE(made->format_version(), newest_version());
    for (const fs::path& typed : {at("first"), at("first.millwright"), at("first.millwright/")}) {
      const auto opened = Project::open(typed, kBob);
      MW_OK(opened);
      QCOMPARE(opened->id(), made->id());
      QCOMPARE(opened->duplicate_key().k0, made->duplicate_key().k0);
      QVERIFY(opened->duplicate_key().k0 != 0);
      QVERIFY(!opened->read_only());
    }
    const auto named = Project::create(at("second"), kAnn, {.name = "Sections of packages"});
    QCOMPARE(named->name(), std::string("Sections of packages"));
  }
  void has_the_promised_settings() {
    const auto project = Project::create(at("settings"), kAnn, {});
    MW_OK(project);
    const Database& db = project->db();
    QCOMPARE(*db.integer("PRAGMA page_size"), int64_t{4096});
    QCOMPARE(*db.integer("PRAGMA synchronous"), int64_t{2});
    QCOMPARE(*db.integer("PRAGMA application_id"), int64_t{0x4D575254});
    QCOMPARE(*db.integer("PRAGMA foreign_keys"), int64_t{1});
    QCOMPARE(*db.integer("PRAGMA secure_delete"), int64_t{1});
    auto mode = db.prepare("PRAGMA journal_mode");
    QVERIFY(*mode->step());
    QCOMPARE(mode->string(0), std::string("wal"));
    auto strict = db.prepare(
        "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite%' "
        "AND strict = 0");
    QVERIFY(*strict->step());
    QCOMPARE(strict->integer(0), int64_t{0});
  }
  void an_existing_one_is_refused_and_left_alone() {
    MW_OK(Project::create(at("once"), kAnn, {}));
    const std::string before = fingerprint(at("once.millwright"));
    MW_FAILS(Project::create(at("once"), kAnn, {}), "store.exists");
    QCOMPARE(fingerprint(at("once.millwright")), before);
    fs::create_directory(at("folder.millwright"));
    std::ofstream(at("folder.millwright") / "mine.txt") << "mine";
    MW_FAILS(Project::create(at("folder"), kAnn, {}), "store.exists");
    std::ofstream(at("file.millwright")) << "mine";
    MW_FAILS(Project::create(at("file"), kAnn, {}), "store.exists");
    fs::create_directory(at("empty.millwright"));
    MW_OK(Project::create(at("empty"), kAnn, {}));
  }
  void nothing_half_made_stays_and_what_a_kill_left_is_swept() {
    fs::create_directory(at(".half.millwright.tmp-000000000000"));
    std::ofstream(at(".half.millwright.tmp-000000000000") / "project.db") << "x";
    MW_OK(Project::create(at("half"), kAnn, {}));
    for (const auto& entry : fs::directory_iterator(at("")))
      QVERIFY2(entry.path().string().find(".tmp-") == std::string::npos, entry.path().c_str());
  }
  void what_is_no_project_is_said_to_be_none() {
    MW_FAILS(Project::open(at("nothing"), kAnn), "store.not_a_project");
    fs::create_directory(at("bare.millwright"));
    MW_FAILS(Project::open(at("bare"), kAnn), "store.not_a_project");
    for (const std::string& content : {std::string(), std::string("hello"), std::string(10'000, 'x')}) {
      fs::create_directories(at("text.millwright"));
      std::ofstream(at("text.millwright/project.db")) << content;
      const std::string before = fingerprint(at("text.millwright"));
      const auto opened = Project::open(at("text"), kAnn);
      MW_FAILS(opened, "store.not_a_project");
      QCOMPARE(exit_code(opened.error().kind), 4);
      QCOMPARE(fingerprint(at("text.millwright")), before);
    }
    fs::create_directories(at("other.millwright"));
    {
      const auto db = Database::open(at("other.millwright/project.db").string(), Database::Mode::create);
      MW_OK(db->execute("CREATE TABLE t(a INTEGER) STRICT"));
    }
    MW_FAILS(Project::open(at("other"), kAnn), "store.not_a_project");
    fs::create_directories(at("link.millwright"));
    MW_OK(Project::create(at("target"), kAnn, {}));
    fs::create_symlink(at("target.millwright/project.db"), at("link.millwright/project.db"));
    MW_FAILS(Project::open(at("link"), kAnn), "store.not_a_project");
  }
  void a_newer_one_is_refused_and_left_alone() {
    MW_OK(Project::create(at("newer"), kAnn, {}));
    {
      const auto db = Database::open(at("newer.millwright/project.db").string(), Database::Mode::read_write);
      MW_OK(db->execute("PRAGMA user_version = 999"));
    }
    const std::string before = fingerprint(at("newer.millwright"));
    const auto opened = Project::open(at("newer"), kAnn);
    MW_FAILS(opened, "store.too_new");
    QVERIFY(message_of(opened.error()).find("999") != std::string::npos);
    QCOMPARE(fingerprint(at("newer.millwright")), before);
  }
  void a_foreign_schema_is_damage() {
    MW_OK(Project::create(at("foreign"), kAnn, {}));
    {
      sqlite3* raw = nullptr;
      QCOMPARE(sqlite3_open(at("foreign.millwright/project.db").c_str(), &raw), SQLITE_OK);
      sqlite3_exec(raw, "CREATE TRIGGER evil AFTER INSERT ON audit BEGIN DELETE FROM annotation; END", nullptr, nullptr,
                   nullptr);
      sqlite3_close(raw);
    }
    MW_FAILS(Project::open(at("foreign"), kAnn), "store.damaged");
    MW_OK(Project::create(at("emptied"), kAnn, {}));
    {
      const auto db = Database::open(at("emptied.millwright/project.db").string(), Database::Mode::read_write);
      MW_OK(db->execute("DROP TABLE maintenance"));
    }
    MW_FAILS(Project::open(at("emptied"), kAnn), "store.damaged");
    MW_OK(Project::create(at("nameless"), kAnn, {}));
    {
      const auto db = Database::open(at("nameless.millwright/project.db").string(), Database::Mode::read_write);
      MW_OK(db->execute("DELETE FROM project"));
    }
    MW_FAILS(Project::open(at("nameless"), kAnn), "store.damaged");
  }
  void a_cut_file_is_damage() {
    MW_OK(Project::create(at("cut"), kAnn, {}));
    const fs::path path = at("cut.millwright/project.db");
    fs::resize_file(path, 6000);
    const auto opened = Project::open(at("cut"), kAnn);
    MW_FAILS(opened, "store.damaged");
    QCOMPARE(exit_code(opened.error().kind), 4);
    QCOMPARE(fs::file_size(path), uintmax_t{6000});
  }
  void a_read_only_folder_can_be_read_and_not_written() {
    {
      auto project = Project::create(at("ro"), kAnn, {});
      MW_OK(project);
      MW_OK(prepare_labeling(*project, 3));
    }
    make_read_only(at("ro.millwright"), true);
    const std::string before = fingerprint(at("ro.millwright"));
    const auto path = at("ro");
    const std::string said = as_nobody([&] {
      auto project = Project::open(path, kAnn);
      if (!project) return why(project);
      std::string text = project->read_only() ? "read-only," : "writable,";
      const auto batches = project->db().integer("SELECT count(*) FROM batch");
      text += batches ? std::to_string(*batches) : why(batches);
      const auto label = add_label(*project, 0);
      text += "," + (label ? std::string("written") : label.error().code);
      const auto facts = write_facts(*project, some_facts(1));
      text += "," + (facts ? std::string("written") : facts.error().code);
      const auto blob = put_blob(*project, "x");
      text += "," + (blob ? std::string("written") : blob.error().code);
      const auto report = verify(*project, {.deep = true});
      return text + "," + (report && report->ok() ? "verified" : "not verified");
    });
    make_read_only(at("ro.millwright"), false);
    QCOMPARE(said, std::string("read-only,1,store.read_only,store.read_only,store.read_only,verified"));
    QCOMPARE(fingerprint(at("ro.millwright")), before);
  }
  void opened_for_reading_it_cannot_be_written() {
    MW_OK(Project::create(at("reader"), kAnn, {}));
    auto project = Project::open(at("reader"), kAnn, {.read_only = true});
    MW_OK(project);
    QVERIFY(project->read_only());
    MW_FAILS(add_label(*project, 0), "store.read_only");
    MW_FAILS(project->db().execute("DELETE FROM audit"), "store.read_only");
  }
  void every_text_and_blob_says_its_class() {
    const auto project = Project::create(at("classes"), kAnn, {});
    MW_OK(project);
    check_classes(project->db());
    // and so in a file of facts
    auto writable = Project::open(at("classes"), kAnn);
    const auto facts = write_facts(*writable, some_facts(3));
    MW_OK(facts);
    const auto db = Database::open(path_of_file(*writable, "facts", facts->uuid).string(), Database::Mode::immutable);
    MW_OK(db);
    check_classes(*db);
  }
  void ids_are_found_by_what_people_type() {
    auto project = Project::create(at("lookup"), kAnn, {});
    MW_OK(project);
    MW_FAILS(find_by_tail(*project, "batch", "latest", "batch"), "store.no_such_id");
    MW_OK(prepare_labeling(*project, 5));
    const auto newest = find_by_tail(*project, "batch", "", "batch");
    MW_OK(newest);
    const std::string whole = tail(newest->uuid);
    for (const std::string& typed : {whole, whole.substr(0, 4), std::string("latest"), to_string(newest->uuid)}) {
      const auto found = find_by_tail(*project, "batch", typed, "batch");
      MW_OK(found);
      QCOMPARE(found->id, newest->id);
    }
    std::string upper = whole;
    for (char& c : upper) c = static_cast<char>(std::toupper(c));
    MW_OK(find_by_tail(*project, "batch", upper, "batch"));
    const auto missing = find_by_tail(*project, "batch", "zzzzzzzzzzzz", "batch");
    MW_FAILS(missing, "store.no_such_id");
    QCOMPARE(exit_code(missing.error().kind), 3);
    MW_FAILS(find_by_tail(*project, "batch", "u?", "batch"), "store.no_such_id");
    MW_OK(project->write([&](Transaction& t) -> Status {
      return t.db().execute(
          "INSERT INTO asset(id, uuid, name, roles, created_ms) VALUES "
          "(8, x'00000000000000000000000000000001', 'b', '{}', 0),"
          "(9, x'00000000000000000000000000000002', 'c', '{}', 0)");
    }));
    MW_FAILS(find_by_tail(*project, "asset", "00000000", "asset"), "store.ambiguous_id");
    QCOMPARE(find_by_tail(*project, "asset", "000000000002", "asset")->id, int64_t{9});

    const auto record = record_from_text(*project, whole.substr(0, 5) + "-4");
    MW_OK(record);
    QCOMPARE(record->ordinal, int64_t{4});
    QCOMPARE(*record_to_text(*project, *record), whole + "-4");
    for (const std::string& typed : {whole, whole + "-", whole + "-5", whole + "--1", whole + "-x", std::string("-1")})
      MW_FAILS(record_from_text(*project, typed), "store.no_such_id");
  }

 private:
  /// The class must stand in the text of the schema, as the file keeps it.
  static void check_classes(const Database& db) {
    auto tables = db.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'");
    MW_OK(tables);
    int columns = 0;
    while (*tables->step()) {
      const std::string table = tables->string(0), sql = tables->string(1);
      auto list = db.prepare("SELECT name, type FROM pragma_table_info(?) WHERE type IN ('TEXT', 'BLOB')");
      MW_OK(list);
      list->with(std::string_view(table));
      while (*list->step()) {
        const std::string column = list->string(0), start = column + ' ' + list->string(1) + " /*";
        const size_t found = sql.find("  " + start);
        const std::string rest = found == std::string::npos ? "" : sql.substr(found + 2 + start.size());
        QVERIFY2(rest.starts_with("payload*/") || rest.starts_with("derived*/") || rest.starts_with("none*/"),
                 (table + "." + column + " does not say its class").c_str());
        ++columns;
      }
    }
    QVERIFY(columns > 0);
  }
};

QTEST_GUILESS_MAIN(TestProject)
#include "test_project.moc"

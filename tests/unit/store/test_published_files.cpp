#include <fstream>

#include "base/clock.h"
#include "store_fixture.h"

using namespace millwright;
using namespace millwright::store;
using namespace millwright::store::testing;

class TestPublishedFiles : public QObject {
  Q_OBJECT
  QTemporaryDir folder_;
  fs::path at(const char* name) const { return path_of(folder_, name); }

  static Result<int64_t> write_and_publish(Project& project, const Facts& facts, std::span<const Digest> leaves = {}) {
    MW_ASSIGN(const WrittenFile file, write_facts(project, facts, leaves));
    return project.write([&](Transaction& t) { return publish(t, file); });
  }
  static void compare(const Facts& a, const Facts& b) {
    QCOMPARE(a.what, b.what);
    QCOMPARE(canonical(a.about), canonical(b.about));
    QCOMPARE(a.rows, b.rows);
    QCOMPARE(a.columns.size(), b.columns.size());
    for (size_t i = 0; i < a.columns.size(); ++i) {
      QCOMPARE(a.columns[i].name, b.columns[i].name);
      QCOMPARE(a.columns[i].kind, b.columns[i].kind);
      QVERIFY(a.columns[i].integers == b.columns[i].integers);
      QVERIFY(a.columns[i].reals == b.columns[i].reals);
      QVERIFY(a.columns[i].dictionary == b.columns[i].dictionary);
      QVERIFY(a.columns[i].digests == b.columns[i].digests);
    }
  }
  static int count(const fs::path& folder) {
    return static_cast<int>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
  }

 private Q_SLOTS:
  void facts_come_back() {
    auto project = Project::create(at("facts"), kAnn, {});
    MW_OK(project);
    for (const int64_t rows : {0, 1, 2, 65'535, 65'536, 65'537, 200'000}) {
      const Facts facts = some_facts(rows);
      const auto id = write_and_publish(*project, facts);
      MW_OK(id);
      const auto read = read_facts(*project, *id);
      MW_OK(read);
      compare(*read, facts);
      QVERIFY(read->find("label", FactsColumn::Kind::text) != nullptr);
      QVERIFY(read->find("label", FactsColumn::Kind::integer) == nullptr);
      QVERIFY(read->find("other", FactsColumn::Kind::text) == nullptr);
    }
    QVERIFY(verify(*project, {.deep = true})->ok());
  }
  void extreme_integers_come_back() {
    auto project = Project::create(at("extreme"), kAnn, {});
    Facts facts{.what = "x", .rows = 6};
    facts.columns.push_back({.name = "a", .integers = {INT64_MIN, INT64_MAX, -1, 0, INT64_MAX, INT64_MIN}});
    facts.columns.push_back({.name = "b", .integers = {7, 7, 7, 7, 7, 7}});
    facts.columns.push_back({.name = "c",
                             .integers = {1'000'000'000'000, 1'000'000'000'001, 1'000'000'000'002, 1'000'000'000'003,
                                          1'000'000'000'004, 1'000'000'000'005}});
    facts.columns.push_back({.name = "d", .integers = {0, 255, 256, 65'535, 65'536, 4'294'967'296}});
    const auto id = write_and_publish(*project, facts);
    MW_OK(id);
    compare(*read_facts(*project, *id), facts);
  }
  void a_large_dictionary_comes_back() {
    auto project = Project::create(at("dictionary"), kAnn, {});
    Facts facts{.what = "x", .rows = 150'000};
    FactsColumn column{.name = "t", .kind = FactsColumn::Kind::text};
    for (int64_t i = 0; i < facts.rows; ++i) {
      column.dictionary.push_back("text " + std::to_string(i) + std::string(static_cast<size_t>(i % 200), '.'));
      column.integers.push_back(facts.rows - 1 - i);
    }
    facts.columns.push_back(std::move(column));
    const auto id = write_and_publish(*project, facts);
    MW_OK(id);
    compare(*read_facts(*project, *id), facts);
  }
  void consecutive_ordinals_cost_next_to_nothing() {
    auto project = Project::create(at("small"), kAnn, {});
    Facts facts{.what = "x", .rows = 1'000'000};
    facts.columns.push_back({.name = "batch", .integers = std::vector<int64_t>(1'000'000, 3)});
    facts.columns.push_back({.name = "ordinal"});
    for (int64_t i = 0; i < facts.rows; ++i) facts.columns[1].integers.push_back(i);
    const auto file = write_facts(*project, facts);
    MW_OK(file);
    QVERIFY2(file->bytes < 300'000, std::to_string(file->bytes).c_str());
  }
  // Leaf and root by the definition in facts_file.h, put together by hand.
  void the_root_is_that_of_the_rows() {
    auto project = Project::create(at("root"), kAnn, {});
    Facts facts{.what = "x", .rows = 2};
    facts.columns.push_back({.name = "n", .integers = {1, -2}});
    facts.columns.push_back({.name = "t", .kind = FactsColumn::Kind::text, .integers = {-1, 0}, .dictionary = {"ab"}});
    const auto file = write_facts(*project, facts);
    MW_OK(file);
    const Digest first = sha256(std::string_view("\1\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", 16));
    const Digest second = sha256(std::string_view("\xfe\xff\xff\xff\xff\xff\xff\xff\2\0\0\0\0\0\0\0ab", 18));
    std::string inner = "\1";
    inner.append(first.begin(), first.end()).append(second.begin(), second.end());
    QCOMPARE(to_hex(file->root), to_hex(sha256(inner)));
  }
  void given_leaves_make_the_root_and_are_kept() {
    auto project = Project::create(at("leaves"), kAnn, {});
    const Facts facts = some_facts(1000);
    std::vector<Digest> leaves;
    for (int i = 0; i < 1000; ++i) leaves.push_back(sha256("leaf" + std::to_string(i)));
    const auto apart = write_facts(*project, facts, leaves);
    MW_OK(apart);
    QCOMPARE(to_hex(apart->root), to_hex(merkle_root(leaves)));
    const auto id = project->write([&](Transaction& t) { return publish(t, *apart); });
    compare(*read_facts(*project, *id), facts);
    // A column that is the leaves already is not stored twice.
    const auto shared = write_facts(*project, facts, facts.columns[4].digests);
    MW_OK(shared);
    QVERIFY(shared->bytes < apart->bytes);
    MW_OK(project->write([&](Transaction& t) { return publish(t, *shared); }));
    QVERIFY(verify(*project, {.deep = true})->ok());
  }
  void wrong_shapes_are_refused() {
    auto project = Project::create(at("shape"), kAnn, {});
    Facts facts{.what = "x", .rows = 2};
    facts.columns.push_back({.name = "n", .integers = {1}});
    MW_FAILS(write_facts(*project, facts), "store.facts_shape");
    facts.columns[0] = {.name = "t", .kind = FactsColumn::Kind::text, .integers = {0, 1}, .dictionary = {"one"}};
    MW_FAILS(write_facts(*project, facts), "store.facts_shape");
    QCOMPARE(count(project->facts_folder()), 0);
  }
  // Whatever is changed in the file: an error, or facts of the right shape; never a crash.
  void damaged_facts_are_said_to_be_damaged() {
    auto project = Project::create(at("damaged"), kAnn, {});
    const auto id = write_and_publish(*project, some_facts(3000));
    MW_OK(id);
    const fs::path path = *path_of_file(*project, *id);
    const std::string content = *read_file(path);
    Random random(5);
    int refused = 0;
    for (int i = 0; i < 300; ++i) {
      std::string changed = content;
      for (int n = 0; n < 20; ++n) changed[random.below(changed.size())] = static_cast<char>(random.next());
      if (i % 3 == 0) changed.resize(random.below(changed.size()));
      MW_OK(write_file_atomically(path, changed));
      const auto read = read_facts(*project, *id);
      if (!read) ++refused;
    }
    QVERIFY(refused > 100);
    MW_OK(remove_file(path));
    MW_FAILS(read_facts(*project, *id), "store.damaged");
    MW_FAILS(read_facts(*project, 77), "store.damaged");
  }

  void blobs_are_kept_by_their_content() {
    auto project = Project::create(at("blobs"), kAnn, {});
    const auto first = put_blob(*project, "content");
    MW_OK(first);
    QCOMPARE(first->bytes, int64_t{7});
    QCOMPARE(to_hex(first->sha256), to_hex(sha256(std::string_view("content"))));
    QCOMPARE(*read_file(path_of_blob(*project, first->sha256)), std::string("content"));
    std::ofstream(at("given")) << std::string(3'000'000, 'x');
    const auto second = put_blob_file(*project, at("given"));
    MW_OK(second);
    QCOMPARE(second->bytes, int64_t{3'000'000});
    QCOMPARE(put_blob(*project, "content")->sha256, first->sha256);
    MW_OK(put_blob(*project, ""));
    for (int i = 0; i < 2; ++i)
      MW_OK(project->write([&](Transaction& t) { return publish_blob(t, *second, "application/octet-stream"); }));
    QCOMPARE(*project->db().integer("SELECT count(*) FROM blob"), int64_t{1});
    QVERIFY(verify(*project, {.deep = true})->ok());
    QCOMPARE(count(project->blobs_folder()), 3);  // a folder for each first byte, nothing temporary
    MW_FAILS(put_blob_file(*project, at("no such file")), "file.not_found");
  }

  void unfinished_files_go_with_their_writer() {
    auto project = Project::create(at("unfinished"), kAnn, {});
    {
      const auto file = TemporaryFile::begin(*project, "batch");
      MW_OK(file);
      MW_OK(file->create_database(4096)->execute("CREATE TABLE t(a INTEGER) STRICT"));
      QCOMPARE(count(project->batches_folder()), 2);
    }
    QCOMPARE(count(project->batches_folder()), 0);
  }
  void a_living_writers_files_are_not_swept() {
    auto project = Project::create(at("living"), kAnn, {});
    auto file = TemporaryFile::begin(*project, "facts");
    MW_OK(file);
    MW_OK(file->create_database(4096)->execute("CREATE TABLE t(a INTEGER) STRICT"));
    MW_OK(Project::open(at("living"), kBob));
    QVERIFY(fs::exists(file->path()));
    const auto written = file->finish(0, {});
    MW_OK(written);
    MW_OK(Project::open(at("living"), kBob));  // finished, not published yet, its lock still held
    QVERIFY(fs::exists(path_of_file(*project, "facts", written->uuid)));
    MW_OK(project->write([&](Transaction& t) { return publish(t, *written); }));
    MW_OK(Project::open(at("living"), kBob));
    QVERIFY(fs::exists(path_of_file(*project, "facts", written->uuid)));
  }
  void a_dead_writers_files_are_swept_and_published_ones_stay() {
    auto project = Project::create(at("dead"), kAnn, {});
    const fs::path folder = project->facts_folder();
    const auto id = write_and_publish(*project, some_facts(10));
    MW_OK(id);
    {
      const auto never_published = write_facts(*project, some_facts(10));
      MW_OK(never_published);
    }
    std::ofstream(folder / ".tmp-000000000000.db") << "half";
    std::ofstream(folder / ".tmp-000000000000.lock") << "";
    std::ofstream(folder / ".tmp-000000000001.db") << "half, and its lock file was lost";
    std::ofstream(project->blobs_folder() / ".tmp-000000000002") << "half";
    std::ofstream(folder / "mine.txt") << "not ours to touch";
    MW_OK(Project::open(at("dead"), kBob));
    QCOMPARE(count(folder), 2);
    QVERIFY(fs::exists(*path_of_file(*project, *id)));
    QVERIFY(fs::exists(folder / "mine.txt"));
    QCOMPARE(count(project->blobs_folder()), 0);
  }
  void dropped_files_that_are_still_there_are_swept() {
    auto project = Project::create(at("dropped"), kAnn, {});
    const auto id = write_and_publish(*project, some_facts(10));
    MW_OK(project->write([&](Transaction& t) { return t.db().execute("UPDATE data_file SET removed_ms = 1"); }));
    MW_OK(Project::open(at("dropped"), kBob));
    QVERIFY(!fs::exists(*path_of_file(*project, *id)));
    QVERIFY(verify(*project, {})->ok());
  }
  void nothing_is_swept_through_a_link() {
    auto project = Project::create(at("linked"), kAnn, {});
    fs::create_directory(at("elsewhere"));
    std::ofstream(at("elsewhere") / ".tmp-000000000000.db") << "somebody else's";
    fs::remove(project->facts_folder());
    fs::create_directory_symlink(at("elsewhere"), project->facts_folder());
    MW_OK(Project::open(at("linked"), kBob));
    QVERIFY(fs::exists(at("elsewhere") / ".tmp-000000000000.db"));
  }
};

QTEST_GUILESS_MAIN(TestPublishedFiles)
#include "test_published_files.moc"

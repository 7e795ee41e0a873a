// A project from a stranger: project.db, a batch file and a facts file with bytes or values changed. Whatever was done
// to them, opening and reading end in values or in an error, never in a crash, a hang or a read outside.
#include <sqlite3.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "base/files.h"
#include "records/batch.h"
#include "records/columns.h"
#include "records/ingest.h"
#include "records/reading.h"
#include "store/audit.h"
#include "store/facts_file.h"
#include "store/project.h"
#include "store/verify.h"

using namespace millwright;

namespace {

struct SeedFile {
  fs::path path;  ///< within the project
  std::string bytes;
};

void must(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "the seed project cannot be made: %s\n", what);
  std::exit(1);
}

const Actor& actor() {
  static const Actor who{"fuzzer", "device"};
  return who;
}

const fs::path& scratch() {
  static const fs::path folder = [] {
    std::string pattern = (fs::temp_directory_path() / "fuzz-project-XXXXXX").string();
    must(mkdtemp(pattern.data()) != nullptr, "no temporary folder");
    std::atexit([] { fs::remove_all(scratch()); });
    return fs::path(pattern);
  }();
  return folder;
}

std::string seed_table() {
  std::string text = "id,name,score,when,flag,note\n";
  for (int i = 0; i < 300; ++i) {
    const std::string n = std::to_string(i);
    text += n + ",kind" + std::to_string(i % 5) + "," + std::to_string(i * 0.37) +
            ",2024-01-02T03:04:" + (i % 60 < 10 ? "0" : "") + std::to_string(i % 60) + "Z," +
            (i % 2 == 0 ? "true" : "false") + ",\"text " + n + (i % 7 == 0 ? "\n, more\"" : "\"") + "\n";
    if (i % 50 == 0) text += "short," + n + "\n";
    if (i % 90 == 0) text += "1,kind1,0.37,2024-01-02T03:04:01Z,false,\"text 1\"\n";
  }
  return text;
}

void import_seed(store::Project& project, const char* name, const std::string& text, const char* asset) {
  const fs::path source = scratch() / name;
  std::ofstream(source, std::ios::binary) << text;
  records::ImportRequest request;
  request.source = source.string();
  request.asset = asset;
  const auto report = records::import_source(project, request, {});
  must(report.has_value(), report ? "" : report.error().text.c_str());
}

void add_facts(store::Project& project) {
  store::Facts facts;
  facts.what = "labels";
  facts.rows = 50;
  store::FactsColumn ordinal{"ordinal", store::FactsColumn::Kind::integer};
  store::FactsColumn score{"score", store::FactsColumn::Kind::real};
  store::FactsColumn label{"label", store::FactsColumn::Kind::text};
  label.dictionary = {"a", "b"};
  for (int64_t i = 0; i < facts.rows; ++i) {
    ordinal.integers.push_back(i);
    score.reals.push_back(static_cast<double>(i) / 3);
    label.integers.push_back(i % 3 - 1);
  }
  facts.columns = {ordinal, score, label};
  const auto written = store::write_facts(project, facts);
  must(written.has_value(), "facts");
  const auto published =
      project.write([&](store::Transaction& transaction) { return store::publish(transaction, *written); });
  must(published.has_value(), "publishing");
}

const std::vector<SeedFile>& seed() {
  static const std::vector<SeedFile> files = [] {
    setenv("MILLWRIGHT_PLUGINS", MILLWRIGHT_PLUGIN_FOLDER, 0);
    const fs::path folder = scratch() / "seed.millwright";
    {
      auto project = store::Project::create(folder, actor(), {});
      must(project.has_value(), "create");
      import_seed(*project, "table.csv", seed_table(), "table");
      import_seed(*project, "lines.jsonl",
                  "{\"a\":1,\"b\":{\"x\":[1,2]}}\n{\"a\":2.5,\"c\":null}\n{\"a\":\"x\"}\nbad\n", "lines");
      add_facts(*project);
    }
    std::vector<SeedFile> all;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (!entry.is_regular_file()) continue;
      auto bytes = read_file(entry.path());
      must(bytes.has_value(), "read");
      all.push_back({fs::relative(entry.path(), folder), std::move(*bytes)});
    }
    std::sort(all.begin(), all.end(), [](const SeedFile& a, const SeedFile& b) { return a.path < b.path; });
    return all;
  }();
  return files;
}

/// The input as a tape of decisions; past its end everything is 0.
struct Tape {
  const uint8_t* at;
  const uint8_t* end;
  uint8_t byte() { return at < end ? *at++ : 0; }
  uint32_t number() { return uint32_t{byte()} << 16 | uint32_t{byte()} << 8 | byte(); }
  bool more() const { return at < end; }
};

void patch_bytes(std::string& bytes, Tape& tape) {
  for (int patches = 1 + tape.byte() % 8; patches > 0 && tape.more() && !bytes.empty(); --patches) {
    const size_t place = tape.number() % bytes.size();
    for (int n = 1 + tape.byte() % 8; n > 0 && place + static_cast<size_t>(n) < bytes.size(); --n)
      bytes[place + static_cast<size_t>(n)] = static_cast<char>(tape.byte());
  }
  if (tape.byte() % 16 == 15 && !bytes.empty()) bytes.resize(tape.number() % bytes.size());
}

/// A value of a row changed by SQL: the file stays a good database and says something else.
void patch_values(const fs::path& file, Tape& tape) {
  sqlite3* db = nullptr;
  if (sqlite3_open(file.c_str(), &db) == SQLITE_OK) {
    sqlite3_exec(db, "PRAGMA ignore_check_constraints=ON; PRAGMA foreign_keys=OFF; PRAGMA synchronous=OFF", nullptr,
                 nullptr, nullptr);
    std::vector<std::pair<std::string, std::string>> columns;
    sqlite3_exec(
        db,
        "SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY 1, 2",
        [](void* out, int, char** values, char**) {
          static_cast<std::vector<std::pair<std::string, std::string>>*>(out)->emplace_back(values[0], values[1]);
          return 0;
        },
        &columns, nullptr);
    for (int patches = 1 + tape.byte() % 4; patches > 0 && !columns.empty(); --patches) {
      const auto& [table, column] = columns[tape.number() % columns.size()];
      const char* const changes[] = {"X'",
                                     "-1",
                                     "0",
                                     "1",
                                     "9223372036854775807",
                                     "NULL",
                                     "''",
                                     "'{}'",
                                     "'[]'",
                                     "4096",
                                     "substr(C, 2)",
                                     "C || X'00'",
                                     "substr(C, 1, length(C) / 2)",
                                     "C + 1"};
      std::string change = changes[tape.byte() % std::size(changes)];
      if (change == "X'") {
        char hex[3];
        for (int n = tape.byte() % 40; n > 0; --n) {
          std::snprintf(hex, sizeof hex, "%02x", tape.byte());
          change += hex;
        }
        change += "'";
      }
      for (size_t place = change.find('C'); place != std::string::npos; place = change.find('C', place + 1))
        if (place + 1 == change.size() || !std::isalpha(static_cast<unsigned char>(change[place + 1]))) {
          change.replace(place, 1, "\"" + column + "\"");
          place += column.size();
        }
      const std::string sql = "UPDATE \"" + table + "\" SET \"" + column + "\" = " + change + " WHERE rowid % " +
                              std::to_string(1 + tape.byte() % 3) + " = 0";
      if (sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
        sqlite3_exec(db, ("UPDATE \"" + table + "\" SET \"" + column + "\" = " + change).c_str(), nullptr, nullptr,
                     nullptr);
    }
  }
  sqlite3_close(db);
}

void read_asset(const store::Project& project, const records::Asset& asset) {
  (void)records::schema_history(project, asset);
  const auto window = records::whole_asset(project, asset);
  if (!window) return;
  for (const auto count : {records::Count::arrivals, records::Count::records}) {
    const auto scan = records::ColumnScan::open(project, *window, count);
    if (!scan) continue;
    for (const auto& field : scan->fields()) {
      if (scan->rows() > 1'000'000) break;
      (void)scan->column(field.name);
      (void)scan->summary(field.name);
    }
    (void)scan->records();
  }
  int64_t seen = 0;
  records::ReadRequest request;
  request.window = *window;
  (void)records::for_each_record(project, request, [&](records::RecordReader& reader, const records::Record& record) {
    (void)reader.json_line(record);
    return ++seen < 400;
  });
}

void read_everything(const store::Project& project) {
  (void)store::check_audit(project);
  (void)store::verify(project, {.deep = true});
  if (const auto assets = records::list_assets(project))
    for (const auto& asset : *assets) read_asset(project, asset);
  if (const auto batches = records::list_batches(project))
    for (const auto& batch : *batches) {
      (void)records::check_batch(project, batch.id);
      (void)records::quarantined_rows(project, batch.id, 0, 100);
    }
  for (int64_t file = 1; file <= 4; ++file) (void)store::read_facts(project, file);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 3) return 0;
  const auto& files = seed();
  Tape tape{data, data + size};
  const uint8_t how = tape.byte();
  const size_t which = tape.byte() % files.size();
  // A name of its own each time: what a process keeps open goes by its path.
  static int64_t run = 0;
  const fs::path folder = scratch() / ("run" + std::to_string(++run) + ".millwright");
  for (size_t i = 0; i < files.size(); ++i) {
    const fs::path path = folder / files[i].path;
    fs::create_directories(path.parent_path());
    std::string bytes = files[i].bytes;
    if (i == which && how % 2 == 0) patch_bytes(bytes, tape);
    std::ofstream(path, std::ios::binary) << bytes;
  }
  for (const char* name : {"blobs", "runs", "facts", "batches"}) fs::create_directories(folder / name);
  if (how % 2 == 1) patch_values(folder / files[which].path, tape);
  if (const auto project = store::Project::open(folder, actor(), {.read_only = how % 4 < 2})) read_everything(*project);
  fs::remove_all(folder);
  return 0;
}

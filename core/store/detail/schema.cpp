#include <sqlite3.h>

#include <map>
#include <mutex>

#include "project_state.h"

namespace millwright::store::detail {
namespace {

/// SHA-256 over the text of everything in the schema, in the order of names.
Result<Digest> schema_digest(const Database& db) {
  MW_ASSIGN(Statement query,
            db.prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite!_%' ESCAPE '!' "
                       "ORDER BY name, type"));
  Sha256 hash;
  for (;;) {
    MW_ASSIGN(const bool row, query.step());
    if (!row) return hash.finish();
    for (int column = 0; column < 4; ++column) {
      hash.update(query.text(column));
      hash.update(std::string_view("\0", 1));
    }
  }
}

/// What it must be: made once for each version, in memory.
Result<Digest> expected_digest(int version) {
  static std::mutex mutex;
  static std::map<std::pair<const Migration*, int>, Digest> known;
  const std::lock_guard lock(mutex);
  const auto key = std::pair(migrations().data(), version);
  if (const auto it = known.find(key); it != known.end()) return it->second;
  MW_ASSIGN(const Database db, Database::open(":memory:", Database::Mode::create));
  MW_TRY(db.execute("BEGIN"));
  for (const Migration& step : migrations())
    if (step.version <= version) MW_TRY(db.execute(step.sql));
  MW_ASSIGN(const Digest digest, schema_digest(db));
  known.emplace(key, digest);
  return digest;
}

}  // namespace

Status check_schema(const Database& db, int version) {
  MW_ASSIGN(const Digest expected, expected_digest(version));
  MW_ASSIGN(const Digest found, schema_digest(db));
  if (found == expected) return {};
  return fail(ErrorKind::store, "store.damaged",
              "The project is damaged: its tables are not those of format version {version}.",
              {{"version", std::to_string(version)}}, "Restore the project from a backup.");
}

Status apply_migrations(const Database& db, int from) {
  for (const Migration& step : migrations()) {
    if (step.version <= from) continue;
    MW_TRY(db.execute(step.sql));
    MW_TRY(db.execute("PRAGMA user_version = " + std::to_string(step.version)));
  }
  MW_ASSIGN(Statement broken, db.prepare("SELECT count(*) FROM pragma_foreign_key_check"));
  MW_ASSIGN(const bool row, broken.step());
  if (row && broken.integer(0) != 0)
    return fail(ErrorKind::store, "store.damaged",
                "The project cannot be upgraded: some of its rows refer to rows that "
                "are not there.",
                {}, "Restore the project from a backup.");
  return {};
}

Status copy_database(const Database& from, const fs::path& to) {
  const fs::path temporary = to.string() + ".tmp-" + tail(new_uuid());
  const auto copy = [&]() -> Status {
    MW_ASSIGN(const Database target, Database::open(temporary.string(), Database::Mode::create));
    sqlite3_backup* job = sqlite3_backup_init(target.handle(), "main", from.handle(), "main");
    if (job == nullptr)
      return tl::make_unexpected(sqlite_error(target.handle(), sqlite3_errcode(target.handle()), "copy the project"));
    // All pages in one step: one read snapshot, so nobody's write makes it begin again.
    int code = SQLITE_OK;
    do {
      code = sqlite3_backup_step(job, -1);
      if (code == SQLITE_BUSY || code == SQLITE_LOCKED) sqlite3_sleep(2);
    } while (code == SQLITE_OK || code == SQLITE_BUSY || code == SQLITE_LOCKED);
    const int finished = sqlite3_backup_finish(job);
    if (code != SQLITE_DONE || finished != SQLITE_OK)
      return tl::make_unexpected(
          sqlite_error(target.handle(), finished != SQLITE_OK ? finished : code, "copy the project"));
    // A copy stands alone: no write-ahead log beside it.
    return target.execute("PRAGMA journal_mode = DELETE");
  };
  Status done = copy();
  if (done) done = sync_file(temporary);
  if (done) done = rename_durably(temporary, to);
  if (!done) (void)remove_file(temporary);
  return done;
}

}  // namespace millwright::store::detail

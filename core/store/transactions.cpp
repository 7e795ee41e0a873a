// Write transactions: what makes them safe beside other programs stands here.
#include <sqlite3.h>

#include <thread>

#include "base/clock.h"
#include "detail/project_state.h"
#include "store/maintenance.h"
#include "store/project.h"

namespace millwright::store {
namespace {

struct Flag {
  std::string what, actor;
  int64_t until_ms = 0;
};

Result<std::optional<Flag>> read_flag(const Database& db) {
  MW_ASSIGN(Statement query, db.prepare("SELECT what, actor, until_ms FROM maintenance WHERE only = 1"));
  MW_ASSIGN(const bool row, query.step());
  if (!row) return std::nullopt;
  return Flag{query.string(0), query.string(1), query.integer(2)};
}

/// Inside a write transaction: may this connection go on? Takes away the flag of somebody who is gone.
Status respect_flag(const Database& db, const fs::path& folder, std::optional<int64_t> own_until) {
  MW_ASSIGN(const std::optional<Flag> flag, read_flag(db));
  if (own_until) {
    if (*own_until == -1 || (flag && flag->until_ms == *own_until)) return {};
    return detail::in_maintenance("the lease of this program ran out", flag ? flag->actor : "somebody");
  }
  if (!flag) return {};
  MW_ASSIGN(const bool alive, detail::maintenance_is_alive(folder, flag->until_ms));
  if (alive) return detail::in_maintenance(flag->what, flag->actor);
  return db.execute("DELETE FROM maintenance");
}

}  // namespace

Status Project::begin() {
  if (read_only())
    return fail(ErrorKind::store, "store.read_only", "The project {path} is read-only.", {{"path", folder().string()}},
                "Check the permissions of its folder and files; nothing was changed.");
  if (sqlite3_get_autocommit(db().handle()) == 0)
    return fail(ErrorKind::job, "store.nested", "A transaction was begun inside another one.");
  {
    MW_ASSIGN(Statement immediate, db().prepare("BEGIN IMMEDIATE"));
    MW_TRY(immediate.run());
  }
  state_->begun_ms = now_ms();
  // Read now, under the lock: another program may have changed the format while this one was looking elsewhere.
  const auto version = db().integer("PRAGMA user_version");
  Status allowed;
  if (!version)
    allowed = tl::make_unexpected(version.error());
  else if (*version != state_->format_version)
    allowed = fail(ErrorKind::store, "store.too_new",
                   "Another program changed the project to format version {found} while it was open here as {known}.",
                   {{"found", std::to_string(*version)}, {"known", std::to_string(state_->format_version)}},
                   "Close it and open it again; nothing was changed.");
  else
    allowed = respect_flag(db(), folder(), state_->maintenance_until_ms);
  if (!allowed) roll_back();
  return allowed;
}

Status Project::commit() {
  MW_ASSIGN(Statement statement, db().prepare("COMMIT"));
  Status done = statement.run();
  if (!done) roll_back();
  return done;
}

void Project::roll_back() {
  if (sqlite3_get_autocommit(db().handle()) != 0) return;  // SQLite has done it (full disk, I/O error)
  (void)db().execute("ROLLBACK");
}

// --- the format's version
// -----------------------------------------------------------------------------------------------

Status Project::settle_version() {
  const auto give_up = std::chrono::steady_clock::now() + state_->options.lock_timeout;
  for (;;) {
    MW_ASSIGN(const int64_t version, db().integer("PRAGMA user_version"));
    if (version > newest_version())
      return fail(ErrorKind::store, "store.too_new",
                  "{path} has format version {found}; this program knows versions up to {known}.",
                  {{"path", folder().string()},
                   {"found", std::to_string(version)},
                   {"known", std::to_string(newest_version())}},
                  "Open it with a newer version of this program; nothing was changed.");
    if (version < 1)
      return fail(ErrorKind::store, "store.damaged", "{path} is damaged: it has no format version.",
                  {{"path", folder().string()}}, "Restore the project from a backup.");
    state_->format_version = static_cast<int>(version);
    Status done = migrate();
    if (done) return done;
    // Somebody else may be upgrading it at this moment: then wait for them.
    const std::string& code = done.error().code;
    if ((code != "store.in_maintenance" && code != "store.too_new") || std::chrono::steady_clock::now() >= give_up)
      return done;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

Status Project::migrate() {
  {
    auto flag = read_flag(db());
    if (!flag) {
      if (flag.error().code != "store.sql") return tl::make_unexpected(flag.error());
      return fail(ErrorKind::store, "store.damaged", "{path} is damaged: tables are missing.",
                  {{"path", folder().string()}}, "Restore the project from a backup.");
    }
    if (*flag) {
      MW_ASSIGN(const bool alive, detail::maintenance_is_alive(folder(), (*flag)->until_ms));
      if (alive) return detail::in_maintenance((*flag)->what, (*flag)->actor);
    }
  }
  const int from = state_->format_version;
  const int to = newest_version();
  if (from == to) return {};
  if (read_only() && !state_->options.read_only)
    return fail(ErrorKind::store, "store.read_only",
                "{path} has the older format version {found} and is read-only, so it cannot be upgraded.",
                {{"path", folder().string()}, {"found", std::to_string(from)}},
                "Make it writable, or copy it elsewhere.");
  if (read_only()) {
    // Asked for reading only, where writing would be possible: the upgrade is done by a connection of its own.
    OpenOptions options = state_->options;
    options.read_only = false;
    MW_ASSIGN(Project writer, connect(folder(), actor(), options));
    MW_TRY(writer.settle_version());
    state_->format_version = writer.format_version();
    return {};
  }
  MW_TRY(detail::check_schema(db(), from));
  MW_TRY(read_identity());
  MW_ASSIGN(Maintenance flag, Maintenance::begin(*this, "upgrade to format version " + std::to_string(to)));
  MW_TRY(detail::copy_database(
      db(), folder() / (std::string(detail::kDatabaseName) + ".v" + std::to_string(from) + ".backup")));
  MW_TRY(db().execute("PRAGMA foreign_keys = OFF"));
  Status done = write([&](Transaction& transaction) -> Status {
    MW_TRY(detail::apply_migrations(transaction.db(), from));
    MW_TRY(transaction.audit("project.upgrade", tail(id()), Json{{"from", from}, {"to", to}}));
    return flag.end_with(transaction);
  });
  MW_TRY(db().execute("PRAGMA foreign_keys = ON"));
  MW_TRY(done);
  state_->format_version = to;
  return {};
}

}  // namespace millwright::store

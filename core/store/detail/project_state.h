// What an open project holds; shared by the sources of this room that make up Project.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "store/migrations.h"
#include "store/project.h"

namespace millwright::store {

struct Project::State {
  explicit State(Database connection) : db(std::move(connection)) {}
  fs::path folder;
  std::string name;
  Uuid id;
  SipKey duplicate_key;
  int format_version = 0;
  Actor actor;
  OpenOptions options;
  bool read_only = false;
  Database db;
  int64_t begun_ms = 0;
  /// Set while this connection has the maintenance flag: the end of its lease, which names the row as its own
  /// (-1 while the flag is being taken).
  std::optional<int64_t> maintenance_until_ms;
};

}  // namespace millwright::store

namespace millwright::store::detail {

inline constexpr const char* kDatabaseName = "project.db";

/// Runs the migrations with a version above `from`, inside the caller's transaction, and sets user_version.
[[nodiscard]] Status apply_migrations(const Database& db, int from);
/// Copies the whole database through SQLite's backup API into a new file: synced, renamed, folder synced.
[[nodiscard]] Status copy_database(const Database& from, const fs::path& to);
/// store.damaged unless the file's tables and indexes are exactly what the migrations up to `version` make.
[[nodiscard]] Status check_schema(const Database& db, int version);
/// True: somebody lives who has the flag that the row speaks of.
[[nodiscard]] Result<bool> maintenance_is_alive(const fs::path& folder, int64_t until_ms);
/// store.in_maintenance, in words.
[[nodiscard]] tl::unexpected<Error> in_maintenance(std::string_view what, std::string_view actor);

/// A lock file that this process has made under a name that `next_name` gives, and holds, and that no sweep has taken
/// away in between.
[[nodiscard]] Result<FileLock> lock_anew(const std::function<fs::path()>& next_name);
/// A folder itself, not a link to one elsewhere: nothing is swept through a link.
[[nodiscard]] bool is_plain_folder(const fs::path& path);

}  // namespace millwright::store::detail

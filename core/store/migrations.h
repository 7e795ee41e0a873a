// The schema of project.db as a list of numbered steps. All tables of all rooms stand here, because steps run in one
// order; statements that read or write a table stand only in the room that owns it (named above each group).
#pragma once

#include <span>
#include <string_view>

namespace millwright::store {

/// "MWRT": what `file` and sqlite3_db_header call application_id.
inline constexpr int kApplicationId = 0x4D575254;

struct Migration {
  int version;  ///< the format version after it, counted from 1
  std::string_view sql;
};

/// In order; the last one's version is the format version that this program writes (PRAGMA user_version).
[[nodiscard]] std::span<const Migration> migrations();
/// The format version that this program writes.
[[nodiscard]] int newest_version();
/// For tests of migrations: another list in their place; empty puts ours back. Not while a project is open.
void set_migrations(std::span<const Migration> replacement);

}  // namespace millwright::store

// How an immutable file comes to be: written as an SQLite file under a temporary name, synced, renamed, the folder
// synced; then one small transaction (publish() in facts_file.h) makes it part of the project. Until then it is
// nobody's, and a later start sweeps it away once its writer's lock is free.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/files.h"
#include "base/hash.h"
#include "base/ids.h"
#include "base/result.h"
#include "store/database.h"
#include "store/facts_file.h"
#include "store/project.h"

namespace millwright::store {

/// A file on its way: batches/.tmp-TAIL.db or facts/.tmp-TAIL.db, with a lock file beside it that is held while this
/// object, or the WrittenFile that it became, lives. What is not finished is removed with the object.
class TemporaryFile {
 public:
  /// `kind` is "batch" or "facts". Errors: store.read_only, file.*.
  [[nodiscard]] static Result<TemporaryFile> begin(const Project& project, std::string_view kind);
  TemporaryFile(TemporaryFile&& other) noexcept;
  TemporaryFile& operator=(TemporaryFile&& other) noexcept;
  ~TemporaryFile();

  /// The id that the file will have; its tail is its name.
  [[nodiscard]] const Uuid& uuid() const;
  /// Where it is being written.
  [[nodiscard]] const fs::path& path() const;
  /// Makes the SQLite file: page size in bytes (a power of two up to 65,536), no journal, not synced by SQLite, locked
  /// exclusively. The caller closes it (destroys the Database) before finish().
  [[nodiscard]] Result<Database> create_database(int page_size) const;
  /// Hashes, syncs, renames and syncs the folder. Every connection to it must be closed. `rows` and `root` (Merkle root
  /// over the rows' leaves) go into the catalogue. Keep the result alive until it is published: it holds the lock.
  [[nodiscard]] Result<WrittenFile> finish(int64_t rows, const Digest& root);

 private:
  struct State;
  explicit TemporaryFile(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Removes what writers left that are gone: temporary files whose lock is free, and finished files that were never
/// published. Called by Project::open. Returns how many files went.
[[nodiscard]] Result<int64_t> sweep_left_overs(const Project& project);

/// batches/TAIL.db or facts/TAIL.db.
[[nodiscard]] fs::path path_of_file(const Project& project, std::string_view kind, const Uuid& uuid);

}  // namespace millwright::store

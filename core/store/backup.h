// A backup is one file: a POSIX tar archive (readable by any tar) with project.db as SQLite's backup API copied it,
// every file that its catalogue names, the blobs, the job folders, and at the end MANIFEST.json with size and SHA-256
// of each. It is taken while the project is open and in use.
#pragma once

#include <string>

#include "base/files.h"
#include "base/hash.h"
#include "base/result.h"
#include "base/work.h"
#include "store/project.h"

namespace millwright::store {

struct BackupResult {
  fs::path file;
  Digest sha256{};  ///< of the whole file
  int64_t bytes = 0;
  int64_t entries = 0;
};

/// Writes the backup under a temporary name, syncs and renames it. Errors: store.exists, store.damaged (a file that the
/// catalogue names is missing), file.*; cancelled leaves nothing.
[[nodiscard]] Result<BackupResult> back_up(const Project& project, const fs::path& file, const Work& work = {});

/// Makes a new project from a backup: under a temporary name, every hash compared, then renamed. Nothing that the
/// archive says can write outside it. Errors: store.exists, backup.not_a_backup, backup.damaged, backup.hostile
/// (bad_input), store.too_new.
[[nodiscard]] Result<BackupResult> restore(const fs::path& file, const fs::path& folder, const Actor& actor,
                                           const Work& work = {});

}  // namespace millwright::store

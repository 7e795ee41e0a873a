// What a job of the engine is given of the registry.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "base/work.h"
#include "models/registry.h"
#include "snapshots/snapshot.h"
#include "store/project.h"

namespace millwright::models::detail {

/// A model's files under their names in a job's folder, linked where the disk can, else copied.
[[nodiscard]] Status put_base(const store::Project& project, const Model& base, const fs::path& folder);
/// inputs/rows.jsonl: what the engine reads of a snapshot's rows, with the texts of `fields`. Records are written as
/// BATCH-ORDINAL of this project's catalogue; the engine hands them back as they are, for record_from().
[[nodiscard]] Status write_rows(const store::Project& project, const snapshots::Snapshot& snapshot,
                                const std::vector<std::string>& fields, const snapshots::SnapshotRows& rows,
                                const fs::path& path, const Work& work);
[[nodiscard]] std::optional<RecordRef> record_from(std::string_view text);

}  // namespace millwright::models::detail

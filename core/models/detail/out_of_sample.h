// What cross-validation said of a snapshot's rows: from the engine's lines into a facts file, and back.
#pragma once

#include <string>

#include "base/files.h"
#include "base/json.h"
#include "base/result.h"
#include "models/cross_validation.h"
#include "snapshots/snapshot.h"
#include "store/facts_file.h"

namespace millwright::models::detail {

[[nodiscard]] tl::unexpected<Error> damaged_cross_validation(std::string reason);
/// The engine's out_of_sample.jsonl, checked against the rows that it was given: each of them once, in their order,
/// with its own label, probabilities between 0 and 1, labels that the snapshot has.
[[nodiscard]] Result<OutOfSampleRows> read_lines(const fs::path& path, const snapshots::SnapshotRows& rows,
                                                 const Json& outputs);
/// Writes the rows as a facts file, not yet published.
[[nodiscard]] Result<store::WrittenFile> write_out_of_sample(store::Project& project, const OutOfSampleRows& said,
                                                             const std::string& snapshot);

}  // namespace millwright::models::detail

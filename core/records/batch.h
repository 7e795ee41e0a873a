// The catalogue of batches.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "store/batch_file.h"
#include "store/project.h"

namespace millwright::records {

struct BatchInfo {
  int64_t id = 0;
  Uuid uuid;
  int64_t asset = 0;
  std::string asset_name;
  int64_t file = 0;  ///< data_file
  std::string source;
  std::string connector;
  std::string given_split;  ///< train, validation, test, or empty
  int64_t schema_version = 0;
  int64_t rows_read = 0;
  int64_t arrivals = 0;  ///< rows_kept + rows_duplicate
  int64_t rows_kept = 0;
  int64_t rows_duplicate = 0;
  int64_t rows_same_content = 0;
  int64_t rows_quarantined = 0;
  int64_t source_bytes = 0;
  int64_t time_ms = 0;
  std::string actor;
};

/// Oldest first; of one asset where it is given. Dropped ones are left out.
[[nodiscard]] Result<std::vector<BatchInfo>> list_batches(const store::Project& project,
                                                          std::optional<int64_t> asset = {});
/// By abbreviated id; empty or "latest" is the newest. Errors (bad_input): store.no_such_id, store.ambiguous_id.
[[nodiscard]] Result<BatchInfo> find_batch(const store::Project& project, std::string_view typed);
[[nodiscard]] Result<BatchInfo> batch_by_id(const store::Project& project, int64_t id);
/// Opens a batch's file, or gives the one that is open already (a small cache for each process; published files never
/// change).
[[nodiscard]] Result<std::shared_ptr<const store::BatchFile>> open_batch(const store::Project& project, int64_t id);

/// Takes a batch out: its file goes, its line in the catalogue stays with the time. Refused (batch.held) while a
/// snapshot holds its rows, or where a later batch repeats records of it (batch.repeated).
[[nodiscard]] Status drop_batch(store::Project& project, int64_t id);

/// Quarantined rows of a batch from `first` on.
[[nodiscard]] Result<std::vector<store::QuarantinedRow>> quarantined_rows(const store::Project& project, int64_t batch,
                                                                          int64_t first, int64_t limit);

/// What a re-computation from the stored rows found.
struct BatchCheck {
  int64_t records = 0;
  int64_t arrivals = 0;
  int64_t erased = 0;                 ///< payload and salt are gone, the leaf is there
  std::vector<std::string> problems;  ///< English; empty: all is as it was written
};
/// Recomputes each leaf from row and salt, the Merkle root, and reads every chunk. A damaged file is a problem in the
/// answer, not an error.
[[nodiscard]] Result<BatchCheck> check_batch(const store::Project& project, int64_t id);

}  // namespace millwright::records

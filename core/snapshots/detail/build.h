// From records and labels to the rows of a snapshot: the same for making one and for proving one.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "labels/task.h"
#include "records/columns.h"
#include "snapshots/snapshot.h"
#include "snapshots/split.h"
#include "store/facts_file.h"

namespace millwright::snapshots::detail {

struct BuildRequest {
  labels::Task task;
  std::vector<int64_t> batches;  ///< rows of the catalogue, at least one
  std::string where;             ///< normalised
  SplitPlan plan;
  bool cut = false;  ///< the task's first snapshot: the plan's groups are made
  int schema_version = 0;
  int guide_version = 0;
  std::optional<int64_t> annotation_through;
  std::optional<int64_t> file_through;
};

struct Built {
  SnapshotRows rows;
  SnapshotCounts counts;
  std::vector<Digest> row_leaves;
  Json recipe;
  Digest merkle{};
  Digest root{};
  SplitPlan plan;
  int64_t annotation_through = 0;
  int64_t file_through = 0;
};
[[nodiscard]] Result<Built> build(const store::Project& project, const BuildRequest& request, const Work& work);

/// SHA-256 over leaf, schema and guide version (32 bit, little-endian), split (one byte) and the label's bytes.
[[nodiscard]] std::vector<Digest> leaves_of(const SnapshotRows& rows);
/// SHA-256 over "millwright.snapshot.1", the Merkle root and the recipe in canonical JSON.
[[nodiscard]] Digest root_of(const Digest& merkle, const Json& recipe);
[[nodiscard]] Uuid uuid_of(const Digest& root);

/// Where records lie in a scan: places in ascending order of `records`, which must be sorted. −1: not in the scan.
[[nodiscard]] Result<std::vector<int64_t>> places_of(const records::ColumnScan& scan,
                                                     std::span<const RecordRef> records);
/// Values of the group of each row, hashed; Hash128{} where the group field is missing.
[[nodiscard]] Result<std::vector<Hash128>> group_hashes(const records::ColumnScan& scan, const std::string& group_field,
                                                        const SipKey& key, std::span<const int64_t> places);
/// What keeps rows together in a split: the hash of their group's value; without one, that of their input; without any
/// input each record stands for itself. One for each of `records`, which lie at `places` of the scan.
[[nodiscard]] Result<std::vector<Hash128>> group_keys(const records::ColumnScan& scan,
                                                      const std::vector<std::string>& fields,
                                                      const std::optional<std::string>& group_field, const SipKey& key,
                                                      std::span<const RecordRef> records,
                                                      std::span<const int64_t> places);

}  // namespace millwright::snapshots::detail

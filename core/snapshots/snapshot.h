// snapshots/ freezes labeled data: rows with their labels and splits in one immutable file whose id follows from its
// content, so that the same data has the same id tomorrow and any snapshot can be rebuilt and proven. Splits, the gate,
// data cards, exports.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/result.h"
#include "base/work.h"
#include "labels/label_value.h"
#include "quality/check.h"
#include "snapshots/split.h"
#include "store/project.h"

namespace millwright::snapshots {

struct SnapshotCounts {
  int64_t train = 0;
  int64_t validation = 0;
  int64_t test = 0;
  int64_t conflicts = 0;  ///< records left out because persons differ
  int64_t unlabeled = 0;  ///< records left out because nobody labeled them
  [[nodiscard]] int64_t rows() const { return train + validation + test; }
};

struct Snapshot {
  int64_t id = 0;
  Uuid uuid;      ///< the first 16 bytes of `root` in the form of a UUIDv8: the same data, the same id
  Digest root{};  ///< SHA-256 over the rows' Merkle root and the recipe
  int64_t task = 0;
  int64_t file = 0;  ///< row of the facts file
  Json recipe;       ///< what it was made of: task, batches, where, fields, split, schema and guide version
  SnapshotCounts counts;
  int64_t annotation_through = 0;  ///< state of the labels that it was made from
  int64_t file_through = 0;
  quality::Verdict verdict = quality::Verdict::pass;  ///< when it was made; the newest is in quality/gate_report.h
  std::vector<int64_t> batches;                       ///< that it holds rows of
  std::string by;
  std::string device;
  std::string program;
  int64_t time_ms = 0;
};

struct SnapshotRequest {
  int64_t task = 0;
  std::vector<int64_t> batches;      ///< empty: every batch of the asset
  std::string where;                 ///< empty: all rows
  std::optional<Shares> shares;      ///< default 80/10/10; after the first snapshot it must be the same or not given
  std::optional<int64_t> seed;       ///< default 0; the same holds
  std::optional<std::string> group;  ///< default: the asset's group field; the same holds
};

struct MadeSnapshot {
  Snapshot snapshot;
  bool existed = false;  ///< the same data was frozen before: this is that snapshot
};

/// Freezes, publishes with one audit entry, asks the gate. Errors: usage "split.fixed" (the task's split is another),
/// refused "snapshot.empty" (no labeled rows), bad_input "where.…".
[[nodiscard]] Result<MadeSnapshot> make_snapshot(store::Project& project, const SnapshotRequest& request,
                                                 const Work& work = {});
/// Newest first.
[[nodiscard]] Result<std::vector<Snapshot>> list_snapshots(const store::Project& project,
                                                           std::optional<int64_t> task = std::nullopt);
/// By the tail of its id; "" or "latest": the newest. Error: bad_input "store.no_such_id".
[[nodiscard]] Result<Snapshot> find_snapshot(const store::Project& project, std::string_view typed);
[[nodiscard]] Result<Snapshot> read_snapshot(const store::Project& project, int64_t snapshot);
/// Rows of a batch that snapshots hold, and which: why it cannot be dropped.
[[nodiscard]] Result<std::vector<Snapshot>> snapshots_holding(const store::Project& project, int64_t batch);

/// The rows, column by column, sorted by batch and ordinal. All of the same length.
struct SnapshotRows {
  std::vector<std::string> labels;  ///< dictionary, sorted by bytes
  std::vector<RecordRef> records;
  std::vector<int32_t> label;
  std::vector<Split> split;
  std::vector<int32_t> schema_version;
  std::vector<int32_t> guide_version;
  std::vector<Digest> leaf;  ///< of the record
  [[nodiscard]] size_t size() const { return records.size(); }
};
/// Some 100 ms for a million rows. Error: store.damaged.
[[nodiscard]] Result<SnapshotRows> read_rows(const store::Project& project, const Snapshot& snapshot);

/// What the labels of rows say: one for each of `rows.labels`. Error: store.damaged.
[[nodiscard]] Result<std::vector<labels::LabelValue>> read_values(const SnapshotRows& rows, labels::TaskKind kind);

}  // namespace millwright::snapshots

// Facts that come in bulk: labels from a field or a file, the rows of a snapshot, predictions. One immutable SQLite
// file facts/TAIL.db, written under a temporary name, synced, renamed, then published by one small transaction.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/result.h"
#include "store/project.h"

namespace millwright::store {

/// A file that lies synced under its final name, but is in no catalogue yet.
struct WrittenFile {
  Uuid uuid;
  std::string kind;  ///< "batch" or "facts"
  int64_t bytes = 0;
  int64_t rows = 0;
  Digest root{};               ///< Merkle root over the rows' leaves
  Digest bytes_root{};         ///< merkle_root_of_file()
  std::shared_ptr<void> hold;  ///< its writer's lock: keep it until published, or a sweep may take the file
};

/// Enters a written file in the catalogue (table data_file), inside the transaction that publishes what it means.
/// Returns its row there.
[[nodiscard]] Result<int64_t> publish(Transaction& transaction, const WrittenFile& file);
/// Removes a written file that will not be published.
void give_up(const Project& project, const WrittenFile& file);
/// Where a catalogued file lies.
[[nodiscard]] Result<fs::path> path_of_file(const Project& project, int64_t data_file);

/// A column of facts, in memory: all integers, all doubles, or dictionary-coded text. Bulk facts are a few plain
/// columns over rows that name a record; a file of a million rows is some tens of MB.
struct FactsColumn {
  enum class Kind { integer, real, text, digest };
  std::string name;
  Kind kind = Kind::integer;
  std::vector<int64_t> integers;        ///< kind integer; kind text: index into dictionary, -1 missing
  std::vector<double> reals;            ///< kind real
  std::vector<std::string> dictionary;  ///< kind text
  std::vector<Digest> digests;          ///< kind digest
};

/// The whole of a facts file. Record columns by convention: "batch" and "ordinal" (integers).
/// All columns have `rows` values.
struct Facts {
  std::string what;  ///< "labels", "snapshot", "predictions", "evaluation", "split"
  Json about;        ///< small: ids and versions that hold for all rows
  int64_t rows = 0;
  std::vector<FactsColumn> columns;
  /// nullptr when there is no such column of that kind: a damaged or foreign file.
  [[nodiscard]] const FactsColumn* find(std::string_view name, FactsColumn::Kind kind) const;
};

/// Writes, syncs and renames; nothing is published. `leaves` are the rows' leaf digests for the Merkle root (as many as
/// rows), or empty: then the leaf of a row is SHA-256 over its values in column order.
[[nodiscard]] Result<WrittenFile> write_facts(Project& project, const Facts& facts,
                                              std::span<const Digest> leaves = {});
/// Reads it whole, checking every length and code. Error: store.damaged.
[[nodiscard]] Result<Facts> read_facts(const Project& project, int64_t data_file);

}  // namespace millwright::store

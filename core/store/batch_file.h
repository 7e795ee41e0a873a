// A batch: the rows of one import byte for byte as they came, in compressed blocks, and typed columns in chunks. One
// immutable SQLite file batches/TAIL.db, published by one small transaction.
//
// Words. An ARRIVAL is a row of the batch, numbered from 0 in the order of the source. A RECORD is an arrival that was
// not there before (in this batch or an earlier one of the asset); its ordinal is its arrival number. An arrival that
// repeats a record is listed with what it repeats and stores no row. Columns hold a value for every arrival.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/result.h"
#include "store/facts_file.h"
#include "store/project.h"

namespace millwright::store {

enum class FieldType : uint8_t {
  integer = 1,    ///< int64
  real = 2,       ///< double
  timestamp = 3,  ///< microseconds since 1970, UTC
  boolean = 4,
  category = 5,  ///< text of few distinct values, dictionary-coded
  text = 6,
};
/// "integer", "real", "timestamp", "boolean", "category", "text".
[[nodiscard]] const char* name_of(FieldType type);
[[nodiscard]] std::optional<FieldType> field_type_from(std::string_view name);

inline constexpr int64_t kChunkRows = 65'536;  ///< arrivals in a column chunk at most; fewer where rows are long
inline constexpr int64_t kBlockRows = 512;     ///< records in a row block at most
inline constexpr uint32_t kMissingCode = 0xFFFFFFFF;

struct BatchField {
  std::string name;
  FieldType type = FieldType::text;
  int64_t missing = 0;
  int64_t distinct = 0;
  bool distinct_exact = true;
};

/// One field of up to kChunkRows arrivals. Only the vector of its type is filled, with `rows` values.
struct ColumnChunk {
  FieldType type = FieldType::text;
  int64_t rows = 0;
  std::vector<uint64_t> valid;    ///< bit i: value i is there; empty: all are
  std::vector<int64_t> integers;  ///< integer, timestamp, boolean (0, 1); 0 where missing
  std::vector<double> reals;      ///< real; NaN where missing
  std::vector<uint32_t> codes;    ///< category: place in the field's dictionary; kMissingCode where missing
  std::vector<uint32_t> offsets;  ///< text: rows + 1
  std::string bytes;              ///< text
  [[nodiscard]] bool has(int64_t row) const {
    return valid.empty() || (valid[static_cast<size_t>(row >> 6)] >> (row & 63) & 1) != 0;
  }
  [[nodiscard]] std::string_view text(int64_t row) const {
    const auto i = static_cast<size_t>(row);
    return std::string_view(bytes).substr(offsets[i], offsets[i + 1] - offsets[i]);
  }
};
/// The stored form: narrow integers, decimals as scaled integers where that is exact, zstd where it helps. Pure, for
/// any thread.
[[nodiscard]] Bytes encode_chunk(const ColumnChunk& chunk);
/// Checks every length and code; `dictionary` is the number of entries that codes may name. Error: store.damaged.
[[nodiscard]] Result<ColumnChunk> decode_chunk(std::span<const uint8_t> stored, FieldType type, int64_t rows,
                                               size_t dictionary);
/// zstd, fast; and back, at most `limit` bytes. For row blocks.
[[nodiscard]] Bytes compress(std::span<const uint8_t> bytes);
[[nodiscard]] Result<Bytes> decompress(std::span<const uint8_t> bytes, size_t limit);

/// Arrivals that repeat a record, by arrival. Parallel vectors.
struct Repeats {
  std::vector<int64_t> arrivals;
  std::vector<uint32_t> sources;  ///< place in `batches`
  std::vector<int64_t> ordinals;  ///< of the record there
  std::vector<Uuid> batches;      ///< may hold the batch itself
  [[nodiscard]] size_t size() const { return arrivals.size(); }
};

/// Decompressed. What its bytes mean is the business of records/.
struct RowBlock {
  int64_t first = 0;  ///< place of its first record
  int64_t rows = 0;
  Bytes bytes;
};

struct QuarantinedRow {
  int64_t line = 0;    ///< of the source, from 1: where the row begins
  std::string code;    ///< stable: "csv.too_few_fields", "import.type"
  std::string reason;  ///< English
  std::string raw;     ///< bytes as they came
};

/// Writes a batch file piece by piece; used by one thread. Pieces may come in any order, each once.
class BatchWriter {
 public:
  [[nodiscard]] static Result<BatchWriter> begin(const Project& project);
  BatchWriter(BatchWriter&&) noexcept;
  BatchWriter& operator=(BatchWriter&&) noexcept;
  ~BatchWriter();

  [[nodiscard]] const Uuid& uuid() const;
  /// Records from place `first` on; `stored` as compress() gives it.
  [[nodiscard]] Status put_block(int64_t first, int64_t rows, std::span<const uint8_t> stored);
  /// The block that holds a place, as it was put.
  [[nodiscard]] Result<RowBlock> read_block(int64_t place) const;
  /// How many arrivals chunk 0, 1, … of every column has.
  [[nodiscard]] Status put_chunk_rows(int64_t chunk, int64_t rows);
  /// Replaces a chunk that is there already. `summary`: of the values, mergeable; opaque here.
  [[nodiscard]] Status put_chunk(size_t field, int64_t chunk, FieldType type, std::span<const uint8_t> stored,
                                 std::span<const uint8_t> summary);
  [[nodiscard]] Result<Bytes> read_chunk(size_t field, int64_t chunk) const;
  [[nodiscard]] Result<Bytes> read_summary(size_t field, int64_t chunk) const;
  /// For records chunk·kChunkRows …: 16-byte salts, leaves, duplicate keys; content keys empty where they are the same.
  [[nodiscard]] Status put_identities(int64_t chunk, std::span<const uint8_t> salts, std::span<const Digest> leaves,
                                      std::span<const Hash128> keys, std::span<const Hash128> content_keys);
  [[nodiscard]] Status put_dictionary(size_t field, std::span<const std::string> values);
  [[nodiscard]] Status put_quarantined(const QuarantinedRow& row);
  [[nodiscard]] Status put_repeats(const Repeats& repeats);

  /// Closes, hashes, syncs, renames; publishing is the caller's. `root`: Merkle root over the leaves of the records.
  /// `about` is kept with the batch: what the connector found out, names of roles …
  [[nodiscard]] Result<WrittenFile> finish(std::span<const BatchField> fields, int64_t arrivals, int64_t records,
                                           int64_t quarantined, const Digest& root, const Json& about);

 private:
  struct State;
  explicit BatchWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// A published batch, open for reading. May be used by many threads at once. What it hands out was checked: lengths,
/// codes and counts of a file from a stranger; error store.damaged.
class BatchFile {
 public:
  [[nodiscard]] static Result<std::shared_ptr<const BatchFile>> open(const Project& project, int64_t data_file);
  ~BatchFile();
  BatchFile(const BatchFile&) = delete;
  BatchFile& operator=(const BatchFile&) = delete;

  [[nodiscard]] const Uuid& uuid() const;
  [[nodiscard]] int64_t arrivals() const;
  [[nodiscard]] int64_t records() const;
  [[nodiscard]] int64_t quarantined() const;
  [[nodiscard]] const Digest& root() const;
  [[nodiscard]] const Json& about() const;
  [[nodiscard]] const std::vector<BatchField>& fields() const;
  [[nodiscard]] std::optional<size_t> find_field(std::string_view name) const;
  [[nodiscard]] int64_t chunks() const;  ///< of each column
  [[nodiscard]] int64_t first_of_chunk(int64_t chunk) const;
  [[nodiscard]] int64_t rows_of_chunk(int64_t chunk) const;

  [[nodiscard]] Result<ColumnChunk> chunk(size_t field, int64_t chunk) const;
  [[nodiscard]] Result<Bytes> summary(size_t field, int64_t chunk) const;
  /// Of a category field. Kept after the first call; valid as long as the file.
  [[nodiscard]] Result<const std::vector<std::string>*> dictionary(size_t field) const;
  /// The block that holds a place.
  [[nodiscard]] Result<RowBlock> block_with(int64_t place) const;
  /// Kept after the first call; valid as long as the file.
  [[nodiscard]] Result<const Repeats*> repeats() const;
  /// Place of a record among the batch's records (0 …) for its ordinal; nullopt for an arrival that repeats one.
  [[nodiscard]] Result<std::optional<int64_t>> place_of(int64_t ordinal) const;

  [[nodiscard]] Result<std::vector<Digest>> leaves() const;  ///< by place
  [[nodiscard]] Result<Bytes> salts() const;                 ///< 16 bytes each, by place; zeros where erased
  [[nodiscard]] Result<std::vector<Hash128>> keys() const;
  /// The same as keys() where the content fields are all fields.
  [[nodiscard]] Result<std::vector<Hash128>> content_keys() const;
  /// Quarantined rows from `first` (0 …) on, in the order of the source.
  [[nodiscard]] Result<std::vector<QuarantinedRow>> quarantine(int64_t first, int64_t limit) const;

 private:
  struct State;
  explicit BatchFile(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Takes a file out of the catalogue; the caller removes it after the commit (a sweep does where it could not).
[[nodiscard]] Status retire(Transaction& transaction, int64_t data_file);

}  // namespace millwright::store

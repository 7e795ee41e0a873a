// Records as they came: one by one, in pages for a table, or all in order.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/work.h"
#include "records/asset.h"
#include "records/columns.h"
#include "records/where.h"
#include "store/project.h"

namespace millwright::records {

/// What a value was in a format that knows more than text; codes as in the plugin interface.
enum class CellKind : uint8_t { absent = 0, string = 1, number = 2, boolean = 3, null = 4, object = 5, array = 6 };

struct Cell {
  std::string name;
  CellKind kind = CellKind::string;
  std::string text;  ///< string: the string; else the JSON text as it stood; an empty CSV cell: empty
  /// An empty cell of a table, or JSON null.
  bool missing = false;
};

struct Record {
  RecordRef ref;            ///< where it first came in
  int64_t batch = 0;        ///< where this arrival of it lies
  int64_t arrival = 0;      ///< its number there
  std::vector<Cell> cells;  ///< in the order they came
  [[nodiscard]] const Cell* find(std::string_view field) const;
  /// Empty where missing.
  [[nodiscard]] std::string_view text(std::string_view field) const;
};

/// Random access. A few decompressed blocks are kept, so that neighbours cost microseconds. One thread at a time; the
/// project must outlive it.
class RecordReader {
 public:
  [[nodiscard]] static Result<RecordReader> open(const store::Project& project);
  RecordReader(RecordReader&&) noexcept;
  RecordReader& operator=(RecordReader&&) noexcept;
  ~RecordReader();
  /// Errors: record.unknown (bad_input), record.erased (refused), store.damaged.
  [[nodiscard]] Result<Record> get(const RecordRef& record);
  [[nodiscard]] Result<Record> arrival(int64_t batch, int64_t arrival);
  /// Its leaf: SHA-256 over salt and canonical form.
  [[nodiscard]] Result<Digest> leaf(const RecordRef& record);
  /// The outside form of the id: TAIL-ORDINAL.
  [[nodiscard]] Result<std::string> id(const RecordRef& record);
  [[nodiscard]] Result<std::string> batch_tail(int64_t batch);
  /// One JSON object: `_id`, `_batch`, and the fields as they came. Numbers keep every digit.
  [[nodiscard]] Result<std::string> json_line(const Record& record);
  /// RFC 4180, without line end: id, batch, and the named fields; a field that the record lacks is empty.
  [[nodiscard]] Result<std::string> csv_line(const Record& record, std::span<const SchemaField> fields);

 private:
  struct State;
  explicit RecordReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

struct ReadRequest {
  Window window;
  Count count = Count::records;
  Where where;
  int64_t limit = 0;  ///< 0: all
};
/// In order of batches and arrivals; stops when `each` returns false. The reader is the one that reads them: for ids.
[[nodiscard]] Status for_each_record(const store::Project& project, const ReadRequest& request,
                                     const std::function<bool(RecordReader& reader, const Record&)>& each,
                                     const Work& work = {});
/// Names as a line of CSV, `_id` and `_batch` first.
[[nodiscard]] std::string csv_header(std::span<const SchemaField> fields);

/// The rows of a question, for a table that shows some of them at a time. Batches do not change, so a place is a key.
class RecordTable {
 public:
  [[nodiscard]] static Result<RecordTable> open(const store::Project& project, const ReadRequest& request);
  RecordTable(RecordTable&&) noexcept;
  RecordTable& operator=(RecordTable&&) noexcept;
  ~RecordTable();
  [[nodiscard]] int64_t size() const;
  [[nodiscard]] const std::vector<SchemaField>& fields() const;
  [[nodiscard]] Result<RecordRef> record(int64_t place) const;
  /// Fewer at the end.
  [[nodiscard]] Result<std::vector<Record>> rows(int64_t first, int64_t count);
  /// All of them, e.g. to queue.
  [[nodiscard]] Result<std::vector<RecordRef>> records() const;

 private:
  struct State;
  explicit RecordTable(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace millwright::records

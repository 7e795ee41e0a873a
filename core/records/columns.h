// Column by column at memory speed: what profiles, gate, windows and drift read.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "records/asset.h"
#include "records/where.h"
#include "records/window.h"
#include "statistics/summary.h"
#include "store/project.h"

namespace millwright::records {

/// Rows are arrivals (windows, profiles, gate of a batch, drift), or each record once (tasks, queues, snapshots).
enum class Count { arrivals, records };

/// One field over the rows of a window. Where batches differ in its type it is the widest of theirs; a batch without
/// the field has it missing.
struct Column {
  std::string name;
  FieldType type = FieldType::text;
  int64_t rows = 0;
  int64_t missing = 0;
  std::vector<double> numbers;          ///< integer, real, boolean (0, 1), timestamp (µs); NaN where missing
  std::vector<int32_t> codes;           ///< category: place in dictionary; −1 where missing
  std::vector<std::string> dictionary;  ///< category: distinct, in no order; entries may be unused
  std::vector<int64_t> offsets;         ///< text: rows + 1
  std::string bytes;                    ///< text
  std::vector<bool> absent;             ///< text: true where missing; empty where none is
  [[nodiscard]] bool is_number() const { return type != FieldType::category && type != FieldType::text; }
  [[nodiscard]] bool has(int64_t row) const;
  /// Of a category or text; empty where missing.
  [[nodiscard]] std::string_view text(int64_t row) const;
};

class ColumnScan {
 public:
  [[nodiscard]] static Result<ColumnScan> open(const store::Project& project, const Window& window,
                                               Count count = Count::arrivals);
  ColumnScan(ColumnScan&&) noexcept;
  ColumnScan& operator=(ColumnScan&&) noexcept;
  ~ColumnScan();

  [[nodiscard]] const Window& window() const;
  [[nodiscard]] int64_t rows() const;
  /// In the order in which they were first seen; types joined over the window's batches.
  [[nodiscard]] const std::vector<SchemaField>& fields() const;
  [[nodiscard]] const SchemaField* find(std::string_view field) const;

  /// All rows, or those at `rows` (ascending places, 0 … rows() − 1). May be called by many threads at once.
  /// Error (bad_input): where.unknown_field.
  [[nodiscard]] Result<Column> column(std::string_view field) const;
  [[nodiscard]] Result<Column> column(std::string_view field, std::span<const int64_t> rows) const;
  /// The same values as `type`: only text (any field, as it came) and category ↔ text can be asked for.
  [[nodiscard]] Result<Column> column_as(std::string_view field, FieldType type) const;
  /// The places of the rows that an expression chooses, ascending. Errors: where.unknown_field, where.type.
  [[nodiscard]] Result<std::vector<int64_t>> select(const Where& where) const;
  /// Record of each row; by place.
  [[nodiscard]] Result<std::vector<RecordRef>> records() const;
  [[nodiscard]] Result<RecordRef> record_of(int64_t row) const;
  /// Batch (row of the catalogue) of each row: where it arrived.
  [[nodiscard]] int64_t batch_of(int64_t row) const;
  /// Arrival number in that batch.
  [[nodiscard]] int64_t arrival_of(int64_t row) const;

  /// From the stored summaries where the rows are all arrivals of whole batches and the types agree; otherwise made
  /// from the values.
  [[nodiscard]] Result<statistics::FieldSummary> summary(std::string_view field) const;

 private:
  struct State;
  explicit ColumnScan(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace millwright::records

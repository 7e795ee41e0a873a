// SPDX-License-Identifier: Apache-2.0
// A batch under construction, and how it becomes Arrow arrays. The memory of a batch that the host released is used
// again for a later one of the same reader, so that a long file costs no page faults.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "plugin_support/buffer.h"
#include "sdk/millwright_plugin.h"

namespace millwright::plugin {

/// Variable-length texts: `rows` of them are finished; offsets has rows + 1 entries.
struct TextColumn {
  Buffer text;
  Buffer offsets;   ///< int32
  Buffer kinds;     ///< uint8, millwright_kind; only where the batch has kinds
  Buffer validity;  ///< filled when the batch is handed over
  int64_t rows = 0;
  int64_t nulls = 0;

  void clear();
  [[nodiscard]] size_t size() const {
    return static_cast<size_t>(reinterpret_cast<const int32_t*>(offsets.data())[rows]);
  }
  void append(std::string_view value);
  void append(std::string_view value, millwright_kind kind);
  /// Absent cells up to `row` (exclusive).
  void pad_to(int64_t row);
  [[nodiscard]] size_t capacity() const {
    return text.capacity() + offsets.capacity() + kinds.capacity() + validity.capacity();
  }
};

/// Everything that one batch owns.
struct BatchStorage {
  std::vector<TextColumn> fields;
  TextColumn raw;
  Buffer lines;  ///< int64
  TextColumn rejected_codes, rejected_reasons, rejected_raw;
  Buffer rejected_lines;  ///< int64
  int64_t rows = 0;
  int64_t rejected = 0;

  void clear();
  [[nodiscard]] size_t capacity() const;
  void add_line(int64_t line);
  /// Raw is cut after 1 MiB and the reason says so.
  void reject(int64_t line, std::string_view code, std::string reason, std::string_view raw);
};

/// Batches of one reader, handed out and taken back.
class BatchPool : public std::enable_shared_from_this<BatchPool> {
 public:
  BatchPool() { free_.reserve(kKept); }
  /// A cleared batch.
  [[nodiscard]] std::shared_ptr<BatchStorage> take();

 private:
  static constexpr size_t kKept = 4;
  void give_back(std::unique_ptr<BatchStorage> storage);
  std::mutex mutex_;
  std::vector<std::unique_ptr<BatchStorage>> free_;
};

/// Which columns of a batch are handed over, under which name.
struct ExportedField {
  size_t column = 0;
  std::string name;
};

/// Hands the batch over. Null cells: with kinds those that are absent or null, without kinds the empty ones when
/// `empty_is_missing`, else those whose kind is absent.
struct ExportOptions {
  bool kinds = false;
  bool empty_is_missing = true;
};
void export_batch(const std::shared_ptr<BatchStorage>& storage, const std::vector<ExportedField>& fields,
                  const ExportOptions& options, int64_t bytes_consumed, millwright_batch* batch);

/// Rows whose fields come by name, in any order (JSON Lines, deb822): remembers the fields over all batches.
class NamedRows {
 public:
  NamedRows(int64_t max_fields, ExportOptions options) : max_fields_(max_fields), options_(options) {}
  /// Starts a batch.
  void begin(std::shared_ptr<BatchStorage> storage);
  [[nodiscard]] BatchStorage& storage() { return *storage_; }

  /// Puts one cell into the row under way. `hint` is the place that the same key had in the row before (any number is
  /// fine). False: the field is new and there are max_fields already.
  [[nodiscard]] bool cell(std::string_view name, std::string_view value, millwright_kind kind, size_t hint);
  /// True where the row under way has a cell of that name already.
  [[nodiscard]] bool has(std::string_view name, size_t hint);
  void end_row(int64_t line, std::string_view raw);
  void cancel_row();
  /// Enough cells for one batch: rows times fields is bounded, whatever the rows look like.
  [[nodiscard]] bool full() const;
  void finish(int64_t bytes_consumed, millwright_batch* batch);

 private:
  struct Field {
    std::string name;
    int64_t seen_in_row = -1;  ///< number of the row over the whole source
    int64_t used_in_batch = -1;
  };
  [[nodiscard]] size_t find(std::string_view name, size_t hint);
  static constexpr size_t kNone = static_cast<size_t>(-1);
  static constexpr int64_t kMaxRows = 4096;
  static constexpr int64_t kMaxCells = int64_t{8} << 20;

  int64_t max_fields_;
  ExportOptions options_;
  std::shared_ptr<BatchStorage> storage_;
  std::vector<Field> fields_;
  std::unordered_map<std::string, size_t> by_name_;
  std::vector<size_t> order_;    ///< field at each place of the row before
  std::vector<size_t> touched_;  ///< fields of the row under way, in order
  size_t used_ = 0;              ///< fields used in this batch
  int64_t row_number_ = 0;
  int64_t batch_number_ = 0;
};

}  // namespace millwright::plugin

// The form of a row in its block, and the canonical form that is hashed.
//
// Canonical form of a record: SHA-256 of its layout, then for each field that it has, in the byte order of names, the
// length of its value (LEB128) and its bytes. The layout is, in the same order: length of the name (LEB128), name, kind
// (one byte, as in the plugin interface). So the form depends on what the fields are and say, and not
// on their order in the source, the batch's other rows, or white space between values.
//
// A block is a sequence of rows: length (varint), then the row. A row begins with one byte:
//   0 joined    a delimiter byte, then the row's raw bytes; the cells are what stands between delimiters
//   3 quoted    the same, where some cells stand in quotation marks, as in RFC 4180
//   1 cells     number of cells; for each: field (varint), kind | missing << 4, length (varint), bytes; then raw bytes
//   2 json      the row's raw bytes: one JSON object
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "records/reading.h"
#include "source_batch.h"

namespace millwright::records::detail {

/// The batch's fields as they came up, and what follows from their names.
class FieldList {
 public:
  /// Place of a name; a new one is added.
  size_t place(const std::string& name);
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  /// Places in the byte order of names.
  [[nodiscard]] const std::vector<uint32_t>& by_name() const { return by_name_; }

 private:
  std::vector<std::string> names_;
  std::unordered_map<std::string, size_t> places_;
  std::vector<uint32_t> by_name_;
};

/// Canonical forms of the rows of source batches, over all fields or some.
class Canonical {
 public:
  /// `chosen` by place in the field list; empty: all.
  explicit Canonical(const FieldList& fields) : fields_(fields) {}
  void set_left_out(std::vector<std::string> names) { left_out_ = std::move(names); }
  void set_only(std::vector<std::string> names) { only_ = std::move(names); }
  /// Call before the rows of a batch: `columns` by place in the field list, nullptr where the batch has none.
  void begin(const SourceBatch& batch, const std::vector<const CellColumn*>& columns);
  /// True where every field of the batch takes part.
  [[nodiscard]] bool whole() const { return left_out_.empty() && only_.empty(); }
  /// Appends the form of one row.
  void append(int64_t row, std::string& out);

 private:
  struct Part {
    const CellColumn* column;
    uint32_t place;
  };
  [[nodiscard]] bool takes_part(const std::string& name) const;
  const Digest& layout(const std::vector<uint8_t>& kinds);

  const FieldList& fields_;
  std::vector<std::string> left_out_, only_;
  const SourceBatch* batch_ = nullptr;
  std::vector<Part> parts_;
  std::vector<uint32_t> places_;  // of parts_, as the cache below was made for
  bool constant_ = false;         // every row has every field as a string
  std::vector<uint8_t> kinds_, last_kinds_;
  Digest last_layout_{};
  std::unordered_map<std::string, Digest> layouts_;
};

/// The same form from cells that were read back.
[[nodiscard]] std::string canonical_form(const std::vector<Cell>& cells);

/// Appends one row to a block. `columns` by place.
void append_row(const SourceBatch& batch, const std::vector<const CellColumn*>& columns, int64_t row,
                std::string& block);
/// Where the rows of a block begin and end. Error: store.damaged.
[[nodiscard]] Result<std::vector<std::span<const uint8_t>>> split_block(std::span<const uint8_t> block, int64_t rows);
/// The cells of one row of split_block(). Errors: store.damaged, record.erased.
[[nodiscard]] Result<std::vector<Cell>> read_row(std::span<const uint8_t> row, const std::vector<std::string>& names);
/// All rows of a block.
[[nodiscard]] Result<std::vector<std::vector<Cell>>> read_rows(std::span<const uint8_t> block, int64_t rows,
                                                               const std::vector<std::string>& names);

}  // namespace millwright::records::detail

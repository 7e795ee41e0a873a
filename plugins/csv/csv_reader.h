// SPDX-License-Identifier: Apache-2.0
// The CSV reader: takes a window of the source, finds its structure in one pass (scan.h) and walks from mark to mark,
// copying each cell straight into its column.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "plugin_csv/dialect.h"
#include "plugin_csv/encoding.h"
#include "plugin_csv/scan.h"
#include "plugin_support/batch.h"
#include "plugin_support/connector.h"
#include "plugin_support/source.h"

namespace millwright::plugin::csv {

/// Bytes kept of a row that is too long; one more than is handed over, so that the cut is told.
inline constexpr size_t kMaxKeptRejected = (size_t{1} << 20) + 1;

class CsvReader final : public Reader {
 public:
  explicit CsvReader(OpenOptions options);
  bool next(millwright_batch* batch) override;
  std::string describe() override;

 private:
  /// A column as the inner loop sees it.
  struct Column {
    uint8_t* text = nullptr;
    int32_t* offsets = nullptr;
    size_t size = 0;
    size_t capacity = 0;
  };
  /// The piece of the window that one parse() walks over.
  struct Piece {
    uint8_t* data = nullptr;
    size_t size = 0;       ///< of it, the closing line end that a last line may lack included
    size_t real_size = 0;  ///< what the source gave
    bool last = false;
    ScanResult found;
    bool valid_utf8 = true;
  };
  enum class RowState { complete, incomplete, text_after_quote, more };
  /// One row as it was walked over.
  struct Row {
    RowState state = RowState::incomplete;
    size_t begin = 0;
    size_t end = 0;   ///< without its line end
    size_t next = 0;  ///< behind it
    size_t mark = 0;  ///< of the next row
    size_t fields = 0;
    int64_t lines = 0;
  };

  void apply_options();
  void start();
  void read_header();
  void begin_batch();
  void finish_batch(millwright_batch* batch);
  [[nodiscard]] Piece take_piece();
  void decide_encoding(const Piece& piece);
  /// Walks over the window; true when it took anything out of it.
  bool parse();
  template <bool kCr, bool kLatin>
  size_t parse_rows(Piece& piece);
  template <bool kCr, bool kLatin>
  void walk_row(const Piece& piece, Row& row);
  template <bool kCr, bool kLatin>
  bool quoted_field(const Piece& piece, size_t& at, Row& row, Column* column);
  template <bool kCr>
  RowState behind_quotes(const Piece& piece, size_t& at, Row& row) const;
  template <bool kLatin>
  void put(Column& column, const uint8_t* text, size_t length);
  void put_latin(Column& column, const uint8_t* text, size_t length);
  void grow(Column& column, size_t length);
  void grow_rows();
  void take_back(size_t fields);
  /// Takes the row, rejects it, or passes over an empty line.
  void settle(const Piece& piece, const Row& row);
  /// Rejects the line that begins at row.begin and makes row.next the line after it. False: its end is not there yet.
  bool reject_line(const Piece& piece, Row& row, std::string_view code, const std::string& reason);
  void reject(std::string_view code, const std::string& reason, std::string_view bytes);
  bool skip_line();
  [[nodiscard]] std::string too_long() const;
  [[nodiscard]] std::string original(std::string_view text) const;
  [[nodiscard]] uint32_t mark(size_t i) { return positions_.as<uint32_t>()[i]; }

  OpenOptions options_;
  HostStream host_;
  std::unique_ptr<Utf16Stream> utf16_;
  Window window_;
  std::shared_ptr<BatchPool> pool_ = std::make_shared<BatchPool>();

  Encoding encoding_ = Encoding::undecided;
  bool encoding_given_ = false;
  bool byte_order_mark_ = false;
  char delimiter_ = 0;
  bool cr_ = false;
  bool header_ = true;
  FieldNames names_;
  std::vector<ExportedField> exported_;

  bool started_ = false;
  bool delivered_ = false;
  bool skipping_ = false;  ///< within a line that was rejected for its length
  std::string skipped_;    ///< its first MiB
  size_t wanted_ = 0;      ///< bytes that the window should hold before the next parse()
  int64_t line_ = 1;       ///< of the window's first byte
  int64_t consumed_ = 0;   ///< bytes of UTF-8 or of the source where they are the same

  std::shared_ptr<BatchStorage> storage_;
  std::vector<Column> columns_;
  int64_t rows_capacity_ = 0;
  Buffer positions_;
};

/// The connector's can_read().
[[nodiscard]] int32_t can_read(const uint8_t* head, size_t size, int32_t whole, const char* file_name);

}  // namespace millwright::plugin::csv

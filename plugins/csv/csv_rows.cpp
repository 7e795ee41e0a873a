// SPDX-License-Identifier: Apache-2.0
// The inner loop of the CSV reader: from mark to mark, a cell at a time.
#include <algorithm>
#include <cstring>

#include "plugin_csv/csv_reader.h"
#include "plugin_support/text.h"

namespace millwright::plugin::csv {
namespace {

std::string_view bytes(const uint8_t* data, size_t begin, size_t end) {
  return {reinterpret_cast<const char*>(data) + begin, end - begin};
}

bool is_line_end(uint8_t c, bool cr) { return c == '\n' || (cr && c == '\r'); }

}  // namespace

template <bool kLatin>
inline void CsvReader::put(Column& column, const uint8_t* text, size_t length) {
  if constexpr (kLatin) {
    put_latin(column, text, length);
    return;
  }
  if (column.size + length > column.capacity) [[unlikely]]
    grow(column, length);
  uint8_t* to = column.text + column.size;
  // Most cells are short: a wide copy of fixed size beats a call. Both sides have 64 bytes to spare.
  if (length <= 16)
    std::memcpy(to, text, 16);
  else if (length <= 64)
    std::memcpy(to, text, 64);
  else
    std::memcpy(to, text, length);
  column.size += length;
}

void CsvReader::put_latin(Column& column, const uint8_t* text, size_t length) {
  if (column.size + 3 * length > column.capacity) grow(column, 3 * length);
  uint8_t* to = column.text + column.size;
  for (size_t i = 0; i < length; ++i) {
    if (text[i] < 0x80) {
      *to++ = text[i];
      continue;
    }
    const Utf8Piece& piece = windows_1252_to_utf8(text[i]);
    std::memcpy(to, piece.bytes, 3);
    to += piece.length;
  }
  column.size = static_cast<size_t>(to - column.text);
}

/// Reads a field in quotation marks: `at` is the opening one and becomes the place behind the closing one. False where
/// the closing one, or what follows it, is not in this piece.
template <bool kCr, bool kLatin>
bool CsvReader::quoted_field(const Piece& piece, size_t& at, Row& row, Column* column) {
  const uint8_t* data = piece.data;
  size_t first = at + 1;
  size_t k = row.mark + 1;
  for (;; ++k) {
    if (k >= piece.found.count) return false;
    const size_t place = mark(k);
    const uint8_t c = data[place];
    if (c != '"') {
      row.lines += c == '\n' || (kCr && c == '\r' && data[place + 1] != '\n') ? 1 : 0;
      continue;
    }
    if (place + 1 >= piece.size) return false;
    const bool doubled = data[place + 1] == '"';
    if (column != nullptr) put<kLatin>(*column, data + first, place + (doubled ? 1 : 0) - first);
    if (!doubled) {
      at = place + 1;
      row.mark = k + 1;
      return true;
    }
    first = place + 2;
    ++k;
  }
}

/// What stands at `at`, behind a closing quotation mark: a delimiter (`more`, and past it), the end of the row, or what
/// must not stand there.
template <bool kCr>
inline CsvReader::RowState CsvReader::behind_quotes(const Piece& piece, size_t& at, Row& row) const {
  if (at >= piece.size) return RowState::incomplete;
  const uint8_t c = piece.data[at];
  if (c == static_cast<uint8_t>(delimiter_)) {
    ++row.mark;
    ++at;
    return RowState::more;
  }
  row.end = at;
  if (c == '\n' || (kCr && c == '\r')) {
    ++row.mark;
    row.next = at + 1;
    return RowState::complete;
  }
  if (c != '\r') return RowState::text_after_quote;
  if (at + 1 >= piece.size) return RowState::incomplete;
  if (piece.data[at + 1] != '\n') return RowState::text_after_quote;
  ++row.mark;
  row.next = at + 2;
  return RowState::complete;
}

/// Walks over one row from row.begin; its cells go to the columns, behind the rows that are there.
template <bool kCr, bool kLatin>
inline void CsvReader::walk_row(const Piece& piece, Row& row) {
  const uint8_t* data = piece.data;
  const uint32_t* marks = positions_.as<uint32_t>();
  const size_t count = piece.found.count;
  const auto delimiter = static_cast<uint8_t>(delimiter_);
  const auto rows = static_cast<size_t>(storage_->rows);
  size_t at = row.begin;
  row.fields = 0;
  row.lines = 0;
  row.state = RowState::incomplete;
  for (;;) {
    Column* column = row.fields < columns_.size() ? &columns_[row.fields] : nullptr;
    if (data[at] == '"' && at < piece.size) [[unlikely]] {
      if (!quoted_field<kCr, kLatin>(piece, at, row, column)) return;
      ++row.fields;
      if (column != nullptr) column->offsets[rows + 1] = static_cast<int32_t>(column->size);
      const RowState behind = behind_quotes<kCr>(piece, at, row);
      if (behind == RowState::complete) break;
      if (behind == RowState::more) continue;
      row.state = behind;
      return;
    }
    // A quotation mark within a bare field is a plain character.
    while (row.mark < count && data[marks[row.mark]] == '"') ++row.mark;
    if (row.mark >= count) return;
    const size_t place = marks[row.mark++];
    const uint8_t c = data[place];
    size_t length = place - at;
    if (c == delimiter) [[likely]] {
      if (column != nullptr) {
        put<kLatin>(*column, data + at, length);
        column->offsets[rows + 1] = static_cast<int32_t>(column->size);
      }
      ++row.fields;
      at = place + 1;
      continue;
    }
    if (c == '\n' && length > 0 && data[place - 1] == '\r') --length;
    if (column != nullptr) {
      put<kLatin>(*column, data + at, length);
      column->offsets[rows + 1] = static_cast<int32_t>(column->size);
    }
    ++row.fields;
    row.end = at + length;
    row.next = place + 1;
    break;
  }
  if constexpr (kCr) {
    if (data[row.next - 1] == '\r') {
      if (row.next >= piece.size && !piece.last) return;
      if (row.next < piece.size && data[row.next] == '\n') {
        ++row.next;
        ++row.mark;
      }
    }
  }
  ++row.lines;
  row.state = RowState::complete;
}

/// Rows from the piece's beginning; returns how far it came.
template <bool kCr, bool kLatin>
size_t CsvReader::parse_rows(Piece& piece) {
  Row row;
  while (row.next < piece.size && storage_->rows < options_.batch_rows) {
    if (storage_->rows >= rows_capacity_) grow_rows();
    row.begin = row.next;
    const size_t first_mark = row.mark;
    walk_row<kCr, kLatin>(piece, row);
    const size_t limit = options_.max_row_bytes;
    if (row.state == RowState::complete && row.end - row.begin <= limit) [[likely]] {
      settle(piece, row);
      continue;
    }
    take_back(row.fields + 1);
    row.next = row.begin;
    bool done = false;
    if (row.state == RowState::text_after_quote && row.end - row.begin <= limit)
      done = reject_line(piece, row, "csv.text_after_quote",
                         "text behind the closing quotation mark of field " + std::to_string(row.fields));
    else if (row.state != RowState::incomplete || piece.size - row.begin > limit + 2)
      done = reject_line(piece, row, "csv.row_too_long", too_long());
    else if (piece.last)
      done = reject_line(piece, row, "csv.unterminated_quote",
                         "the quotation mark that opens field " + std::to_string(row.fields + 1) + " is never closed");
    row.mark = first_mark;
    if (!done) break;
    while (row.mark < piece.found.count && mark(row.mark) < row.next) ++row.mark;
  }
  return row.next;
}

void CsvReader::settle(const Piece& piece, const Row& row) {
  const std::string_view text = bytes(piece.data, row.begin, row.end);
  const size_t columns = columns_.size();
  const bool good_text =
      (!piece.found.nul || std::memchr(text.data(), 0, text.size()) == nullptr) && (piece.valid_utf8 || is_utf8(text));
  if (row.fields == columns && good_text && !text.empty()) [[likely]] {
    storage_->add_line(line_);
    if (utf16_) [[unlikely]]
      storage_->raw.append(original(text));
    else
      storage_->raw.append(text);
    ++storage_->rows;
  } else {
    take_back(row.fields);
    if (!good_text && std::memchr(text.data(), 0, text.size()) != nullptr)
      reject("csv.nul_byte", "a zero byte", text);
    else if (!good_text)
      reject("csv.invalid_encoding", std::string("bytes that are not valid ") + (utf16_ ? "UTF-16" : "UTF-8"), text);
    else if (!text.empty())
      reject(row.fields < columns ? "csv.too_few_fields" : "csv.too_many_fields",
             std::to_string(row.fields) + (row.fields == 1 ? " field" : " fields") + " where the header has " +
                 std::to_string(columns),
             text);
  }
  line_ += row.lines;
}

void CsvReader::take_back(size_t fields) {
  for (size_t i = 0; i < std::min(fields, columns_.size()); ++i)
    columns_[i].size = static_cast<size_t>(columns_[i].offsets[storage_->rows]);
}

bool CsvReader::reject_line(const Piece& piece, Row& row, std::string_view code, const std::string& reason) {
  size_t end = row.begin;
  while (end < piece.size && !is_line_end(piece.data[end], cr_)) {
    const void* lf = std::memchr(piece.data + end + 1, '\n', piece.size - end - 1);
    const size_t stop = lf == nullptr ? piece.size : static_cast<size_t>(static_cast<const uint8_t*>(lf) - piece.data);
    const void* ret = cr_ ? std::memchr(piece.data + end + 1, '\r', stop - end - 1) : nullptr;
    end = ret == nullptr ? stop : static_cast<size_t>(static_cast<const uint8_t*>(ret) - piece.data);
  }
  // Whether a LF belongs to a CR at the very end is seen when more is there.
  if (cr_ && end < piece.size && piece.data[end] == '\r' && end + 1 >= piece.size && !piece.last) return false;
  if (end >= piece.size) {
    // Its end is not in the window: where it is too long already it is dropped as it comes, else more is read.
    if (piece.size - row.begin <= options_.max_row_bytes + 2) return false;
    skipping_ = true;
    skipped_.assign(bytes(piece.data, row.begin, std::min(piece.size, row.begin + kMaxKeptRejected)));
    row.next = piece.size;
    return false;
  }
  const size_t text_end = end > row.begin && piece.data[end] == '\n' && piece.data[end - 1] == '\r' ? end - 1 : end;
  if (text_end - row.begin > options_.max_row_bytes)
    reject("csv.row_too_long", too_long(), bytes(piece.data, row.begin, text_end));
  else
    reject(code, reason, bytes(piece.data, row.begin, text_end));
  row.next = end + 1;
  if (piece.data[end] == '\r' && row.next < piece.size && piece.data[row.next] == '\n') ++row.next;
  ++line_;
  return true;
}

template size_t CsvReader::parse_rows<false, false>(Piece&);
template size_t CsvReader::parse_rows<false, true>(Piece&);
template size_t CsvReader::parse_rows<true, false>(Piece&);
template size_t CsvReader::parse_rows<true, true>(Piece&);

}  // namespace millwright::plugin::csv

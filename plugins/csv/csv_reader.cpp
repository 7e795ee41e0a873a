// SPDX-License-Identifier: Apache-2.0
#include "plugin_csv/csv_reader.h"

#include <algorithm>

#include "plugin_support/text.h"

namespace millwright::plugin::csv {
namespace {

constexpr size_t kHead = size_t{64} << 10;

}  // namespace

CsvReader::CsvReader(OpenOptions options)
    : options_(std::move(options)), host_(options_.source), window_(host_), wanted_(options_.batch_bytes) {
  apply_options();
}

void CsvReader::apply_options() {
  for (const auto& [key, value] : options_.options) {
    bool known = true;
    if (key == "delimiter") {
      if (value == "tab" || value == "\\t")
        delimiter_ = '\t';
      else if (value.size() == 1 && static_cast<uint8_t>(value[0]) < 0x80 && value[0] != '"' && value[0] != '\n' &&
               value[0] != '\r' && value[0] != '\0')
        delimiter_ = value[0];
      else
        known = false;
    } else if (key == "encoding") {
      const auto encoding = encoding_from_name(value);
      known = encoding.has_value();
      encoding_given_ = known;
      encoding_ = encoding.value_or(Encoding::undecided);
    } else if (key == "header") {
      known = value == "yes" || value == "no";
      header_ = value != "no";
    } else {
      throw BadInput{"csv.unknown_option",
                     "CSV knows no option " + key + "; there are delimiter, encoding and header."};
    }
    if (!known) throw BadInput{"csv.bad_option", "The option " + key + " cannot be " + value + "."};
  }
}

void CsvReader::start() {
  started_ = true;
  window_.fill(options_.head_bytes);
  const ByteOrderMark mark = detect_utf16_or_mark(window_.text());
  byte_order_mark_ = mark.bytes > 0;
  if (!encoding_given_) encoding_ = mark.encoding;
  if (encoding_given_ && mark.encoding != encoding_) byte_order_mark_ = false;
  if (byte_order_mark_) {
    window_.consume(mark.bytes);
    consumed_ += static_cast<int64_t>(mark.bytes);
  }
  if (encoding_ == Encoding::utf16_le || encoding_ == Encoding::utf16_be) {
    utf16_ = std::make_unique<Utf16Stream>(host_, window_.text(), encoding_ == Encoding::utf16_be);
    window_ = Window(*utf16_);
    window_.fill(options_.head_bytes);
  }
  const bool whole = window_.at_end() && window_.size() <= kHead;
  const std::string_view head = window_.text().substr(0, kHead);
  cr_ = lines_end_with_cr(head);
  if (delimiter_ == 0) {
    const DelimiterGuess guess = guess_delimiter(head, cr_, whole);
    const bool tabs = ends_with_ignoring_case(options_.file_name, ".tsv");
    delimiter_ = guess.fields < 2 && tabs ? '\t' : guess.delimiter;
  }
  if (encoding_ == Encoding::undecided) encoding_ = decide_single_byte(window_.text());
  read_header();
}

void CsvReader::read_header() {
  const auto pass = [&](const Record& record) {
    window_.consume(record.next);
    consumed_ += static_cast<int64_t>(record.next);
    line_ += record.lines;
  };
  const auto refuse_length = [&] {
    throw BadInput{"csv.bad_header", "The first row is longer than " + std::to_string(options_.max_row_bytes) +
                                         " bytes; is this a CSV file?"};
  };
  for (;;) {
    if (window_.size() == 0) window_.fill(options_.batch_bytes);
    if (window_.size() == 0) return;
    const Record record = parse_record(window_.text(), 0, delimiter_, cr_, window_.at_end());
    if (record.state == RecordState::incomplete) {
      if (window_.at_end()) throw BadInput{"csv.bad_header", "A quotation mark in the first row is never closed."};
      if (window_.size() > options_.max_row_bytes + 2) refuse_length();
      window_.fill(window_.size() * 2 + options_.batch_bytes);
      continue;
    }
    if (record.state == RecordState::text_after_quote)
      throw BadInput{"csv.bad_header", "The first row has text behind a closing quotation mark."};
    if (record.fields.size() == 1 && record.fields[0].empty()) {
      pass(record);
      continue;
    }
    if (record.end > options_.max_row_bytes) refuse_length();
    if (static_cast<int64_t>(record.fields.size()) > options_.max_fields)
      throw BadInput{"csv.too_many_columns", "The first row has " + std::to_string(record.fields.size()) +
                                                 " fields; at most " + std::to_string(options_.max_fields) +
                                                 " are taken."};
    std::vector<std::string> header = record.fields;
    if (!header_) std::fill(header.begin(), header.end(), std::string());
    if (encoding_ == Encoding::windows_1252)
      for (auto& name : header) name = windows_1252_to_utf8(name);
    names_ = make_names(std::move(header));
    if (!header_) names_.notes.clear();
    if (header_) pass(record);
    for (size_t i = 0; i < names_.names.size(); ++i) exported_.push_back({i, names_.names[i]});
    return;
  }
}

bool CsvReader::next(millwright_batch* batch) {
  if (!started_) start();
  if (exported_.empty()) return false;
  begin_batch();
  while (storage_->rows == 0 && storage_->rejected == 0) {
    window_.fill(std::max(wanted_, window_.size()));
    if (window_.size() == 0 && !skipping_) break;
    const int64_t before = consumed_;
    const bool progress = parse();
    // Batches short of rows: look at no more bytes at a time than such a batch takes.
    if (storage_->rows >= options_.batch_rows)
      options_.batch_bytes = std::clamp<size_t>(static_cast<size_t>(consumed_ - before), size_t{32} << 10,
                                                std::max(options_.batch_bytes, size_t{32} << 10));
    // A row that is not complete yet: read on, twice as much each time, so that it is not walked over too often.
    wanted_ = progress ? options_.batch_bytes : std::max(options_.batch_bytes, window_.size() * 2);
  }
  if (storage_->rows == 0 && storage_->rejected == 0 && delivered_) return false;
  finish_batch(batch);
  return true;
}

void CsvReader::begin_batch() {
  storage_ = pool_->take();
  while (storage_->fields.size() < exported_.size()) storage_->fields.emplace_back().clear();
  columns_.resize(exported_.size());
  rows_capacity_ = 0;
  for (size_t i = 0; i < columns_.size(); ++i) {
    TextColumn& column = storage_->fields[i];
    columns_[i] = {column.text.data(), column.offsets.as<int32_t>(), 0, column.text.capacity()};
  }
  grow_rows();
}

void CsvReader::grow_rows() {
  // As many rows as the least roomy column can have; recycled batches have room from the start.
  const int64_t rows = std::max<int64_t>(512, rows_capacity_ * 2);
  for (size_t i = 0; i < columns_.size(); ++i) {
    TextColumn& column = storage_->fields[i];
    column.offsets.reserve((static_cast<size_t>(rows) + 1) * sizeof(int32_t));
    columns_[i].offsets = column.offsets.as<int32_t>();
  }
  rows_capacity_ = rows;
}

void CsvReader::grow(Column& column, size_t length) {
  Buffer& text = storage_->fields[static_cast<size_t>(&column - columns_.data())].text;
  text.reserve(column.size + length + 64);
  column.text = text.data();
  column.capacity = text.capacity();
}

void CsvReader::finish_batch(millwright_batch* batch) {
  for (size_t i = 0; i < columns_.size(); ++i) storage_->fields[i].rows = storage_->rows;
  const int64_t bytes = utf16_ ? host_.bytes_read() : consumed_;
  export_batch(storage_, exported_, {.kinds = false, .empty_is_missing = true}, bytes, batch);
  storage_.reset();
  delivered_ = true;
}

CsvReader::Piece CsvReader::take_piece() {
  Piece piece;
  piece.data = window_.begin();
  piece.real_size = piece.size = window_.size();
  piece.last = window_.at_end();
  if (piece.last && piece.size > 0) {
    const uint8_t end = piece.data[piece.size - 1];
    if (end != '\n' && !(cr_ && end == '\r')) piece.data[piece.size++] = '\n';
  }
  piece.found = scan(piece.data, piece.size, static_cast<uint8_t>(delimiter_), cr_, positions_);
  if (piece.found.non_ascii) {
    decide_encoding(piece);
    // The last character may be cut: look no further than the last mark (a byte of ASCII).
    const size_t checked = piece.found.count > 0 && !piece.last ? mark(piece.found.count - 1) : piece.size;
    if (encoding_ != Encoding::windows_1252)
      piece.valid_utf8 = is_utf8({reinterpret_cast<const char*>(piece.data), checked});
  }
  return piece;
}

void CsvReader::decide_encoding(const Piece& piece) {
  if (encoding_ != Encoding::undecided) return;
  encoding_ = decide_single_byte({reinterpret_cast<const char*>(piece.data), piece.real_size});
}

bool CsvReader::parse() {
  if (skipping_) return skip_line();
  Piece piece = take_piece();
  const bool latin = encoding_ == Encoding::windows_1252 && piece.found.non_ascii;
  const size_t taken = cr_ ? (latin ? parse_rows<true, true>(piece) : parse_rows<true, false>(piece))
                           : (latin ? parse_rows<false, true>(piece) : parse_rows<false, false>(piece));
  const size_t real = std::min(taken, piece.real_size);
  window_.consume(real);
  consumed_ += static_cast<int64_t>(real);
  return real > 0;
}

void CsvReader::reject(std::string_view code, const std::string& reason, std::string_view bytes) {
  storage_->reject(line_, code, reason, original(bytes));
}

std::string CsvReader::original(std::string_view text) const {
  return utf16_ ? utf8_to_utf16(text, encoding_ == Encoding::utf16_be) : std::string(text);
}

std::string CsvReader::too_long() const { return "longer than " + std::to_string(options_.max_row_bytes) + " bytes"; }

/// Goes on within a line that was too long, to its end.
bool CsvReader::skip_line() {
  const std::string_view text = window_.text();
  size_t end = cr_ ? text.find_first_of("\r\n") : text.find('\n');
  size_t taken = end == std::string_view::npos ? text.size() : end + 1;
  // Whether a LF belongs to a CR at the very end is seen when more is there.
  if (end != std::string_view::npos && text[end] == '\r' && end + 1 == text.size() && !window_.at_end()) {
    taken = end;
    end = std::string_view::npos;
  }
  // CR LF in a file whose lines end with CR: the LF belongs to it.
  if (end != std::string_view::npos && text[end] == '\r' && end + 1 < text.size() && text[end + 1] == '\n') ++taken;
  if (skipped_.size() < kMaxKeptRejected)
    skipped_ += text.substr(0, std::min(std::min(end, taken), kMaxKeptRejected - skipped_.size()));
  window_.consume(taken);
  consumed_ += static_cast<int64_t>(taken);
  if (end == std::string_view::npos && !window_.at_end()) return taken > 0;
  if (!cr_ && skipped_.size() < kMaxKeptRejected && skipped_.ends_with('\r')) skipped_.pop_back();
  reject("csv.row_too_long", too_long(), skipped_);
  skipping_ = false;
  skipped_.clear();
  ++line_;
  return true;
}

std::string CsvReader::describe() {
  std::string out = "{\"encoding\":\"" + std::string(name_of(encoding_)) + "\",\"byte_order_mark\":";
  out += byte_order_mark_ ? "true" : "false";
  if (delimiter_ != 0) out += ",\"delimiter\":" + json_string({&delimiter_, 1});
  out += cr_ ? ",\"line_end\":\"cr\"" : ",\"line_end\":\"lf\"";
  out += header_ ? ",\"header\":true" : ",\"header\":false";
  out += ",\"notes\":[";
  for (size_t i = 0; i < names_.notes.size(); ++i) out += (i > 0 ? "," : "") + json_string(names_.notes[i]);
  return out + "]}";
}

}  // namespace millwright::plugin::csv

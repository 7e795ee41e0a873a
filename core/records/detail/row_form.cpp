#include "row_form.h"

#include <algorithm>
#include <cstring>

#include "json_cells.h"
#include "records/asset.h"

namespace millwright::records::detail {
namespace {

constexpr size_t kLongestVarint = 5;  // of a length below 2^35

enum class Form : uint8_t { joined = 0, cells = 1, json = 2, quoted = 3 };

void put_varint(std::string& out, uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

bool take_varint(std::span<const uint8_t>& in, uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 63; shift += 7) {
    if (in.empty()) return false;
    const uint8_t byte = in.front();
    in = in.subspan(1);
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

bool take_bytes(std::span<const uint8_t>& in, uint64_t size, std::span<const uint8_t>& out) {
  if (size > in.size()) return false;
  out = in.first(static_cast<size_t>(size));
  in = in.subspan(static_cast<size_t>(size));
  return true;
}

std::string_view as_text(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

constexpr size_t kWide = 16;

/// The bytes at `at` are those of `text`; what lies behind them may be read up to each end. Most cells are short, and a
/// comparison of fixed width beats a call.
bool same_bytes(const char* at, const char* at_end, std::string_view text, const char* text_end) {
  const size_t n = text.size();
  if (n > kWide || at_end - at < static_cast<ptrdiff_t>(kWide) ||
      text_end - text.data() < static_cast<ptrdiff_t>(kWide))
    return n == 0 || std::memcmp(at, text.data(), n) == 0;
  uint64_t a[2], b[2];
  std::memcpy(a, at, kWide);
  std::memcpy(b, text.data(), kWide);
  const auto mask = [](size_t bytes) { return bytes >= 8 ? ~uint64_t{0} : (uint64_t{1} << (8 * bytes)) - 1; };
  return (((a[0] ^ b[0]) & mask(n)) | ((a[1] ^ b[1]) & mask(n < 8 ? 0 : n - 8))) == 0;
}

/// Passes over a cell in quotation marks; false where other bytes stand there.
bool pass_quoted(const char*& at, const char* end, std::string_view cell, const char* cell_end) {
  ++at;
  for (;;) {
    const size_t quote = std::min(cell.find('"'), cell.size());
    if (static_cast<size_t>(end - at) < quote + 1 || !same_bytes(at, end, cell.substr(0, quote), cell_end))
      return false;
    at += quote;
    if (*at++ != '"') return false;
    if (quote == cell.size()) return true;
    if (at == end || *at++ != '"') return false;
    cell.remove_prefix(quote + 1);
  }
}

/// How a row's raw bytes are made of its cells.
struct Joint {
  Form form = Form::cells;  ///< joined or quoted; cells: they are made in another way
  char delimiter = 0;
};

/// Joined where the raw bytes are the cells in order with one and the same byte between, which none of them holds but
/// those in quotation marks.
Joint joint_of(const std::vector<const CellColumn*>& columns, std::string_view raw, int64_t row) {
  constexpr Joint kOther;
  if (columns.size() < 2) return kOther;
  const char* at = raw.data();
  const char* end = at + raw.size();
  Joint joint{Form::joined, 0};
  ptrdiff_t hidden = 0;  // delimiters within quotation marks
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i] == nullptr) return kOther;
    if (i > 0) {
      if (at == end) return kOther;
      if (i == 1) joint.delimiter = *at;
      if (*at++ != joint.delimiter) return kOther;
    }
    const std::string_view cell = columns[i]->text(row);
    if (at != end && *at == '"') {
      // Which byte is the delimiter is not known before the second cell: a first one is counted afterwards.
      if (!pass_quoted(at, end, cell, columns[i]->end)) return kOther;
      joint.form = Form::quoted;
      if (i > 0) hidden += std::count(cell.begin(), cell.end(), joint.delimiter);
      continue;
    }
    if (static_cast<size_t>(end - at) < cell.size() || !same_bytes(at, end, cell, columns[i]->end)) return kOther;
    at += cell.size();
  }
  if (at != end) return kOther;
  if (raw.front() == '"') {
    const std::string_view first = columns[0]->text(row);
    hidden += std::count(first.begin(), first.end(), joint.delimiter);
  }
  const auto delimiters = std::count(raw.begin(), raw.end(), joint.delimiter);
  const bool clear = delimiters - hidden == static_cast<ptrdiff_t>(columns.size()) - 1;
  return clear && joint.delimiter != '"' ? joint : kOther;
}

void append_cells(const SourceBatch& batch, const std::vector<const CellColumn*>& columns, int64_t row,
                  std::string& out) {
  size_t n = 0;
  for (const CellColumn* column : columns)
    if (column != nullptr && batch.kind(*column, row) != CellKind::absent) ++n;
  put_varint(out, n);
  for (size_t place = 0; place < columns.size(); ++place) {
    if (columns[place] == nullptr) continue;
    const CellKind kind = batch.kind(*columns[place], row);
    if (kind == CellKind::absent) continue;
    const bool missing = columns[place]->null(row);
    const std::string_view text = missing ? std::string_view() : columns[place]->text(row);
    put_varint(out, place);
    out.push_back(static_cast<char>(static_cast<unsigned>(kind) | (missing ? 0x10U : 0U)));
    put_varint(out, text.size());
    out.append(text);
  }
}

tl::unexpected<Error> bad_row() { return damaged_row("a row of a batch"); }

Result<std::vector<Cell>> split_joined(std::span<const uint8_t> row, const std::vector<std::string>& names) {
  if (row.empty()) return bad_row();
  const char delimiter = static_cast<char>(row.front());
  std::string_view rest = as_text(row.subspan(1));
  std::vector<Cell> cells;
  cells.reserve(names.size());
  for (const std::string& name : names) {
    const bool last = cells.size() + 1 == names.size();
    const size_t end = rest.find(delimiter);
    if ((end == std::string_view::npos) != last) return bad_row();
    const std::string_view text = rest.substr(0, end);
    cells.push_back({name, CellKind::string, std::string(text), text.empty()});
    if (!last) rest.remove_prefix(end + 1);
  }
  return cells;
}

/// Takes a cell in quotation marks off the front; false where the closing one is missing.
bool take_quoted(std::string_view& rest, std::string& text) {
  rest.remove_prefix(1);
  for (;;) {
    const size_t quote = rest.find('"');
    if (quote == std::string_view::npos) return false;
    text.append(rest.substr(0, quote));
    rest.remove_prefix(quote + 1);
    if (!rest.starts_with('"')) return true;
    text.push_back('"');
    rest.remove_prefix(1);
  }
}

Result<std::vector<Cell>> split_quoted(std::span<const uint8_t> row, const std::vector<std::string>& names) {
  if (row.empty()) return bad_row();
  const char delimiter = static_cast<char>(row.front());
  std::string_view rest = as_text(row.subspan(1));
  std::vector<Cell> cells;
  cells.reserve(names.size());
  for (const std::string& name : names) {
    std::string text;
    if (rest.starts_with('"')) {
      if (!take_quoted(rest, text)) return bad_row();
    } else {
      const size_t end = std::min(rest.find(delimiter), rest.size());
      text = rest.substr(0, end);
      rest.remove_prefix(end);
    }
    const bool missing = text.empty();
    cells.push_back({name, CellKind::string, std::move(text), missing});
    const bool last = cells.size() == names.size();
    if (last ? !rest.empty() : !rest.starts_with(delimiter)) return bad_row();
    if (!last) rest.remove_prefix(1);
  }
  return cells;
}

Result<std::vector<Cell>> take_cells(std::span<const uint8_t> row, const std::vector<std::string>& names) {
  uint64_t n = 0;
  if (!take_varint(row, n) || n > names.size()) return bad_row();
  std::vector<Cell> cells;
  cells.reserve(static_cast<size_t>(n));
  for (uint64_t i = 0; i < n; ++i) {
    uint64_t place = 0, size = 0;
    std::span<const uint8_t> kind, text;
    if (!take_varint(row, place) || place >= names.size() || !take_bytes(row, 1, kind) || !take_varint(row, size) ||
        !take_bytes(row, size, text) || (kind.front() & 0x0F) > 6 || (kind.front() & 0x0F) == 0)
      return bad_row();
    cells.push_back({names[static_cast<size_t>(place)], static_cast<CellKind>(kind.front() & 0x0F),
                     std::string(as_text(text)), (kind.front() & 0x10) != 0});
  }
  return cells;
}

Result<std::vector<Cell>> parse_row(std::span<const uint8_t> row, const std::vector<std::string>& names) {
  if (row.empty()) return bad_row();
  const auto form = static_cast<Form>(row.front());
  row = row.subspan(1);
  switch (form) {
    case Form::joined:
      return split_joined(row, names);
    case Form::quoted:
      return split_quoted(row, names);
    case Form::cells:
      return take_cells(row, names);
    case Form::json:
      return json_cells(as_text(row));
  }
  return bad_row();
}

}  // namespace

tl::unexpected<Error> damaged_row(std::string_view what) {
  return fail(ErrorKind::store, "store.damaged", "A batch file is damaged: {what} cannot be read.",
              {{"what", std::string(what)}}, "Restore the project from a backup.");
}

size_t FieldList::place(const std::string& name) {
  const auto [found, added] = places_.try_emplace(name, names_.size());
  if (added) {
    names_.push_back(name);
    const auto at = std::lower_bound(by_name_.begin(), by_name_.end(), name,
                                     [&](uint32_t place, const std::string& n) { return names_[place] < n; });
    by_name_.insert(at, static_cast<uint32_t>(found->second));
  }
  return found->second;
}

bool Canonical::takes_part(const std::string& name) const {
  if (std::find(left_out_.begin(), left_out_.end(), name) != left_out_.end()) return false;
  return only_.empty() || std::find(only_.begin(), only_.end(), name) != only_.end();
}

void Canonical::begin(const SourceBatch& batch, const std::vector<const CellColumn*>& columns) {
  batch_ = &batch;
  parts_.clear();
  std::vector<uint32_t> places;
  for (const uint32_t place : fields_.by_name())
    if (place < columns.size() && columns[place] != nullptr && takes_part(fields_.names()[place])) {
      parts_.push_back({columns[place], place});
      places.push_back(place);
    }
  constant_ = batch.form == RowForm::table;
  if (places != places_) {
    places_ = std::move(places);
    layouts_.clear();
    last_kinds_.clear();
    if (constant_) {
      kinds_.assign(parts_.size(), static_cast<uint8_t>(CellKind::string));
      last_layout_ = layout(kinds_);
    }
  }
}

const Digest& Canonical::layout(const std::vector<uint8_t>& kinds) {
  constexpr size_t kKept = 1 << 16;
  if (layouts_.size() >= kKept) layouts_.clear();
  const std::string key(reinterpret_cast<const char*>(kinds.data()), kinds.size());
  const auto [found, added] = layouts_.try_emplace(key);
  if (added) {
    std::string form;
    for (size_t i = 0; i < parts_.size(); ++i) {
      if (kinds[i] == static_cast<uint8_t>(CellKind::absent)) continue;
      const std::string& name = fields_.names()[parts_[i].place];
      put_varint(form, name.size());
      form += name;
      form.push_back(static_cast<char>(kinds[i]));
    }
    found->second = sha256(form);
  }
  return found->second;
}

void Canonical::append(int64_t row, std::string& out) {
  if (!constant_) {
    kinds_.resize(parts_.size());
    for (size_t i = 0; i < parts_.size(); ++i) kinds_[i] = static_cast<uint8_t>(batch_->kind(*parts_[i].column, row));
    if (kinds_ != last_kinds_ || last_kinds_.empty()) {
      last_layout_ = layout(kinds_);
      last_kinds_ = kinds_;
    }
  }
  size_t size = sizeof(Digest) + kLongestVarint * parts_.size();
  for (const Part& part : parts_)
    size += static_cast<size_t>(part.column->offsets[row + 1] - part.column->offsets[row]);
  const size_t at = out.size();
  out.resize(at + size + kWide);
  char* to = out.data() + at;
  std::memcpy(to, last_layout_.data(), sizeof(Digest));
  to += sizeof(Digest);
  for (size_t i = 0; i < parts_.size(); ++i) {
    if (!constant_ && kinds_[i] == static_cast<uint8_t>(CellKind::absent)) continue;
    const std::string_view text = parts_[i].column->text(row);
    size_t length = text.size();
    for (; length >= 0x80; length >>= 7) *to++ = static_cast<char>(length | 0x80);
    *to++ = static_cast<char>(length);
    // Most cells are short, and a copy of fixed width beats a call.
    if (text.size() <= kWide && parts_[i].column->end - text.data() >= static_cast<ptrdiff_t>(kWide))
      std::memcpy(to, text.data(), kWide);
    else if (!text.empty())
      std::memcpy(to, text.data(), text.size());
    to += text.size();
  }
  out.resize(static_cast<size_t>(to - out.data()));
}

std::string canonical_form(const std::vector<Cell>& cells) {
  std::vector<const Cell*> sorted;
  for (const Cell& cell : cells)
    if (cell.kind != CellKind::absent) sorted.push_back(&cell);
  std::sort(sorted.begin(), sorted.end(), [](const Cell* a, const Cell* b) { return a->name < b->name; });
  std::string layout;
  for (const Cell* cell : sorted) {
    put_varint(layout, cell->name.size());
    layout += cell->name;
    layout.push_back(static_cast<char>(cell->kind));
  }
  const Digest digest = sha256(layout);
  std::string form(reinterpret_cast<const char*>(digest.data()), digest.size());
  for (const Cell* cell : sorted) {
    put_varint(form, cell->text.size());
    form += cell->text;
  }
  return form;
}

void append_row(const SourceBatch& batch, const std::vector<const CellColumn*>& columns, int64_t row,
                std::string& block) {
  const std::string_view raw = batch.raw.offsets != nullptr ? batch.raw.text(row) : std::string_view();
  if (batch.form == RowForm::json) {
    put_varint(block, 1 + raw.size());
    block.push_back(static_cast<char>(Form::json));
    block.append(raw);
    return;
  }
  const Joint joint = batch.form == RowForm::table ? joint_of(columns, raw, row) : Joint();
  if (joint.form != Form::cells) {
    put_varint(block, 2 + raw.size());
    block.push_back(static_cast<char>(joint.form));
    block.push_back(joint.delimiter);
    block.append(raw);
    return;
  }
  thread_local std::string body;
  body.clear();
  append_cells(batch, columns, row, body);
  put_varint(block, 1 + body.size() + raw.size());
  block.push_back(static_cast<char>(Form::cells));
  block.append(body);
  block.append(raw);
}

Result<std::vector<std::span<const uint8_t>>> split_block(std::span<const uint8_t> block, int64_t rows) {
  std::vector<std::span<const uint8_t>> all;
  all.reserve(static_cast<size_t>(rows));
  for (int64_t i = 0; i < rows; ++i) {
    uint64_t size = 0;
    std::span<const uint8_t> row;
    if (!take_varint(block, size) || !take_bytes(block, size, row)) return bad_row();
    all.push_back(row);
  }
  if (!block.empty()) return bad_row();
  return all;
}

Result<std::vector<Cell>> read_row(std::span<const uint8_t> row, const std::vector<std::string>& names) {
  if (row.empty()) return fail(ErrorKind::refused, "record.erased", "This record was erased: only its leaf is left.");
  return parse_row(row, names);
}

Result<std::vector<std::vector<Cell>>> read_rows(std::span<const uint8_t> block, int64_t rows,
                                                 const std::vector<std::string>& names) {
  MW_ASSIGN(const auto parts, split_block(block, rows));
  std::vector<std::vector<Cell>> all;
  all.reserve(parts.size());
  for (const auto part : parts) {
    MW_ASSIGN(std::vector<Cell> cells, read_row(part, names));
    all.push_back(std::move(cells));
  }
  return all;
}

}  // namespace millwright::records::detail

#include "row_builder.h"

#include <algorithm>

#include "value_parsing.h"

namespace millwright::records::detail {

using store::FieldType;

namespace {

constexpr size_t kBlockBytes = 1 << 20;
constexpr size_t kFirstQuarantined = 20;
/// The tables of keys are larger than any cache: a slot is asked for so many rows before it is looked at.
constexpr size_t kAhead = 8;

bool fits(FieldType type, const SourceBatch& batch, const CellColumn& column, int64_t row) {
  const CellKind kind = batch.kind(column, row);
  const bool textual = column.kinds == nullptr;
  int64_t integer = 0;
  double real = 0;
  switch (type) {
    case FieldType::integer:
      return (textual || kind == CellKind::number) && parse_integer(column.text(row), integer);
    case FieldType::real:
      return (textual || kind == CellKind::number) && parse_real(column.text(row), real);
    case FieldType::boolean:
      return (textual || kind == CellKind::boolean) && parse_boolean(column.text(row), integer);
    case FieldType::timestamp:
      return (textual || kind == CellKind::string) && parse_time(column.text(row), integer);
    case FieldType::category:
    case FieldType::text:
      return true;
  }
  return true;
}

const char* noun_of(FieldType type) {
  switch (type) {
    case FieldType::integer:
      return "an integer";
    case FieldType::real:
      return "a number";
    case FieldType::boolean:
      return "true or false";
    case FieldType::timestamp:
      return "a time";
    default:
      return "a text";
  }
}

/// The value as a message can show it: cut to 60 bytes, not within a character.
std::string shown(std::string_view text) {
  constexpr size_t kMost = 60;
  if (text.size() <= kMost) return std::string(text);
  size_t cut = kMost;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
  return std::string(text.substr(0, cut)) + "…";
}

}  // namespace

int64_t ordinal_of(int64_t place, const std::vector<int64_t>& repeat_arrivals) {
  // Repeat i comes before the record at `place` when repeat_arrivals[i] − i ≤ place: that never falls with i.
  size_t low = 0, high = repeat_arrivals.size();
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (repeat_arrivals[middle] - static_cast<int64_t>(middle) <= place)
      low = middle + 1;
    else
      high = middle;
  }
  return place + static_cast<int64_t>(low);
}

RowBuilder::RowBuilder(RowOptions options, std::vector<KnownBatch> known, RowSink sink, int64_t expected_rows)
    : options_(std::move(options)),
      expected_rows_(std::max<int64_t>(expected_rows, 0)),
      known_(std::move(known)),
      sink_(std::move(sink)),
      whole_(fields_),
      content_(fields_) {
  content_.set_only(options_.content);
  if (options_.content.empty()) content_.set_left_out(options_.not_content);
  content_is_whole_ = content_.whole();
}

void RowBuilder::prepare() {
  size_t total = static_cast<size_t>(expected_rows_);
  for (const KnownBatch& batch : known_) total += batch.keys.size();
  keys_.reserve(total);
  int64_t number = 0;
  repeats_.batches.emplace_back();  // the batch itself: its id is filled in at the end
  for (KnownBatch& batch : known_) {
    known_first_.push_back(number);
    for (const Hash128& key : batch.keys) keys_.find_or_put(key, static_cast<uint32_t>(number++));
    if (!content_is_whole_)
      for (const Hash128& key : batch.content_keys) contents_.find_or_put(key, 0);
    repeats_.batches.push_back(batch.uuid);
    batch.keys = {};
    batch.content_keys = {};
  }
  known_first_.push_back(number);
}

void RowBuilder::check_declared(const SourceBatch& batch, const std::vector<const CellColumn*>& columns,
                                std::vector<store::QuarantinedRow>& rejected, std::vector<uint8_t>& refused) const {
  for (const auto& [name, type] : options_.declared) {
    const auto& names = fields_.names();
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end() || type == FieldType::text || type == FieldType::category) continue;
    const auto place = static_cast<size_t>(found - names.begin());
    const CellColumn* column = place < columns.size() ? columns[place] : nullptr;
    if (column == nullptr) continue;
    for (int64_t row = 0; row < batch.rows; ++row) {
      if (column->null(row) || refused[static_cast<size_t>(row)] != 0 || fits(type, batch, *column, row)) continue;
      refused[static_cast<size_t>(row)] = 1;
      rejected.push_back({batch.lines[row], "import.type",
                          name + ": “" + shown(column->text(row)) + "” is not " + noun_of(type),
                          batch.raw.offsets != nullptr ? std::string(batch.raw.text(row)) : std::string()});
    }
  }
}

bool RowBuilder::quarantine(std::vector<store::QuarantinedRow> rows) {
  if (rows.empty()) return true;
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.line < b.line; });
  counts_.quarantined += static_cast<int64_t>(rows.size());
  counts_.read += static_cast<int64_t>(rows.size());
  for (const auto& row : rows)
    if (first_quarantined_.size() < kFirstQuarantined) first_quarantined_.push_back(row);
  return sink_.quarantined(std::move(rows));
}

void RowBuilder::hash_rows(const SourceBatch& batch, const std::vector<const CellColumn*>& columns,
                           const std::vector<int32_t>& rows) {
  whole_.begin(batch, columns);
  forms_.clear();
  form_ends_.clear();
  row_keys_.clear();
  row_contents_.clear();
  for (const int32_t row : rows) {
    const size_t begin = forms_.size();
    whole_.append(row, forms_);
    form_ends_.push_back(forms_.size());
    row_keys_.push_back(siphash128(options_.key, std::string_view(forms_).substr(begin)));
  }
  if (content_is_whole_) return;
  content_.begin(batch, columns);
  std::string form;
  for (const int32_t row : rows) {
    form.clear();
    content_.append(row, form);
    row_contents_.push_back(siphash128(options_.key, form));
  }
}

void RowBuilder::add_repeat(uint32_t found) {
  const auto number = static_cast<int64_t>(found);
  repeats_.arrivals.push_back(counts_.arrivals);
  if (number >= known_first_.back()) {
    // The arrival just listed comes after any record: it does not disturb the count.
    repeats_.sources.push_back(0);
    repeats_.ordinals.push_back(ordinal_of(number - known_first_.back(), repeats_.arrivals));
  } else {
    const auto after = std::upper_bound(known_first_.begin(), known_first_.end(), number);
    const auto source = static_cast<size_t>(after - known_first_.begin()) - 1;
    repeats_.sources.push_back(static_cast<uint32_t>(source + 1));
    repeats_.ordinals.push_back(ordinal_of(number - known_first_[source], known_[source].repeat_arrivals));
  }
  ++counts_.repeated;
}

bool RowBuilder::add_record(const SourceBatch& batch, const std::vector<const CellColumn*>& columns, int64_t row,
                            std::string_view canonical) {
  const size_t in_chunk = identities_.leaves.size();
  if (in_chunk == 0) {
    identities_.salts.resize(static_cast<size_t>(store::kChunkRows) * 16);
    random_bytes(identities_.salts);
  }
  leaf_hash_.reset();
  leaf_hash_.update(std::span<const uint8_t>(identities_.salts).subspan(in_chunk * 16, 16));
  leaf_hash_.update(canonical);
  identities_.leaves.push_back(leaf_hash_.finish());
  merkle_.add(identities_.leaves.back());
  append_row(batch, columns, row, block_);
  ++block_rows_;
  ++counts_.records;
  if (block_rows_ == store::kBlockRows || block_.size() >= kBlockBytes)
    if (!flush_block()) return false;
  return identities_.leaves.size() < static_cast<size_t>(store::kChunkRows) || flush_identities();
}

bool RowBuilder::flush_block() {
  if (block_rows_ == 0) return true;
  Block block{block_first_, block_rows_, std::move(block_)};
  block_ = {};
  block_.reserve(block.bytes.size() + block.bytes.size() / 8);
  block_first_ += block_rows_;
  block_rows_ = 0;
  return sink_.block(std::move(block));
}

bool RowBuilder::flush_identities() {
  if (identities_.leaves.empty()) return true;
  identities_.salts.resize(identities_.leaves.size() * 16);
  Identities full;
  full.chunk = identities_.chunk;
  std::swap(full, identities_);
  identities_.chunk = full.chunk + 1;
  return sink_.identities(std::move(full));
}

bool RowBuilder::add(std::shared_ptr<SourceBatch> batch) {
  std::vector<size_t> places;
  for (const CellColumn& column : batch->columns) places.push_back(fields_.place(column.name));
  if (names_->size() != fields_.names().size()) names_ = std::make_shared<std::vector<std::string>>(fields_.names());
  auto columns = std::make_shared<std::vector<const CellColumn*>>(fields_.names().size(), nullptr);
  for (size_t i = 0; i < places.size(); ++i) (*columns)[places[i]] = &batch->columns[i];

  std::vector<store::QuarantinedRow> rejected = std::move(batch->rejected);
  std::vector<uint8_t> refused(static_cast<size_t>(batch->rows), 0);
  check_declared(*batch, *columns, rejected, refused);
  auto rows = std::make_shared<std::vector<int32_t>>();
  rows->reserve(static_cast<size_t>(batch->rows));
  for (int64_t row = 0; row < batch->rows; ++row)
    if (refused[static_cast<size_t>(row)] == 0) rows->push_back(static_cast<int32_t>(row));
  if (options_.limit > 0) {
    const int64_t left = options_.limit - counts_.read;
    if (static_cast<int64_t>(rejected.size()) > left) rejected.resize(static_cast<size_t>(left));
    const int64_t rest = left - static_cast<int64_t>(rejected.size());
    if (static_cast<int64_t>(rows->size()) > rest) rows->resize(static_cast<size_t>(rest));
  }
  if (!quarantine(std::move(rejected))) return false;
  counts_.read += static_cast<int64_t>(rows->size());

  hash_rows(*batch, *columns, *rows);
  for (size_t i = 0; i < rows->size(); ++i) {
    if (const size_t ahead = i + kAhead; ahead < rows->size()) {
      keys_.prefetch(row_keys_[ahead]);
      if (!content_is_whole_) contents_.prefetch(row_contents_[ahead]);
    }
    const uint32_t found =
        keys_.find_or_put(row_keys_[i], static_cast<uint32_t>(known_first_.back() + counts_.records));
    if (found != KeyTable::kNone) {
      add_repeat(found);
    } else {
      identities_.keys.push_back(row_keys_[i]);
      if (!content_is_whole_) {
        identities_.content_keys.push_back(row_contents_[i]);
        if (contents_.find_or_put(row_contents_[i], 0) != KeyTable::kNone) ++counts_.same_content;
      }
      const size_t begin = i == 0 ? 0 : form_ends_[i - 1];
      if (!add_record(*batch, *columns, (*rows)[i], std::string_view(forms_).substr(begin, form_ends_[i] - begin)))
        return false;
    }
    ++counts_.arrivals;
  }
  const auto n = static_cast<int64_t>(rows->size());
  if (n > 0) {
    const bool all = n == batch->rows;
    if (!sink_.arrivals({std::move(batch), columns, names_, all ? nullptr : rows, 0, n})) return false;
  }
  return !reached_limit();
}

bool RowBuilder::finish() { return flush_block() && flush_identities(); }

}  // namespace millwright::records::detail

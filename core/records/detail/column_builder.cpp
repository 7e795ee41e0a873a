#include "column_builder.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "value_parsing.h"

namespace millwright::records::detail {

using statistics::FieldSummary;
using store::ColumnChunk;
using store::FieldType;
using store::kMissingCode;

namespace {

/// A dictionary larger than this is no category any more; a declared one may be larger.
constexpr size_t kMaxCategories = 65'536;
constexpr size_t kMaxCategoryBytes = 16 << 20;
constexpr size_t kMaxDeclaredCategories = 1 << 24;

template <class Each>
void for_each_cell(const ChunkInput& input, size_t place, Each each) {
  int64_t at = 0;
  for (const Arrivals& part : input.parts) {
    const CellColumn* column = place < part.columns->size() ? (*part.columns)[place] : nullptr;
    if (column == nullptr) {
      at += part.end - part.begin;
      continue;
    }
    for (int64_t i = part.begin; i < part.end; ++i, ++at) {
      const int64_t row = part.row(i);
      if (column->null(row)) continue;
      if (!each(at, *column, row)) return;
    }
  }
}

bool is(const CellColumn& column, int64_t row, CellKind kind) {
  return column.kinds == nullptr || column.kinds[row] == static_cast<uint8_t>(kind);
}

bool as_integer(const CellColumn& column, int64_t row, int64_t& value) {
  return is(column, row, CellKind::number) && parse_integer(column.text(row), value);
}
bool as_real(const CellColumn& column, int64_t row, double& value) {
  return is(column, row, CellKind::number) && parse_real(column.text(row), value);
}
bool as_boolean(const CellColumn& column, int64_t row, int64_t& value) {
  return is(column, row, CellKind::boolean) && parse_boolean(column.text(row), value);
}
bool as_time(const CellColumn& column, int64_t row, int64_t& value) {
  return is(column, row, CellKind::string) && parse_time(column.text(row), value);
}

/// Fills integers or reals; false at the first value that does not fit. The bitmap is dropped where nothing is missing.
template <class T, class Parse>
bool fill_numbers(const ChunkInput& input, size_t place, T missing, std::vector<T>& values, ColumnChunk& chunk,
                  Parse parse) {
  values.assign(static_cast<size_t>(input.rows), missing);
  chunk.valid.assign(static_cast<size_t>((input.rows + 63) / 64), 0);
  int64_t present = 0;
  bool fits = true;
  for_each_cell(input, place, [&](int64_t at, const CellColumn& column, int64_t row) {
    if (!parse(column, row, values[static_cast<size_t>(at)])) return fits = false;
    chunk.valid[static_cast<size_t>(at >> 6)] |= uint64_t{1} << (at & 63);
    ++present;
    return true;
  });
  if (present == input.rows) chunk.valid.clear();
  return fits;
}

void set_present(ColumnChunk& chunk, int64_t at) {
  chunk.valid[static_cast<size_t>(at >> 6)] |= uint64_t{1} << (at & 63);
}

int64_t count_present(const ColumnChunk& chunk) {
  if (chunk.valid.empty()) return chunk.rows;
  int64_t n = 0;
  for (const uint64_t word : chunk.valid) n += std::popcount(word);
  return n;
}

}  // namespace

FieldSummary summarise(const ColumnChunk& chunk, const std::vector<std::string>& dictionary) {
  FieldSummary summary;
  const int64_t present = count_present(chunk);
  summary.add_missing(chunk.rows - present);
  const bool whole = present == chunk.rows;
  switch (chunk.type) {
    case FieldType::integer:
    case FieldType::timestamp:
    case FieldType::boolean: {
      if (whole) {
        summary.add_integers(chunk.integers);
        break;
      }
      std::vector<int64_t> values;
      values.reserve(static_cast<size_t>(present));
      for (int64_t i = 0; i < chunk.rows; ++i)
        if (chunk.has(i)) values.push_back(chunk.integers[static_cast<size_t>(i)]);
      summary.add_integers(values);
      break;
    }
    case FieldType::real: {
      if (whole) {
        summary.add_numbers(chunk.reals);
        break;
      }
      std::vector<double> values;
      values.reserve(static_cast<size_t>(present));
      for (int64_t i = 0; i < chunk.rows; ++i)
        if (chunk.has(i)) values.push_back(chunk.reals[static_cast<size_t>(i)]);
      summary.add_numbers(values);
      break;
    }
    case FieldType::category: {
      std::vector<int64_t> counts(dictionary.size(), 0);
      for (const uint32_t code : chunk.codes)
        if (code != kMissingCode) ++counts[code];
      std::vector<std::string_view> values(dictionary.begin(), dictionary.end());
      summary.add_categories(values, counts);
      break;
    }
    case FieldType::text: {
      std::vector<std::string_view> values;
      values.reserve(static_cast<size_t>(present));
      for (int64_t i = 0; i < chunk.rows; ++i)
        if (chunk.has(i)) values.push_back(chunk.text(i));
      summary.add_texts(values);
      break;
    }
  }
  return summary;
}

FieldType FieldBuilder::narrowest(const ChunkInput& input) const {
  FieldType type = FieldType::text;
  for_each_cell(input, place_, [&](int64_t, const CellColumn& column, int64_t row) {
    int64_t integer = 0;
    double real = 0;
    if (as_integer(column, row, integer))
      type = FieldType::integer;
    else if (as_real(column, row, real))
      type = FieldType::real;
    else if (as_boolean(column, row, integer))
      type = FieldType::boolean;
    else if (as_time(column, row, integer))
      type = FieldType::timestamp;
    return false;
  });
  return type;
}

bool FieldBuilder::fill(const ChunkInput& input, FieldType type, Chunk& chunk) const {
  chunk.type = type;
  switch (type) {
    case FieldType::integer:
      return fill_numbers<int64_t>(input, place_, 0, chunk.integers, chunk, as_integer);
    case FieldType::boolean:
      return fill_numbers<int64_t>(input, place_, 0, chunk.integers, chunk, as_boolean);
    case FieldType::timestamp:
      return fill_numbers<int64_t>(input, place_, 0, chunk.integers, chunk, as_time);
    case FieldType::real:
      return fill_numbers<double>(input, place_, std::numeric_limits<double>::quiet_NaN(), chunk.reals, chunk, as_real);
    case FieldType::category:
    case FieldType::text:
      break;
  }
  return false;
}

void FieldBuilder::grow_index() {
  std::vector<IndexEntry> grown(std::max<size_t>(256, index_.size() * 2));
  const size_t mask = grown.size() - 1;
  for (uint32_t code = 0; code < hashes_.size(); ++code) {
    size_t i = hashes_[code] & mask;
    while (grown[i].code != kMissingCode) i = (i + 1) & mask;
    grown[i] = {code, static_cast<uint32_t>(hashes_[code] >> 32)};
  }
  index_ = std::move(grown);
}

uint32_t FieldBuilder::code_of(std::string_view text, uint64_t hash) {
  if (dictionary_.size() * 2 >= index_.size()) grow_index();
  const size_t mask = index_.size() - 1;
  const auto upper = static_cast<uint32_t>(hash >> 32);
  for (size_t i = hash & mask;; i = (i + 1) & mask) {
    const IndexEntry entry = index_[i];
    if (entry.code == kMissingCode) {
      index_[i] = {static_cast<uint32_t>(dictionary_.size()), upper};
      hashes_.push_back(hash);
      dictionary_.emplace_back(text);
      dictionary_bytes_ += text.size();
      return index_[i].code;
    }
    if (entry.hash == upper && dictionary_[entry.code] == text) return entry.code;
  }
}

bool FieldBuilder::category_so_far() const {
  if (wish_.declared) return dictionary_.size() <= kMaxDeclaredCategories;
  if (dictionary_.size() > kMaxCategories || dictionary_bytes_ > kMaxCategoryBytes) return false;
  return wish_.type == FieldType::category || static_cast<int64_t>(dictionary_.size()) * 2 <= present_strings_;
}

void FieldBuilder::fill_codes(const ChunkInput& input, Chunk& chunk) {
  chunk.type = FieldType::category;
  chunk.codes.assign(static_cast<size_t>(input.rows), kMissingCode);
  chunk.valid.assign(static_cast<size_t>((input.rows + 63) / 64), 0);
  int64_t present = 0;
  for_each_cell(input, place_, [&](int64_t at, const CellColumn& column, int64_t row) {
    const std::string_view text = column.text(row);
    chunk.codes[static_cast<size_t>(at)] = code_of(text, statistics::quick_hash(text));
    set_present(chunk, at);
    ++present;
    return true;
  });
  present_strings_ += present;
  if (present == input.rows) chunk.valid.clear();
}

void FieldBuilder::fill_texts(const ChunkInput& input, Chunk& chunk) const {
  chunk.type = FieldType::text;
  chunk.codes.clear();
  chunk.valid.assign(static_cast<size_t>((input.rows + 63) / 64), 0);
  chunk.offsets.assign(1, 0);
  chunk.offsets.reserve(static_cast<size_t>(input.rows) + 1);
  int64_t present = 0;
  const auto pad_to = [&](int64_t row) {
    chunk.offsets.resize(static_cast<size_t>(row) + 1, static_cast<uint32_t>(chunk.bytes.size()));
  };
  for_each_cell(input, place_, [&](int64_t at, const CellColumn& column, int64_t row) {
    pad_to(at);
    chunk.bytes.append(column.text(row));
    chunk.offsets.push_back(static_cast<uint32_t>(chunk.bytes.size()));
    set_present(chunk, at);
    ++present;
    return true;
  });
  pad_to(input.rows);
  if (present == input.rows) chunk.valid.clear();
}

void FieldBuilder::fill_strings(const ChunkInput& input, Chunk& chunk) {
  if (!plain_text_) {
    fill_codes(input, chunk);
    // After a full chunk it is known well enough; a short first chunk is also the last and decided at the end.
    if (category_so_far() || (chunk_types_.empty() && input.rows < store::kChunkRows)) return;
    plain_text_ = true;
  }
  fill_texts(input, chunk);
}

EncodedChunk FieldBuilder::finish_chunk(const Chunk& chunk, int64_t at) {
  EncodedChunk out;
  out.type = chunk.type;
  out.stored = store::encode_chunk(chunk);
  FieldSummary summary = summarise(chunk, dictionary_);
  out.summary = summary.save();
  const auto i = static_cast<size_t>(at);
  if (chunk_types_.size() <= i) {
    chunk_types_.resize(i + 1);
    chunk_empty_.resize(i + 1);
    counted_.merge(summary);
  }
  chunk_types_[i] = chunk.type;
  chunk_empty_[i] = summary.count() == 0;
  return out;
}

EncodedChunk FieldBuilder::encode(const ChunkInput& input) {
  Chunk chunk;
  chunk.rows = input.rows;
  bool empty = true;
  for_each_cell(input, place_, [&](int64_t, const CellColumn&, int64_t) { return empty = false; });
  if (!type_ && !empty) type_ = narrowest(input);
  if (empty) {
    // Any type will do; the final one is known at the end.
    chunk.type = FieldType::text;
    chunk.valid.assign(static_cast<size_t>((input.rows + 63) / 64), 0);
    chunk.offsets.assign(static_cast<size_t>(input.rows) + 1, 0);
  } else {
    while (*type_ != FieldType::text && !fill(input, *type_, chunk)) {
      type_ = *type_ == FieldType::integer ? FieldType::real : FieldType::text;
      chunk = Chunk();
      chunk.rows = input.rows;
    }
    if (*type_ == FieldType::text) fill_strings(input, chunk);
  }
  return finish_chunk(chunk, static_cast<int64_t>(chunk_types_.size()));
}

FieldType FieldBuilder::final_type() {
  if (final_) return *final_;
  if (!type_) {
    final_ = wish_.type.value_or(FieldType::text);
  } else if (*type_ != FieldType::text) {
    final_ = *type_;
  } else if (wish_.declared) {
    final_ = *wish_.type;
  } else {
    // Where numbers came first, some chunks hold them: their texts are not in the dictionary yet, so plain text it is.
    bool numbers = false;
    for (size_t i = 0; i < chunk_types_.size(); ++i)
      numbers |= !chunk_empty_[i] && chunk_types_[i] != FieldType::text && chunk_types_[i] != FieldType::category;
    final_ = !numbers && !plain_text_ && category_so_far() ? FieldType::category : FieldType::text;
  }
  return *final_;
}

bool FieldBuilder::must_convert(int64_t chunk) const { return chunk_types_[static_cast<size_t>(chunk)] != *final_; }

Result<EncodedChunk> FieldBuilder::convert(
    int64_t at, int64_t rows, const Bytes& stored,
    const std::function<Result<std::vector<std::optional<std::string>>>()>& texts) {
  const FieldType from = chunk_types_[static_cast<size_t>(at)];
  MW_ASSIGN(const Chunk before, store::decode_chunk(stored, from, rows, dictionary_.size()));
  Chunk chunk;
  chunk.rows = rows;
  chunk.type = *final_;
  chunk.valid = before.valid;
  const auto n = static_cast<size_t>(rows);
  switch (chunk.type) {
    case FieldType::integer:
    case FieldType::timestamp:
    case FieldType::boolean:
      chunk.integers.assign(n, 0);
      break;  // only from a chunk where all are missing
    case FieldType::category:
      chunk.codes.assign(n, kMissingCode);
      break;
    case FieldType::real:
      chunk.reals.assign(n, std::numeric_limits<double>::quiet_NaN());
      if (from == FieldType::integer)
        for (int64_t i = 0; i < rows; ++i)
          if (before.has(i))
            chunk.reals[static_cast<size_t>(i)] = static_cast<double>(before.integers[static_cast<size_t>(i)]);
      break;
    case FieldType::text: {
      std::vector<std::optional<std::string>> as_they_came;
      if (from != FieldType::category) {
        MW_ASSIGN(as_they_came, texts());
        if (as_they_came.size() != n) return fail(ErrorKind::store, "store.damaged", "A batch could not be read back.");
      }
      chunk.offsets.assign(1, 0);
      for (int64_t i = 0; i < rows; ++i) {
        const auto j = static_cast<size_t>(i);
        if (before.has(i))
          chunk.bytes += from == FieldType::category ? dictionary_[before.codes[j]] : as_they_came[j].value_or("");
        chunk.offsets.push_back(static_cast<uint32_t>(chunk.bytes.size()));
      }
      break;
    }
  }
  return finish_chunk(chunk, at);
}

store::BatchField FieldBuilder::report(std::string name) const {
  store::BatchField field;
  field.name = std::move(name);
  field.type = *final_;
  field.missing = counted_.missing();
  field.distinct = counted_.distinct().value();
  field.distinct_exact = counted_.distinct().exact();
  if (field.type == FieldType::category) {
    field.distinct = static_cast<int64_t>(dictionary_.size());
    field.distinct_exact = true;
  }
  return field;
}

}  // namespace millwright::records::detail

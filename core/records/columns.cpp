#include "records/columns.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>
#include <unordered_map>
#include <unordered_set>

#include "detail/parallel.h"
#include "detail/where_eval.h"
#include "records/batch.h"
#include "records/reading.h"

namespace millwright::records {

using store::BatchFile;
using store::ColumnChunk;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// The part of a window's rows that lies in one batch.
struct Part {
  int64_t id = 0;
  std::shared_ptr<const BatchFile> file;
  bool all = true;                // every arrival
  std::vector<int64_t> arrivals;  // else these, ascending
  int64_t first = 0;              // place of its first row in the window
  [[nodiscard]] int64_t rows() const { return all ? file->arrivals() : static_cast<int64_t>(arrivals.size()); }
  [[nodiscard]] int64_t arrival(int64_t row) const { return all ? row : arrivals[static_cast<size_t>(row)]; }
};

/// Rows of one chunk of one part: arrivals from `begin` on in the part's list, and where they come to lie in the
/// result.
struct Piece {
  const Part* part = nullptr;
  int64_t chunk = 0;
  std::vector<int64_t> local;  // rows within the chunk; empty: all of it
  int64_t count = 0;
  int64_t target = 0;
  [[nodiscard]] int64_t row(int64_t i) const { return local.empty() ? i : local[static_cast<size_t>(i)]; }
};

tl::unexpected<Error> unknown_field(std::string_view name, const std::vector<SchemaField>& fields) {
  std::string names;
  for (const SchemaField& field : fields) names += (names.empty() ? "" : ", ") + field.name;
  return fail(ErrorKind::bad_input, "where.unknown_field", "There is no field “{field}” here.",
              {{"field", std::string(name)}, {"fields", names}}, "The fields are: {fields}.");
}

bool is_number(FieldType type) { return type != FieldType::category && type != FieldType::text; }

/// Copies the picked rows of a chunk into numbers.
void copy_numbers(const ColumnChunk& chunk, const Piece& piece, std::vector<double>& out) {
  double* to = out.data() + piece.target;
  if (chunk.type == FieldType::real) {
    if (piece.local.empty())
      std::copy(chunk.reals.begin(), chunk.reals.end(), to);
    else
      for (int64_t i = 0; i < piece.count; ++i) to[i] = chunk.reals[static_cast<size_t>(piece.row(i))];
    return;
  }
  if (piece.local.empty() && chunk.valid.empty()) {
    for (int64_t i = 0; i < piece.count; ++i) to[i] = static_cast<double>(chunk.integers[static_cast<size_t>(i)]);
    return;
  }
  for (int64_t i = 0; i < piece.count; ++i) {
    const int64_t row = piece.row(i);
    to[i] = chunk.has(row) ? static_cast<double>(chunk.integers[static_cast<size_t>(row)]) : kNaN;
  }
}

}  // namespace

bool Column::has(int64_t row) const {
  const auto i = static_cast<size_t>(row);
  if (type == FieldType::category) return codes[i] >= 0;
  if (type == FieldType::text) return absent.empty() || !absent[i];
  return !std::isnan(numbers[i]);
}

std::string_view Column::text(int64_t row) const {
  const auto i = static_cast<size_t>(row);
  if (type == FieldType::category) return codes[i] < 0 ? std::string_view() : dictionary[static_cast<size_t>(codes[i])];
  return std::string_view(bytes).substr(static_cast<size_t>(offsets[i]),
                                        static_cast<size_t>(offsets[i + 1] - offsets[i]));
}

struct ColumnScan::State {
  const store::Project* project = nullptr;
  Window window;
  Count count = Count::arrivals;
  std::vector<Part> parts;
  int64_t rows = 0;
  std::vector<SchemaField> fields;
  std::unordered_map<Uuid, int64_t> batch_ids;

  void join_fields();
  Status keep_times(Part& part, const std::string& field) const;
  Status keep_records(Part& part, std::unordered_set<RecordRef>& seen) const;
  [[nodiscard]] const Part& part_of(int64_t row) const;
  [[nodiscard]] std::vector<Piece> pieces() const;
  [[nodiscard]] std::vector<Piece> pieces(std::span<const int64_t> rows) const;
  Result<Column> read(std::string_view name, FieldType type, const std::vector<Piece>& pieces, int64_t rows) const;
  Status read_numbers(Column& column, const std::vector<Piece>& pieces) const;
  Status read_codes(Column& column, const std::vector<Piece>& pieces) const;
  Status read_texts(Column& column, const std::vector<Piece>& pieces) const;
  Result<std::vector<std::optional<std::string>>> as_they_came(const Piece& piece, const std::string& field) const;
};

ColumnScan::ColumnScan(std::unique_ptr<State> state) : state_(std::move(state)) {}
ColumnScan::ColumnScan(ColumnScan&&) noexcept = default;
ColumnScan& ColumnScan::operator=(ColumnScan&&) noexcept = default;
ColumnScan::~ColumnScan() = default;

// --- the rows of a window
// -----------------------------------------------------------------------------------------------

void ColumnScan::State::join_fields() {
  std::unordered_map<std::string, size_t> places;
  std::vector<bool> typed;
  for (const Part& part : parts)
    for (const store::BatchField& field : part.file->fields()) {
      const auto [found, added] = places.try_emplace(field.name, fields.size());
      if (added) {
        fields.push_back({field.name, field.type, false});
        typed.push_back(false);
      }
      // Where nothing is there, the type says nothing.
      if (field.missing >= part.file->arrivals()) continue;
      SchemaField& joined = fields[found->second];
      joined.type = typed[found->second] ? widest(joined.type, field.type) : field.type;
      typed[found->second] = true;
    }
}

Status ColumnScan::State::keep_times(Part& part, const std::string& field) const {
  const auto place = part.file->find_field(field);
  part.all = false;
  if (!place || part.file->fields()[*place].type != FieldType::timestamp) {
    if (place && part.file->fields()[*place].missing < part.file->arrivals())
      return fail(ErrorKind::bad_input, "window.no_times", "Field “{field}” of batch {batch} holds no times.",
                  {{"field", field}, {"batch", tail(part.file->uuid())}});
    return {};
  }
  for (int64_t c = 0; c < part.file->chunks(); ++c) {
    MW_ASSIGN(const ColumnChunk chunk, part.file->chunk(*place, c));
    for (int64_t i = 0; i < chunk.rows; ++i) {
      const int64_t t = chunk.integers[static_cast<size_t>(i)];
      if (chunk.has(i) && (!window.from_us || t >= *window.from_us) && (!window.to_us || t < *window.to_us))
        part.arrivals.push_back(part.file->first_of_chunk(c) + i);
    }
  }
  return {};
}

Status ColumnScan::State::keep_records(Part& part, std::unordered_set<RecordRef>& seen) const {
  MW_ASSIGN(const store::Repeats* repeats, part.file->repeats());
  if (repeats->size() == 0) return {};
  std::vector<int64_t> kept;
  size_t next = 0;
  for (int64_t row = 0; row < part.rows(); ++row) {
    const int64_t arrival = part.arrival(row);
    while (next < repeats->size() && repeats->arrivals[next] < arrival) ++next;
    if (next < repeats->size() && repeats->arrivals[next] == arrival) {
      const auto batch = batch_ids.find(repeats->batches[repeats->sources[next]]);
      if (batch == batch_ids.end())
        return fail(ErrorKind::store, "store.damaged", "A batch repeats records of a batch that is not there.");
      // The record itself is in the window when its batch is: what is identical in every field has the same time.
      const bool within = std::any_of(parts.begin(), parts.end(), [&](const Part& p) { return p.id == batch->second; });
      if (within || !seen.insert({batch->second, repeats->ordinals[next]}).second) continue;
    }
    kept.push_back(arrival);
  }
  part.all = false;
  part.arrivals = std::move(kept);
  return {};
}

Result<ColumnScan> ColumnScan::open(const store::Project& project, const Window& window, Count count) {
  auto state = std::make_unique<State>();
  state->project = &project;
  state->window = window;
  state->count = count;
  MW_ASSIGN(const auto all, list_batches(project, window.asset == 0 ? std::nullopt : std::optional(window.asset)));
  for (const BatchInfo& info : all) state->batch_ids[info.uuid] = info.id;
  for (const int64_t id : window.batches) {
    Part part;
    part.id = id;
    MW_ASSIGN(part.file, open_batch(project, id));
    state->parts.push_back(std::move(part));
  }
  state->join_fields();
  if (window.from_us || window.to_us) {
    MW_ASSIGN(const Asset asset, asset_by_id(project, window.asset));
    for (Part& part : state->parts) MW_TRY(state->keep_times(part, asset.roles.time));
  }
  if (count == Count::records) {
    std::unordered_set<RecordRef> seen;
    for (Part& part : state->parts) MW_TRY(state->keep_records(part, seen));
  }
  for (Part& part : state->parts) {
    part.first = state->rows;
    state->rows += part.rows();
  }
  return ColumnScan(std::move(state));
}

const Window& ColumnScan::window() const { return state_->window; }
int64_t ColumnScan::rows() const { return state_->rows; }
const std::vector<SchemaField>& ColumnScan::fields() const { return state_->fields; }
const SchemaField* ColumnScan::find(std::string_view field) const {
  for (const SchemaField& f : state_->fields)
    if (f.name == field) return &f;
  return nullptr;
}

const Part& ColumnScan::State::part_of(int64_t row) const {
  auto after = std::upper_bound(parts.begin(), parts.end(), row, [](int64_t r, const Part& p) { return r < p.first; });
  while (after != parts.begin() && std::prev(after)->rows() == 0) --after;
  return *std::prev(after);
}

int64_t ColumnScan::batch_of(int64_t row) const { return state_->part_of(row).id; }
int64_t ColumnScan::arrival_of(int64_t row) const {
  const Part& part = state_->part_of(row);
  return part.arrival(row - part.first);
}

Result<RecordRef> ColumnScan::record_of(int64_t row) const {
  const Part& part = state_->part_of(row);
  const int64_t arrival = part.arrival(row - part.first);
  if (part.file->records() == part.file->arrivals()) return RecordRef{part.id, arrival};
  MW_ASSIGN(const store::Repeats* repeats, part.file->repeats());
  const auto at = std::lower_bound(repeats->arrivals.begin(), repeats->arrivals.end(), arrival);
  if (at == repeats->arrivals.end() || *at != arrival) return RecordRef{part.id, arrival};
  const auto i = static_cast<size_t>(at - repeats->arrivals.begin());
  const auto batch = state_->batch_ids.find(repeats->batches[repeats->sources[i]]);
  if (batch == state_->batch_ids.end())
    return fail(ErrorKind::store, "store.damaged", "A batch repeats records of a batch that is not there.");
  return RecordRef{batch->second, repeats->ordinals[i]};
}

Result<std::vector<RecordRef>> ColumnScan::records() const {
  std::vector<RecordRef> out;
  out.reserve(static_cast<size_t>(rows()));
  for (int64_t row = 0; row < rows(); ++row) {
    MW_ASSIGN(const RecordRef ref, record_of(row));
    out.push_back(ref);
  }
  return out;
}

// --- columns
// --------------------------------------------------------------------------------------------------------------

std::vector<Piece> ColumnScan::State::pieces() const {
  std::vector<Piece> out;
  for (const Part& part : parts) {
    size_t next = 0;
    int64_t target = part.first;
    for (int64_t c = 0; c < part.file->chunks(); ++c) {
      Piece piece{&part, c, {}, part.file->rows_of_chunk(c), target};
      if (!part.all) {
        const int64_t first = part.file->first_of_chunk(c);
        for (; next < part.arrivals.size() && part.arrivals[next] < first + part.file->rows_of_chunk(c); ++next)
          piece.local.push_back(part.arrivals[next] - first);
        if (piece.local.empty()) continue;
        piece.count = static_cast<int64_t>(piece.local.size());
      }
      target += piece.count;
      out.push_back(std::move(piece));
    }
  }
  return out;
}

std::vector<Piece> ColumnScan::State::pieces(std::span<const int64_t> rows) const {
  std::vector<Piece> out;
  int64_t chunk = 0;
  const Part* part = nullptr;
  for (size_t i = 0; i < rows.size(); ++i) {
    const Part& here = part_of(rows[i]);
    const int64_t arrival = here.arrival(rows[i] - here.first);
    if (&here != part) chunk = 0;
    const bool same = &here == part && !out.empty() && chunk == out.back().chunk &&
                      arrival < here.file->first_of_chunk(chunk) + here.file->rows_of_chunk(chunk);
    if (!same) {
      while (arrival >= here.file->first_of_chunk(chunk) + here.file->rows_of_chunk(chunk)) ++chunk;
      out.push_back({&here, chunk, {}, 0, static_cast<int64_t>(i)});
      part = &here;
    }
    out.back().local.push_back(arrival - here.file->first_of_chunk(chunk));
    ++out.back().count;
  }
  return out;
}

Status ColumnScan::State::read_numbers(Column& column, const std::vector<Piece>& pieces) const {
  column.numbers.assign(static_cast<size_t>(column.rows), kNaN);
  return detail::for_each_parallel(static_cast<int64_t>(pieces.size()), [&](int64_t i) -> Status {
    const Piece& piece = pieces[static_cast<size_t>(i)];
    const auto field = piece.part->file->find_field(column.name);
    if (!field || !is_number(piece.part->file->fields()[*field].type)) return {};
    MW_ASSIGN(const ColumnChunk chunk, piece.part->file->chunk(*field, piece.chunk));
    copy_numbers(chunk, piece, column.numbers);
    return {};
  });
}

Status ColumnScan::State::read_codes(Column& column, const std::vector<Piece>& pieces) const {
  column.codes.assign(static_cast<size_t>(column.rows), -1);
  // One dictionary for all batches; each batch's codes are mapped to it.
  std::unordered_map<const BatchFile*, std::vector<int32_t>> mapped;
  std::unordered_map<std::string, int32_t> codes;
  for (const Part& part : parts) {
    const auto field = part.file->find_field(column.name);
    if (!field || part.file->fields()[*field].type != FieldType::category) continue;
    MW_ASSIGN(const auto* values, part.file->dictionary(*field));
    auto& map = mapped[part.file.get()];
    for (const std::string& value : *values) {
      const auto [found, added] = codes.try_emplace(value, static_cast<int32_t>(column.dictionary.size()));
      if (added) column.dictionary.push_back(value);
      map.push_back(found->second);
    }
  }
  return detail::for_each_parallel(static_cast<int64_t>(pieces.size()), [&](int64_t i) -> Status {
    const Piece& piece = pieces[static_cast<size_t>(i)];
    const auto map = mapped.find(piece.part->file.get());
    if (map == mapped.end()) return {};
    MW_ASSIGN(const ColumnChunk chunk,
              piece.part->file->chunk(*piece.part->file->find_field(column.name), piece.chunk));
    for (int64_t k = 0; k < piece.count; ++k) {
      const uint32_t code = chunk.codes[static_cast<size_t>(piece.row(k))];
      if (code != store::kMissingCode) column.codes[static_cast<size_t>(piece.target + k)] = map->second[code];
    }
    return {};
  });
}

Result<std::vector<std::optional<std::string>>> ColumnScan::State::as_they_came(const Piece& piece,
                                                                                const std::string& field) const {
  MW_ASSIGN(RecordReader reader, RecordReader::open(*project));
  std::vector<std::optional<std::string>> out;
  const int64_t first = piece.part->file->first_of_chunk(piece.chunk);
  for (int64_t i = 0; i < piece.count; ++i) {
    MW_ASSIGN(const Record record, reader.arrival(piece.part->id, first + piece.row(i)));
    const Cell* cell = record.find(field);
    out.push_back(cell == nullptr || cell->missing ? std::optional<std::string>() : std::optional(cell->text));
  }
  return out;
}

Status ColumnScan::State::read_texts(Column& column, const std::vector<Piece>& pieces) const {
  column.offsets.reserve(static_cast<size_t>(column.rows) + 1);
  column.offsets.assign(1, 0);
  std::vector<bool> absent(static_cast<size_t>(column.rows), true);
  const auto add = [&](std::optional<std::string_view> text) {
    if (text) {
      absent[column.offsets.size() - 1] = false;
      column.bytes += *text;
    }
    column.offsets.push_back(static_cast<int64_t>(column.bytes.size()));
  };
  for (const Piece& piece : pieces) {
    const auto field = piece.part->file->find_field(column.name);
    const FieldType type = field ? piece.part->file->fields()[*field].type : FieldType::text;
    if (!field) {
      for (int64_t i = 0; i < piece.count; ++i) add(std::nullopt);
    } else if (is_number(type)) {
      MW_ASSIGN(const auto texts, as_they_came(piece, column.name));
      for (const auto& text : texts) add(text);
    } else {
      MW_ASSIGN(const ColumnChunk chunk, piece.part->file->chunk(*field, piece.chunk));
      const std::vector<std::string>* dictionary = nullptr;
      if (type == FieldType::category) {
        MW_ASSIGN(dictionary, piece.part->file->dictionary(*field));
      }
      for (int64_t i = 0; i < piece.count; ++i) {
        const int64_t row = piece.row(i);
        if (!chunk.has(row))
          add(std::nullopt);
        else if (dictionary != nullptr)
          add((*dictionary)[chunk.codes[static_cast<size_t>(row)]]);
        else
          add(chunk.text(row));
      }
    }
  }
  column.absent = std::move(absent);
  return {};
}

Result<Column> ColumnScan::State::read(std::string_view name, FieldType type, const std::vector<Piece>& pieces,
                                       int64_t rows) const {
  Column column;
  column.name = name;
  column.type = type;
  column.rows = rows;
  if (type == FieldType::category)
    MW_TRY(read_codes(column, pieces));
  else if (type == FieldType::text)
    MW_TRY(read_texts(column, pieces));
  else
    MW_TRY(read_numbers(column, pieces));
  for (int64_t i = 0; i < rows; ++i)
    if (!column.has(i)) ++column.missing;
  if (column.missing == 0) column.absent.clear();
  return column;
}

Result<Column> ColumnScan::column(std::string_view field) const {
  const SchemaField* known = find(field);
  if (known == nullptr) return unknown_field(field, fields());
  return state_->read(field, known->type, state_->pieces(), rows());
}

Result<Column> ColumnScan::column(std::string_view field, std::span<const int64_t> rows) const {
  const SchemaField* known = find(field);
  if (known == nullptr) return unknown_field(field, fields());
  return state_->read(field, known->type, state_->pieces(rows), static_cast<int64_t>(rows.size()));
}

Result<Column> ColumnScan::column_as(std::string_view field, FieldType type) const {
  const SchemaField* known = find(field);
  if (known == nullptr) return unknown_field(field, fields());
  if (type == known->type) return column(field);
  MW_ASSIGN(Column column, state_->read(field, FieldType::text, state_->pieces(), rows()));
  if (type == FieldType::text) return column;
  if (type != FieldType::category)
    return fail(ErrorKind::usage, "column.type", "Field “{field}” cannot be read as {type}.",
                {{"field", std::string(field)}, {"type", name_of(type)}});
  Column coded;
  coded.name = column.name;
  coded.type = FieldType::category;
  coded.rows = column.rows;
  coded.missing = column.missing;
  std::unordered_map<std::string_view, int32_t> codes;
  for (int64_t i = 0; i < column.rows; ++i) {
    if (!column.has(i)) {
      coded.codes.push_back(-1);
      continue;
    }
    const auto [found, added] = codes.try_emplace(column.text(i), static_cast<int32_t>(coded.dictionary.size()));
    if (added) coded.dictionary.emplace_back(column.text(i));
    coded.codes.push_back(found->second);
  }
  return coded;
}

Result<std::vector<int64_t>> ColumnScan::select(const Where& where) const {
  std::vector<int64_t> out;
  if (where.empty()) {
    out.resize(static_cast<size_t>(rows()));
    for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<int64_t>(i);
    return out;
  }
  for (const std::string& field : where.fields())
    if (find(field) == nullptr) return unknown_field(field, fields());
  std::unordered_map<const BatchFile*, detail::BoundWhere> bound;
  for (const Part& part : state_->parts) {
    MW_ASSIGN(auto one, detail::BoundWhere::bind(where, *part.file));
    bound.emplace(part.file.get(), std::move(one));
  }
  const std::vector<Piece> pieces = state_->pieces();
  std::vector<std::vector<int64_t>> chosen(pieces.size());
  MW_TRY(detail::for_each_parallel(static_cast<int64_t>(pieces.size()), [&](int64_t i) -> Status {
    const Piece& piece = pieces[static_cast<size_t>(i)];
    MW_ASSIGN(const auto truth, bound.at(piece.part->file.get()).evaluate(piece.chunk));
    for (int64_t k = 0; k < piece.count; ++k)
      if (truth[static_cast<size_t>(piece.row(k))] == detail::Truth::yes)
        chosen[static_cast<size_t>(i)].push_back(piece.target + k);
    return {};
  }));
  for (const auto& rows : chosen) out.insert(out.end(), rows.begin(), rows.end());
  return out;
}

// --- summaries
// --------------------------------------------------------------------------------------------------------------

namespace {

statistics::FieldSummary summary_of(const Column& column) {
  statistics::FieldSummary summary;
  summary.add_missing(column.missing);
  if (column.type == FieldType::category) {
    std::vector<int64_t> counts(column.dictionary.size(), 0);
    for (const int32_t code : column.codes)
      if (code >= 0) ++counts[static_cast<size_t>(code)];
    const std::vector<std::string_view> values(column.dictionary.begin(), column.dictionary.end());
    summary.add_categories(values, counts);
  } else if (column.type == FieldType::text) {
    std::vector<std::string_view> values;
    for (int64_t i = 0; i < column.rows; ++i)
      if (column.has(i)) values.push_back(column.text(i));
    summary.add_texts(values);
  } else if (column.type == FieldType::real) {
    std::vector<double> values;
    for (const double value : column.numbers)
      if (!std::isnan(value)) values.push_back(value);
    summary.add_numbers(values);
  } else {
    std::vector<int64_t> values;
    for (const double value : column.numbers)
      if (!std::isnan(value)) values.push_back(static_cast<int64_t>(value));
    summary.add_integers(values);
  }
  return summary;
}

}  // namespace

Result<statistics::FieldSummary> ColumnScan::summary(std::string_view field) const {
  const SchemaField* known = find(field);
  if (known == nullptr) return unknown_field(field, fields());
  bool stored = true;
  for (const Part& part : state_->parts) {
    const auto place = part.file->find_field(field);
    if (!part.all) stored = false;
    if (place && part.file->fields()[*place].missing < part.file->arrivals() &&
        part.file->fields()[*place].type != known->type)
      stored = false;
  }
  if (!stored) {
    MW_ASSIGN(const Column values, column(field));
    return summary_of(values);
  }
  statistics::FieldSummary all;
  for (const Part& part : state_->parts) {
    const auto place = part.file->find_field(field);
    if (!place || part.file->fields()[*place].missing >= part.file->arrivals()) {
      all.add_missing(part.file->arrivals());
      continue;
    }
    for (int64_t c = 0; c < part.file->chunks(); ++c) {
      MW_ASSIGN(const Bytes bytes, part.file->summary(*place, c));
      MW_ASSIGN(const statistics::FieldSummary one, statistics::FieldSummary::load(bytes));
      all.merge(one);
    }
  }
  return all;
}

}  // namespace millwright::records

#include <algorithm>
#include <list>
#include <unordered_map>

#include "detail/json_cells.h"
#include "detail/row_form.h"
#include "records/batch.h"
#include "records/reading.h"

namespace millwright::records {
namespace {

constexpr size_t kBlocks = 16;

struct OpenBatch {
  std::shared_ptr<const store::BatchFile> file;
  std::vector<std::string> names;
  std::vector<Digest> leaves;  // loaded when asked for
};

struct CachedBlock {
  int64_t batch = 0;
  store::RowBlock block;
  std::vector<std::span<const uint8_t>> rows;
};

tl::unexpected<Error> unknown_record() {
  return fail(ErrorKind::bad_input, "record.unknown", "There is no such record.");
}

void append_csv(std::string& out, std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += text;
    return;
  }
  out.push_back('"');
  for (const char c : text) {
    if (c == '"') out.push_back('"');
    out.push_back(c);
  }
  out.push_back('"');
}

}  // namespace

const Cell* Record::find(std::string_view field) const {
  for (const Cell& cell : cells)
    if (cell.name == field) return &cell;
  return nullptr;
}

std::string_view Record::text(std::string_view field) const {
  const Cell* cell = find(field);
  return cell == nullptr || cell->missing ? std::string_view() : std::string_view(cell->text);
}

struct RecordReader::State {
  const store::Project* project = nullptr;
  std::unordered_map<int64_t, OpenBatch> batches;
  std::unordered_map<Uuid, int64_t> by_uuid;
  std::list<CachedBlock> blocks;

  Result<OpenBatch*> batch(int64_t id) {
    const auto found = batches.find(id);
    if (found != batches.end()) return &found->second;
    OpenBatch opened;
    MW_ASSIGN(opened.file, open_batch(*project, id));
    for (const store::BatchField& field : opened.file->fields()) opened.names.push_back(field.name);
    by_uuid[opened.file->uuid()] = id;
    return &batches.emplace(id, std::move(opened)).first->second;
  }

  Result<int64_t> id_of(const Uuid& uuid) {
    if (const auto found = by_uuid.find(uuid); found != by_uuid.end()) return found->second;
    MW_ASSIGN(const auto all, list_batches(*project));
    for (const BatchInfo& info : all) by_uuid[info.uuid] = info.id;
    if (const auto found = by_uuid.find(uuid); found != by_uuid.end()) return found->second;
    return fail(ErrorKind::store, "store.damaged", "A batch repeats records of a batch that is not there.");
  }

  Result<std::vector<Cell>> cells(int64_t id, int64_t place) {
    MW_ASSIGN(OpenBatch* const open, batch(id));
    for (auto cached = blocks.begin(); cached != blocks.end(); ++cached) {
      if (cached->batch != id || place < cached->block.first || place >= cached->block.first + cached->block.rows)
        continue;
      if (cached != blocks.begin()) blocks.splice(blocks.begin(), blocks, cached);
      return detail::read_row(blocks.front().rows[static_cast<size_t>(place - blocks.front().block.first)],
                              open->names);
    }
    CachedBlock fresh;
    fresh.batch = id;
    MW_ASSIGN(fresh.block, open->file->block_with(place));
    MW_ASSIGN(fresh.rows, detail::split_block(fresh.block.bytes, fresh.block.rows));
    // The spans point into the vector's storage, which moves along.
    blocks.push_front(std::move(fresh));
    if (blocks.size() > kBlocks) blocks.pop_back();
    return detail::read_row(blocks.front().rows[static_cast<size_t>(place - blocks.front().block.first)], open->names);
  }
};

RecordReader::RecordReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
RecordReader::RecordReader(RecordReader&&) noexcept = default;
RecordReader& RecordReader::operator=(RecordReader&&) noexcept = default;
RecordReader::~RecordReader() = default;

Result<RecordReader> RecordReader::open(const store::Project& project) {
  auto state = std::make_unique<State>();
  state->project = &project;
  return RecordReader(std::move(state));
}

Result<Record> RecordReader::get(const RecordRef& ref) {
  MW_ASSIGN(OpenBatch* const open, state_->batch(ref.batch));
  MW_ASSIGN(const std::optional<int64_t> place, open->file->place_of(ref.ordinal));
  if (!place) return unknown_record();
  Record record;
  record.ref = ref;
  record.batch = ref.batch;
  record.arrival = ref.ordinal;
  MW_ASSIGN(record.cells, state_->cells(ref.batch, *place));
  return record;
}

Result<Record> RecordReader::arrival(int64_t batch, int64_t arrival) {
  MW_ASSIGN(OpenBatch* const open, state_->batch(batch));
  if (arrival < 0 || arrival >= open->file->arrivals()) return unknown_record();
  RecordRef ref{batch, arrival};
  if (open->file->records() != open->file->arrivals()) {
    MW_ASSIGN(const store::Repeats* repeats, open->file->repeats());
    const auto at = std::lower_bound(repeats->arrivals.begin(), repeats->arrivals.end(), arrival);
    if (at != repeats->arrivals.end() && *at == arrival) {
      const auto i = static_cast<size_t>(at - repeats->arrivals.begin());
      MW_ASSIGN(ref.batch, state_->id_of(repeats->batches[repeats->sources[i]]));
      ref.ordinal = repeats->ordinals[i];
    }
  }
  MW_ASSIGN(Record record, get(ref));
  record.batch = batch;
  record.arrival = arrival;
  return record;
}

Result<Digest> RecordReader::leaf(const RecordRef& ref) {
  MW_ASSIGN(OpenBatch* const open, state_->batch(ref.batch));
  MW_ASSIGN(const std::optional<int64_t> place, open->file->place_of(ref.ordinal));
  if (!place) return unknown_record();
  if (open->leaves.empty()) {
    MW_ASSIGN(open->leaves, open->file->leaves());
  }
  return open->leaves[static_cast<size_t>(*place)];
}

Result<std::string> RecordReader::batch_tail(int64_t batch) {
  MW_ASSIGN(const OpenBatch* open, state_->batch(batch));
  return tail(open->file->uuid());
}

Result<std::string> RecordReader::id(const RecordRef& ref) {
  MW_ASSIGN(std::string id, batch_tail(ref.batch));
  id += "-" + std::to_string(ref.ordinal);
  return id;
}

Result<std::string> RecordReader::json_line(const Record& record) {
  MW_ASSIGN(const std::string record_id, id(record.ref));
  MW_ASSIGN(const std::string batch, batch_tail(record.batch));
  std::string out = R"({"_id":")" + record_id + R"(","_batch":")" + batch + '"';
  for (const Cell& cell : record.cells) {
    out.push_back(',');
    detail::append_json_string(out, cell.name);
    out.push_back(':');
    if (cell.kind == CellKind::string)
      detail::append_json_string(out, cell.text);
    else if (cell.kind == CellKind::null)
      out += "null";
    else
      out += cell.text;
  }
  out.push_back('}');
  return out;
}

Result<std::string> RecordReader::csv_line(const Record& record, std::span<const SchemaField> fields) {
  MW_ASSIGN(std::string out, id(record.ref));
  MW_ASSIGN(const std::string batch, batch_tail(record.batch));
  out += ',';
  out += batch;
  for (const SchemaField& field : fields) {
    out += ',';
    append_csv(out, record.text(field.name));
  }
  return out;
}

std::string csv_header(std::span<const SchemaField> fields) {
  std::string out = "_id,_batch";
  for (const SchemaField& field : fields) {
    out += ',';
    append_csv(out, field.name);
  }
  return out;
}

}  // namespace millwright::records

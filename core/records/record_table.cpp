#include "records/reading.h"

namespace millwright::records {

struct RecordTable::State {
  State(ColumnScan columns, RecordReader records) : scan(std::move(columns)), reader(std::move(records)) {}
  ColumnScan scan;
  RecordReader reader;
  bool all = true;
  std::vector<int64_t> chosen;
  [[nodiscard]] int64_t size() const { return all ? scan.rows() : static_cast<int64_t>(chosen.size()); }
  [[nodiscard]] int64_t row(int64_t place) const { return all ? place : chosen[static_cast<size_t>(place)]; }
};

RecordTable::RecordTable(std::unique_ptr<State> state) : state_(std::move(state)) {}
RecordTable::RecordTable(RecordTable&&) noexcept = default;
RecordTable& RecordTable::operator=(RecordTable&&) noexcept = default;
RecordTable::~RecordTable() = default;

Result<RecordTable> RecordTable::open(const store::Project& project, const ReadRequest& request) {
  MW_ASSIGN(ColumnScan scan, ColumnScan::open(project, request.window, request.count));
  MW_ASSIGN(RecordReader reader, RecordReader::open(project));
  auto state = std::make_unique<State>(std::move(scan), std::move(reader));
  if (!request.where.empty() || (request.limit > 0 && request.limit < state->scan.rows())) {
    MW_ASSIGN(state->chosen, state->scan.select(request.where));
    state->all = false;
    if (request.limit > 0 && static_cast<int64_t>(state->chosen.size()) > request.limit)
      state->chosen.resize(static_cast<size_t>(request.limit));
  }
  return RecordTable(std::move(state));
}

int64_t RecordTable::size() const { return state_->size(); }
const std::vector<SchemaField>& RecordTable::fields() const { return state_->scan.fields(); }

Result<RecordRef> RecordTable::record(int64_t place) const {
  if (place < 0 || place >= size()) return fail(ErrorKind::bad_input, "record.unknown", "There is no such record.");
  return state_->scan.record_of(state_->row(place));
}

Result<std::vector<Record>> RecordTable::rows(int64_t first, int64_t count) {
  std::vector<Record> out;
  for (int64_t place = std::max<int64_t>(first, 0); place < first + count && place < size(); ++place) {
    const int64_t row = state_->row(place);
    MW_ASSIGN(Record record, state_->reader.arrival(state_->scan.batch_of(row), state_->scan.arrival_of(row)));
    out.push_back(std::move(record));
  }
  return out;
}

Result<std::vector<RecordRef>> RecordTable::records() const {
  if (state_->all) return state_->scan.records();
  std::vector<RecordRef> out;
  out.reserve(state_->chosen.size());
  for (const int64_t row : state_->chosen) {
    MW_ASSIGN(const RecordRef ref, state_->scan.record_of(row));
    out.push_back(ref);
  }
  return out;
}

Status for_each_record(const store::Project& project, const ReadRequest& request,
                       const std::function<bool(RecordReader&, const Record&)>& each, const Work& work) {
  MW_ASSIGN(const ColumnScan scan, ColumnScan::open(project, request.window, request.count));
  MW_ASSIGN(RecordReader reader, RecordReader::open(project));
  std::vector<int64_t> chosen;
  const bool all = request.where.empty();
  if (!all) {
    MW_ASSIGN(chosen, scan.select(request.where));
  }
  int64_t n = all ? scan.rows() : static_cast<int64_t>(chosen.size());
  if (request.limit > 0) n = std::min(n, request.limit);
  constexpr int64_t kBetween = 4096;
  for (int64_t i = 0; i < n; ++i) {
    if (i % kBetween == 0) {
      if (work.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped.");
      work.report({"read", i, n, "rows"});
    }
    const int64_t row = all ? i : chosen[static_cast<size_t>(i)];
    MW_ASSIGN(const Record record, reader.arrival(scan.batch_of(row), scan.arrival_of(row)));
    if (!each(reader, record)) break;
  }
  return {};
}

}  // namespace millwright::records

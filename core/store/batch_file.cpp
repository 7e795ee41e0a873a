#include "store/batch_file.h"

#include <algorithm>
#include <mutex>
#include <unordered_map>
#include <unordered_set>

#include "detail/batch_codec.h"
#include "detail/batch_schema.h"

namespace millwright::store {

using detail::damaged_batch;

struct BatchFile::State {
  explicit State(Database connection) : db(std::move(connection)) {}
  // One connection, used under the lock; decoding happens outside it.
  mutable std::mutex lock;
  Database db;
  Uuid uuid;
  int64_t arrivals = 0, records = 0, quarantined = 0;
  Digest root{};
  Json about;
  std::vector<BatchField> fields;
  std::vector<int64_t> firsts;  // of chunks, and the number of arrivals at the end
  mutable std::unordered_map<size_t, std::unique_ptr<const std::vector<std::string>>> dictionaries;
  mutable std::unique_ptr<const Repeats> repeats;

  Status load_head();
  Status load_fields();
  Status load_chunk_rows();
};

namespace detail {

Result<RowBlock> load_block(const Database& db, int64_t place) {
  RowBlock block;
  Bytes stored;
  {
    MW_ASSIGN(Statement select,
              db.prepare("SELECT first, rows, data FROM block WHERE first <= ? ORDER BY first DESC LIMIT 1"));
    MW_ASSIGN(const bool there, select.with(place).step());
    if (!there) return damaged_batch("a row block is missing");
    block.first = select.integer(0);
    block.rows = select.integer(1);
    const auto data = select.blob(2);
    stored.assign(data.begin(), data.end());
  }
  if (block.first < 0 || block.rows < 1 || block.rows > kBlockRows || place - block.first >= block.rows)
    return damaged_batch("a row block is missing");
  MW_ASSIGN(block.bytes, decompress(stored, kMaxBlockBytes));
  return block;
}

}  // namespace detail

Status BatchFile::State::load_head() {
  MW_ASSIGN(Statement select,
            db.prepare("SELECT format, uuid, arrivals, records, quarantined, root, about FROM batch"));
  MW_ASSIGN(const bool there, select.step());
  if (!there) return damaged_batch("it has no head");
  if (select.integer(0) > detail::kBatchFormat)
    return fail(ErrorKind::store, "store.too_new", "A batch was written by a newer version of this program.", {},
                "Use the newer version.");
  uuid = select.uuid(1);
  arrivals = select.integer(2);
  records = select.integer(3);
  quarantined = select.integer(4);
  root = select.digest(5);
  constexpr int64_t kMost = int64_t{1} << 40;
  if (arrivals < 0 || arrivals > kMost || records < 0 || records > arrivals || quarantined < 0 || quarantined > kMost)
    return damaged_batch("its counts are impossible");
  MW_ASSIGN(about, parse_json(select.text(6), "batch"));
  return {};
}

Status BatchFile::State::load_fields() {
  MW_ASSIGN(Statement select, db.prepare("SELECT position, name, type, missing, distinct_values, distinct_exact FROM "
                                         "field ORDER BY position"));
  std::unordered_set<std::string> names;
  for (;;) {
    MW_ASSIGN(const bool there, select.step());
    if (!there) break;
    BatchField field;
    field.name = select.string(1);
    const auto type = field_type_from(select.text(2));
    field.missing = select.integer(3);
    field.distinct = select.integer(4);
    field.distinct_exact = select.integer(5) != 0;
    if (!type || select.integer(0) != static_cast<int64_t>(fields.size()) || field.missing < 0 ||
        field.missing > arrivals || field.distinct < 0 || !names.insert(field.name).second)
      return damaged_batch("its list of fields does not add up");
    field.type = *type;
    fields.push_back(std::move(field));
  }
  return {};
}

Status BatchFile::State::load_chunk_rows() {
  MW_ASSIGN(Statement select, db.prepare("SELECT chunk, rows FROM chunk_rows ORDER BY chunk"));
  firsts.push_back(0);
  for (;;) {
    MW_ASSIGN(const bool there, select.step());
    if (!there) break;
    const int64_t rows = select.integer(1);
    if (select.integer(0) + 1 != static_cast<int64_t>(firsts.size()) || rows < 1 || rows > kChunkRows)
      return damaged_batch("its list of chunks does not add up");
    firsts.push_back(firsts.back() + rows);
  }
  if (firsts.back() != arrivals) return damaged_batch("its chunks do not hold all rows");
  return {};
}

BatchFile::BatchFile(std::unique_ptr<State> state) : state_(std::move(state)) {}
BatchFile::~BatchFile() = default;

Result<std::shared_ptr<const BatchFile>> BatchFile::open(const Project& project, int64_t data_file) {
  MW_ASSIGN(const fs::path path, path_of_file(project, data_file));
  MW_ASSIGN(Database db, Database::open(path.string(), Database::Mode::immutable));
  auto state = std::make_unique<State>(std::move(db));
  MW_TRY(state->load_head());
  MW_TRY(state->load_fields());
  MW_TRY(state->load_chunk_rows());
  return std::shared_ptr<const BatchFile>(new BatchFile(std::move(state)));
}

const Uuid& BatchFile::uuid() const { return state_->uuid; }
int64_t BatchFile::arrivals() const { return state_->arrivals; }
int64_t BatchFile::records() const { return state_->records; }
int64_t BatchFile::quarantined() const { return state_->quarantined; }
const Digest& BatchFile::root() const { return state_->root; }
const Json& BatchFile::about() const { return state_->about; }
const std::vector<BatchField>& BatchFile::fields() const { return state_->fields; }
int64_t BatchFile::chunks() const { return static_cast<int64_t>(state_->firsts.size()) - 1; }
int64_t BatchFile::first_of_chunk(int64_t chunk) const { return state_->firsts[static_cast<size_t>(chunk)]; }
int64_t BatchFile::rows_of_chunk(int64_t chunk) const {
  return state_->firsts[static_cast<size_t>(chunk) + 1] - state_->firsts[static_cast<size_t>(chunk)];
}

std::optional<size_t> BatchFile::find_field(std::string_view name) const {
  for (size_t i = 0; i < state_->fields.size(); ++i)
    if (state_->fields[i].name == name) return i;
  return std::nullopt;
}

Result<ColumnChunk> BatchFile::chunk(size_t field, int64_t chunk) const {
  if (field >= state_->fields.size() || chunk < 0 || chunk >= chunks())
    return damaged_batch("a column chunk is missing");
  const FieldType type = state_->fields[field].type;
  size_t entries = 0;
  if (type == FieldType::category) {
    MW_ASSIGN(const auto* values, dictionary(field));
    entries = values->size();
  }
  // Copied out, so that others read while this one decodes.
  thread_local Bytes stored;
  {
    const std::scoped_lock guard(state_->lock);
    MW_ASSIGN(Statement select, state_->db.prepare("SELECT type, data FROM chunk WHERE id = ?"));
    MW_ASSIGN(const bool there, select.with(detail::chunk_id(field, chunk)).step());
    if (!there || select.text(0) != name_of(type)) return damaged_batch("a column chunk is missing");
    const auto data = select.blob(1);
    stored.assign(data.begin(), data.end());
  }
  return decode_chunk(stored, type, rows_of_chunk(chunk), entries);
}

Result<Bytes> BatchFile::summary(size_t field, int64_t chunk) const {
  const std::scoped_lock guard(state_->lock);
  MW_ASSIGN(Statement select, state_->db.prepare("SELECT summary FROM chunk WHERE id = ?"));
  MW_ASSIGN(const bool there, select.with(detail::chunk_id(field, chunk)).step());
  if (!there) return damaged_batch("a summary is missing");
  const auto data = select.blob(0);
  return Bytes(data.begin(), data.end());
}

Result<const std::vector<std::string>*> BatchFile::dictionary(size_t field) const {
  const std::scoped_lock guard(state_->lock);
  auto& kept = state_->dictionaries[field];
  if (!kept) {
    MW_ASSIGN(Statement select, state_->db.prepare("SELECT entries, data FROM dictionary WHERE field = ?"));
    MW_ASSIGN(const bool there, select.with(static_cast<int64_t>(field)).step());
    if (!there) return damaged_batch("a dictionary is missing");
    MW_ASSIGN(auto values, detail::decode_dictionary(select.blob(1), select.integer(0)));
    kept = std::make_unique<const std::vector<std::string>>(std::move(values));
  }
  return kept.get();
}

Result<RowBlock> BatchFile::block_with(int64_t place) const {
  const std::scoped_lock guard(state_->lock);
  return detail::load_block(state_->db, place);
}

namespace {

Result<std::unique_ptr<const Repeats>> load_repeats(const Database& db, int64_t arrivals, int64_t expected) {
  auto all = std::make_unique<Repeats>();
  {
    MW_ASSIGN(Statement select, db.prepare("SELECT id, uuid FROM repeat_batch ORDER BY id"));
    for (;;) {
      MW_ASSIGN(const bool there, select.step());
      if (!there) break;
      if (select.integer(0) != static_cast<int64_t>(all->batches.size()) || select.blob(1).size() != 16)
        return damaged_batch("its list of repeats does not add up");
      all->batches.push_back(select.uuid(1));
    }
  }
  MW_ASSIGN(Statement select, db.prepare("SELECT entries, data FROM repeat ORDER BY part"));
  int64_t previous = -1;
  for (;;) {
    MW_ASSIGN(const bool there, select.step());
    if (!there) break;
    const int64_t n = select.integer(0);
    if (n < 0 || n > expected - static_cast<int64_t>(all->size()))
      return damaged_batch("its list of repeats does not add up");
    MW_ASSIGN(const Bytes body, decompress(select.blob(1), static_cast<size_t>(n) * 24 + 64));
    std::span<const uint8_t> in(body);
    std::vector<int64_t> where(static_cast<size_t>(n)), sources(where), ordinals(where);
    if (!detail::take_narrow(in, where) || !detail::take_narrow(in, sources) || !detail::take_narrow(in, ordinals))
      return damaged_batch("its list of repeats is too short");
    for (size_t i = 0; i < where.size(); ++i) {
      if (where[i] <= previous || where[i] >= arrivals || sources[i] < 0 || ordinals[i] < 0 ||
          static_cast<size_t>(sources[i]) >= all->batches.size())
        return damaged_batch("its list of repeats does not add up");
      previous = where[i];
      all->arrivals.push_back(where[i]);
      all->sources.push_back(static_cast<uint32_t>(sources[i]));
      all->ordinals.push_back(ordinals[i]);
    }
  }
  if (static_cast<int64_t>(all->size()) != expected) return damaged_batch("its list of repeats does not add up");
  return std::unique_ptr<const Repeats>(std::move(all));
}

}  // namespace

Result<const Repeats*> BatchFile::repeats() const {
  const std::scoped_lock guard(state_->lock);
  if (!state_->repeats) {
    MW_ASSIGN(state_->repeats, load_repeats(state_->db, state_->arrivals, state_->arrivals - state_->records));
  }
  return state_->repeats.get();
}

Result<std::optional<int64_t>> BatchFile::place_of(int64_t ordinal) const {
  if (ordinal < 0 || ordinal >= state_->arrivals) return std::optional<int64_t>();
  if (state_->arrivals == state_->records) return std::optional<int64_t>(ordinal);
  MW_ASSIGN(const Repeats* all, repeats());
  const auto at = std::lower_bound(all->arrivals.begin(), all->arrivals.end(), ordinal);
  if (at != all->arrivals.end() && *at == ordinal) return std::optional<int64_t>();
  return std::optional<int64_t>(ordinal - (at - all->arrivals.begin()));
}

namespace {

/// Puts together a column of table identity, `size` bytes a record; empty where the first part is (content keys).
Result<Bytes> load_identities(const Database& db, int column, int64_t records, size_t size) {
  MW_ASSIGN(Statement select,
            db.prepare("SELECT records, salts, leaves, keys, content_keys FROM identity ORDER BY chunk"));
  Bytes all;
  int64_t seen = 0;
  for (;;) {
    MW_ASSIGN(const bool there, select.step());
    if (!there) break;
    const int64_t n = select.integer(0);
    const auto part = select.blob(column);
    seen += n;
    if (n < 0 || n > kChunkRows || (!part.empty() && part.size() != static_cast<size_t>(n) * size))
      return damaged_batch("its identities do not add up");
    all.insert(all.end(), part.begin(), part.end());
  }
  if (seen != records || (!all.empty() && all.size() != static_cast<size_t>(records) * size))
    return damaged_batch("its identities do not add up");
  return all;
}

template <class T>
std::vector<T> as_vector(const Bytes& bytes) {
  std::vector<T> out(bytes.size() / sizeof(T));
  if (!out.empty()) std::memcpy(out.data(), bytes.data(), bytes.size());
  return out;
}

}  // namespace

Result<std::vector<Digest>> BatchFile::leaves() const {
  const std::scoped_lock guard(state_->lock);
  MW_ASSIGN(const Bytes bytes, load_identities(state_->db, 2, state_->records, sizeof(Digest)));
  if (bytes.size() != static_cast<size_t>(state_->records) * sizeof(Digest)) return damaged_batch("it lacks leaves");
  return as_vector<Digest>(bytes);
}

Result<Bytes> BatchFile::salts() const {
  const std::scoped_lock guard(state_->lock);
  MW_ASSIGN(Bytes bytes, load_identities(state_->db, 1, state_->records, 16));
  if (bytes.size() != static_cast<size_t>(state_->records) * 16) return damaged_batch("it lacks salts");
  return bytes;
}

Result<std::vector<Hash128>> BatchFile::keys() const {
  const std::scoped_lock guard(state_->lock);
  MW_ASSIGN(const Bytes bytes, load_identities(state_->db, 3, state_->records, sizeof(Hash128)));
  if (bytes.size() != static_cast<size_t>(state_->records) * sizeof(Hash128)) return damaged_batch("it lacks keys");
  return as_vector<Hash128>(bytes);
}

Result<std::vector<Hash128>> BatchFile::content_keys() const {
  {
    const std::scoped_lock guard(state_->lock);
    MW_ASSIGN(const Bytes bytes, load_identities(state_->db, 4, state_->records, sizeof(Hash128)));
    if (!bytes.empty()) return as_vector<Hash128>(bytes);
  }
  return keys();
}

Result<std::vector<QuarantinedRow>> BatchFile::quarantine(int64_t first, int64_t limit) const {
  const std::scoped_lock guard(state_->lock);
  MW_ASSIGN(Statement select, state_->db.prepare("SELECT line, code, reason, raw FROM quarantine WHERE id >= ? ORDER "
                                                 "BY id LIMIT ?"));
  select.with(first, limit);
  std::vector<QuarantinedRow> rows;
  for (;;) {
    MW_ASSIGN(const bool there, select.step());
    if (!there) return rows;
    const auto raw = select.blob(3);
    rows.push_back({select.integer(0), select.string(1), select.string(2),
                    std::string(reinterpret_cast<const char*>(raw.data()), raw.size())});
  }
}

}  // namespace millwright::store

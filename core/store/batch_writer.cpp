#include <fcntl.h>
#include <unistd.h>

#include <mutex>

#include "detail/batch_codec.h"
#include "detail/batch_schema.h"
#include "store/batch_file.h"
#include "store/publishing.h"

namespace millwright::store {
namespace detail {

// Classes of TEXT and BLOB columns as in project.db: payload goes on erasure, derived too, none is about the work.
const char* const kBatchSchema = R"sql(
CREATE TABLE batch(
  only INTEGER PRIMARY KEY CHECK(only = 1),
  format INTEGER NOT NULL,
  uuid BLOB /*none*/ NOT NULL,
  arrivals INTEGER NOT NULL,
  records INTEGER NOT NULL,
  quarantined INTEGER NOT NULL,
  root BLOB /*none*/ NOT NULL,             -- Merkle root over the records' leaves
  about TEXT /*none*/ NOT NULL             -- JSON: what the connector found out
) STRICT;
CREATE TABLE field(
  position INTEGER PRIMARY KEY,
  name TEXT /*none*/ NOT NULL,
  type TEXT /*none*/ NOT NULL,
  missing INTEGER NOT NULL,
  distinct_values INTEGER NOT NULL,
  distinct_exact INTEGER NOT NULL
) STRICT;
CREATE TABLE chunk_rows(chunk INTEGER PRIMARY KEY, rows INTEGER NOT NULL) STRICT;
CREATE TABLE chunk(
  id INTEGER PRIMARY KEY,                  -- field << 32 | chunk
  type TEXT /*none*/ NOT NULL,
  summary BLOB /*derived*/ NOT NULL,
  data BLOB /*payload*/ NOT NULL
) STRICT;
CREATE TABLE dictionary(
  field INTEGER PRIMARY KEY,
  entries INTEGER NOT NULL,
  data BLOB /*payload*/ NOT NULL
) STRICT;
CREATE TABLE block(
  first INTEGER PRIMARY KEY,               -- place of its first record
  rows INTEGER NOT NULL,
  data BLOB /*payload*/ NOT NULL
) STRICT;
CREATE TABLE identity(
  chunk INTEGER PRIMARY KEY,               -- of 65,536 records by place
  records INTEGER NOT NULL,
  salts BLOB /*payload*/ NOT NULL,         -- 16 bytes each
  leaves BLOB /*none*/ NOT NULL,           -- 32 bytes each: SHA-256(salt, canonical form)
  keys BLOB /*derived*/ NOT NULL,          -- 16 bytes each: keyed hash of the whole record
  content_keys BLOB /*derived*/ NOT NULL   -- of the content fields; empty where those are all
) STRICT;
CREATE TABLE repeat_batch(id INTEGER PRIMARY KEY, uuid BLOB /*none*/ NOT NULL) STRICT;
CREATE TABLE repeat(
  part INTEGER PRIMARY KEY,
  entries INTEGER NOT NULL,
  data BLOB /*none*/ NOT NULL              -- arrivals, batches, ordinals
) STRICT;
CREATE TABLE quarantine(
  id INTEGER PRIMARY KEY,
  line INTEGER NOT NULL,
  code TEXT /*none*/ NOT NULL,
  reason TEXT /*payload*/ NOT NULL,
  raw BLOB /*payload*/ NOT NULL
) STRICT;
)sql";

Bytes encode_dictionary(std::span<const std::string> values) {
  std::vector<int64_t> lengths;
  Bytes body;
  for (const std::string& value : values) lengths.push_back(static_cast<int64_t>(value.size()));
  put_narrow(body, lengths);
  for (const std::string& value : values) put_bytes(body, value.data(), value.size());
  return compress(body);
}

Result<std::vector<std::string>> decode_dictionary(std::span<const uint8_t> stored, int64_t entries) {
  if (entries < 0 || entries > kMaxDictionary) return damaged_batch("a dictionary has an impossible size");
  MW_ASSIGN(const Bytes body, decompress(stored, kMaxDictionaryBytes));
  std::span<const uint8_t> in(body);
  std::vector<int64_t> lengths(static_cast<size_t>(entries));
  if (!take_narrow(in, lengths)) return damaged_batch("a dictionary is too short");
  std::vector<std::string> values;
  values.reserve(lengths.size());
  for (const int64_t length : lengths) {
    if (length < 0 || static_cast<uint64_t>(length) > in.size()) return damaged_batch("a dictionary is too short");
    values.emplace_back(reinterpret_cast<const char*>(in.data()), static_cast<size_t>(length));
    in = in.subspan(static_cast<size_t>(length));
  }
  if (!in.empty()) return damaged_batch("a dictionary is too long");
  return values;
}

}  // namespace detail

namespace {
/// Row blocks take some tens of kilobytes: larger pages would stay half empty.
constexpr int kPageSize = 16'384;
/// So much is written before the kernel is asked to begin bringing it to the disk: the sync at the end then finds most
/// of it there.
constexpr int64_t kWriteBehind = 8 << 20;
constexpr size_t kRepeatPart = 1 << 20;
}  // namespace

struct BatchWriter::State {
  State(TemporaryFile temporary, Database connection) : file(std::move(temporary)), db(std::move(connection)) {}
  ~State() {
    if (descriptor >= 0) ::close(descriptor);
  }
  TemporaryFile file;
  std::optional<Database> db;
  int descriptor = -1;
  int64_t quarantined = 0;
  int64_t unwritten = 0;
  int64_t written_to = 0;

  Status wrote(size_t bytes) {
    unwritten += static_cast<int64_t>(bytes);
    if (unwritten < kWriteBehind) return {};
    unwritten = 0;
    MW_TRY(db->execute("COMMIT; BEGIN"));
#ifdef SYNC_FILE_RANGE_WRITE
    const off_t size = ::lseek(descriptor, 0, SEEK_END);
    if (size > written_to) {
      ::sync_file_range(descriptor, written_to, size - written_to, SYNC_FILE_RANGE_WRITE);
      written_to = size;
    }
#endif
    return {};
  }
};

BatchWriter::BatchWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
BatchWriter::BatchWriter(BatchWriter&&) noexcept = default;
BatchWriter& BatchWriter::operator=(BatchWriter&&) noexcept = default;
BatchWriter::~BatchWriter() = default;

Result<BatchWriter> BatchWriter::begin(const Project& project) {
  MW_ASSIGN(TemporaryFile file, TemporaryFile::begin(project, "batch"));
  MW_ASSIGN(Database db, file.create_database(kPageSize));
  MW_TRY(db.execute(detail::kBatchSchema));
  MW_TRY(db.execute("PRAGMA cache_size=-4096; BEGIN"));
  auto state = std::make_unique<State>(std::move(file), std::move(db));
  state->descriptor = ::open(state->file.path().c_str(), O_RDONLY | O_CLOEXEC);
  return BatchWriter(std::move(state));
}

const Uuid& BatchWriter::uuid() const { return state_->file.uuid(); }

Status BatchWriter::put_block(int64_t first, int64_t rows, std::span<const uint8_t> stored) {
  MW_ASSIGN(Statement insert, state_->db->prepare("INSERT INTO block(first, rows, data) VALUES(?,?,?)"));
  MW_TRY(insert.with(first, rows, stored).run());
  return state_->wrote(stored.size());
}

Result<RowBlock> BatchWriter::read_block(int64_t place) const { return detail::load_block(*state_->db, place); }

Status BatchWriter::put_chunk_rows(int64_t chunk, int64_t rows) {
  MW_ASSIGN(Statement insert, state_->db->prepare("INSERT INTO chunk_rows(chunk, rows) VALUES(?,?)"));
  return insert.with(chunk, rows).run();
}

Status BatchWriter::put_chunk(size_t field, int64_t chunk, FieldType type, std::span<const uint8_t> stored,
                              std::span<const uint8_t> summary) {
  MW_ASSIGN(Statement insert,
            state_->db->prepare("INSERT OR REPLACE INTO chunk(id, type, summary, data) VALUES(?,?,?,?)"));
  MW_TRY(insert.with(detail::chunk_id(field, chunk), std::string_view(name_of(type)), summary, stored).run());
  return state_->wrote(stored.size() + summary.size());
}

Result<Bytes> BatchWriter::read_chunk(size_t field, int64_t chunk) const {
  MW_ASSIGN(Statement select, state_->db->prepare("SELECT data FROM chunk WHERE id = ?"));
  MW_ASSIGN(const bool there, select.with(detail::chunk_id(field, chunk)).step());
  if (!there) return detail::damaged_batch("a column chunk is missing");
  const auto data = select.blob(0);
  return Bytes(data.begin(), data.end());
}

Result<Bytes> BatchWriter::read_summary(size_t field, int64_t chunk) const {
  MW_ASSIGN(Statement select, state_->db->prepare("SELECT summary FROM chunk WHERE id = ?"));
  MW_ASSIGN(const bool there, select.with(detail::chunk_id(field, chunk)).step());
  if (!there) return detail::damaged_batch("a summary is missing");
  const auto summary = select.blob(0);
  return Bytes(summary.begin(), summary.end());
}

Status BatchWriter::put_identities(int64_t chunk, std::span<const uint8_t> salts, std::span<const Digest> leaves,
                                   std::span<const Hash128> keys, std::span<const Hash128> content_keys) {
  const auto bytes_of = [](auto span) {
    return std::span(reinterpret_cast<const uint8_t*>(span.data()), span.size_bytes());
  };
  MW_ASSIGN(Statement insert, state_->db->prepare("INSERT INTO identity(chunk, records, salts, leaves, keys, "
                                                  "content_keys) VALUES(?,?,?,?,?,?)"));
  MW_TRY(insert
             .with(chunk, static_cast<int64_t>(leaves.size()), salts, bytes_of(leaves), bytes_of(keys),
                   bytes_of(content_keys))
             .run());
  return state_->wrote(leaves.size() * 80);
}

Status BatchWriter::put_dictionary(size_t field, std::span<const std::string> values) {
  const Bytes data = detail::encode_dictionary(values);
  MW_ASSIGN(Statement insert, state_->db->prepare("INSERT INTO dictionary(field, entries, data) VALUES(?,?,?)"));
  return insert.with(static_cast<int64_t>(field), static_cast<int64_t>(values.size()), std::span<const uint8_t>(data))
      .run();
}

Status BatchWriter::put_quarantined(const QuarantinedRow& row) {
  MW_ASSIGN(Statement insert,
            state_->db->prepare("INSERT INTO quarantine(id, line, code, reason, raw) VALUES(?,?,?,?,?)"));
  const std::span raw(reinterpret_cast<const uint8_t*>(row.raw.data()), row.raw.size());
  MW_TRY(insert.with(state_->quarantined, row.line, row.code, row.reason, raw).run());
  ++state_->quarantined;
  return state_->wrote(row.raw.size());
}

Status BatchWriter::put_repeats(const Repeats& repeats) {
  for (size_t i = 0; i < repeats.batches.size(); ++i) {
    MW_ASSIGN(Statement insert, state_->db->prepare("INSERT INTO repeat_batch(id, uuid) VALUES(?,?)"));
    MW_TRY(insert.with(static_cast<int64_t>(i), repeats.batches[i]).run());
  }
  MW_ASSIGN(Statement insert, state_->db->prepare("INSERT INTO repeat(part, entries, data) VALUES(?,?,?)"));
  int64_t part = 0;
  for (size_t at = 0; at < repeats.size(); at += kRepeatPart) {
    const size_t n = std::min(kRepeatPart, repeats.size() - at);
    std::vector<int64_t> sources(repeats.sources.begin() + static_cast<ptrdiff_t>(at),
                                 repeats.sources.begin() + static_cast<ptrdiff_t>(at + n));
    Bytes body;
    detail::put_narrow(body, std::span(repeats.arrivals).subspan(at, n));
    detail::put_narrow(body, sources);
    detail::put_narrow(body, std::span(repeats.ordinals).subspan(at, n));
    const Bytes stored = compress(body);
    MW_TRY(insert.with(part++, static_cast<int64_t>(n), std::span<const uint8_t>(stored)).run());
    insert.reset();
  }
  return {};
}

Result<WrittenFile> BatchWriter::finish(std::span<const BatchField> fields, int64_t arrivals, int64_t records,
                                        int64_t quarantined, const Digest& root, const Json& about) {
  for (size_t i = 0; i < fields.size(); ++i) {
    const BatchField& field = fields[i];
    MW_ASSIGN(Statement insert, state_->db->prepare("INSERT INTO field(position, name, type, missing, distinct_values, "
                                                    "distinct_exact) VALUES(?,?,?,?,?,?)"));
    MW_TRY(insert
               .with(static_cast<int64_t>(i), field.name, std::string_view(name_of(field.type)), field.missing,
                     field.distinct, static_cast<int64_t>(field.distinct_exact ? 1 : 0))
               .run());
  }
  {
    MW_ASSIGN(Statement insert, state_->db->prepare("INSERT INTO batch(only, format, uuid, arrivals, records, "
                                                    "quarantined, root, about) VALUES(1,?,?,?,?,?,?,?)"));
    MW_TRY(insert.with(detail::kBatchFormat, uuid(), arrivals, records, quarantined, root, canonical(about)).run());
  }
  MW_TRY(state_->db->execute("COMMIT"));
  state_->db.reset();
  return state_->file.finish(arrivals, root);
}

Status retire(Transaction& transaction, int64_t data_file) {
  MW_ASSIGN(Statement update, transaction.db().prepare("UPDATE data_file SET removed_ms = ? WHERE id = ?"));
  return update.with(transaction.time_ms(), data_file).run();
}

}  // namespace millwright::store

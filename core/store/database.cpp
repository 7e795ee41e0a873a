#include "store/database.h"

#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <unordered_map>
#include <vector>

namespace millwright::store {
namespace {

using Clock = std::chrono::steady_clock;

/// Pause between two tries for a lock. SQLite's own handler sleeps up to 100 ms, far longer than anybody holds a lock
/// here, and a key press would pay for it.
constexpr std::chrono::microseconds kShortestPause{200}, kLongestPause{2000};

struct BusyWait {
  std::chrono::milliseconds timeout{10'000};
  Clock::time_point begun;
};

int on_busy(void* context, int tries) {
  auto* wait = static_cast<BusyWait*>(context);
  if (tries == 0) wait->begun = Clock::now();
  const auto left = std::chrono::duration_cast<std::chrono::microseconds>(wait->begun + wait->timeout - Clock::now());
  if (left.count() <= 0) return 0;
  const auto pause = std::min({kShortestPause * (1 + tries / 4), kLongestPause, left});
  const timespec request{0, static_cast<long>(std::chrono::nanoseconds(pause).count())};
  ::nanosleep(&request, nullptr);
  return 1;
}

/// A file name inside a URI: everything but letters, digits and a few signs is escaped.
std::string uri_of(const std::string& path, std::string_view parameters) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string uri = "file:";
  for (const char c : path) {
    const auto u = static_cast<unsigned char>(c);
    if (std::isalnum(u) != 0 || std::strchr("/._-~", c) != nullptr) {
      uri += c;
    } else {
      uri += '%';
      uri += kHex[u >> 4];
      uri += kHex[u & 15];
    }
  }
  uri += '?';
  uri += parameters;
  return uri;
}

/// A project may come from a stranger: nothing in the file's schema may run code, and nothing may be larger than what
/// this program would write.
void harden(sqlite3* db) {
  constexpr std::pair<int, int> kSwitches[] = {{SQLITE_DBCONFIG_DEFENSIVE, 1},
                                               {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
                                               {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
                                               {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
                                               {SQLITE_DBCONFIG_ENABLE_FKEY, 1},
                                               {SQLITE_DBCONFIG_DQS_DML, 0},
                                               {SQLITE_DBCONFIG_DQS_DDL, 0},
                                               {SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0},
                                               {SQLITE_DBCONFIG_LEGACY_ALTER_TABLE, 0},
                                               {SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0},
                                               {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0}};
  for (const auto& [name, value] : kSwitches) sqlite3_db_config(db, name, value, nullptr);
  constexpr std::pair<int, int> kLimits[] = {
      {SQLITE_LIMIT_LENGTH, 512 << 20}, {SQLITE_LIMIT_SQL_LENGTH, 1 << 20},       {SQLITE_LIMIT_COLUMN, 1000},
      {SQLITE_LIMIT_EXPR_DEPTH, 200},   {SQLITE_LIMIT_COMPOUND_SELECT, 50},       {SQLITE_LIMIT_FUNCTION_ARG, 32},
      {SQLITE_LIMIT_ATTACHED, 2},       {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000}, {SQLITE_LIMIT_TRIGGER_DEPTH, 4},
      {SQLITE_LIMIT_WORKER_THREADS, 0}};
  for (const auto& [name, value] : kLimits) sqlite3_limit(db, name, value);
}

}  // namespace

// --- errors
// -------------------------------------------------------------------------------------------------------------

Error sqlite_error(sqlite3* db, int code, std::string_view what) {
  const char* file = db != nullptr ? sqlite3_db_filename(db, "main") : nullptr;
  const int system_error = db != nullptr ? sqlite3_system_errno(db) : 0;
  const Arguments arguments{{"what", std::string(what)},
                            {"file", file != nullptr ? file : ""},
                            {"reason", db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code)},
                            {"code", std::to_string(code)}};
  const auto store = [&](const char* name, const char* text, const char* hint) {
    return Error{ErrorKind::store, name, text, arguments, hint};
  };
  const int primary = code & 0xFF;
  const bool disk_error = primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN;
  if (primary == SQLITE_FULL || (disk_error && (system_error == ENOSPC || system_error == EDQUOT)))
    return store("store.full", "Cannot {what}: the disk that holds {file} is full.",
                 "Free some space and try again; what was saved before is safe.");
  switch (primary) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return store("store.locked", "Cannot {what}: {file} is locked by another program.",
                   "Wait until it is done, or allow more time with --lock-timeout.");
    case SQLITE_CORRUPT:
      return store("store.damaged", "Cannot {what}: {file} is damaged ({reason}).",
                   "Run verify, and restore the project from a backup.");
    case SQLITE_NOTADB:
      return store("store.not_a_project", "Cannot {what}: {file} is not a file of this program.", "");
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return store(
          "store.read_only", "Cannot {what}: {file} is read-only.",
          "Check the permissions of the project's folder and files, and whether the disk is mounted read-only.");
    case SQLITE_CANTOPEN:
      return store("store.cannot_open", "Cannot {what}: {file} cannot be opened.",
                   "Check that it exists and that you may read it.");
    case SQLITE_IOERR:
      return store("store.io", "Cannot {what}: reading or writing {file} failed ({reason}).",
                   "Check the disk; what was saved before is safe.");
    case SQLITE_INTERRUPT:
      return {ErrorKind::cancelled, "store.interrupted", "Stopped: {what}.", arguments, ""};
    case SQLITE_NOMEM:
      return {ErrorKind::job, "store.memory", "Cannot {what}: there is not enough memory.", arguments, ""};
    case SQLITE_TOOBIG:
      return {ErrorKind::bad_input, "store.too_big", "Cannot {what}: a value is too large.", arguments, ""};
    case SQLITE_CONSTRAINT:
      return store("store.constraint", "Cannot {what}: it contradicts what the project holds ({reason}).", "");
    default:
      return {ErrorKind::job, "store.sql", "Cannot {what}: {reason} (SQLite {code}).", arguments, ""};
  }
}

// --- statements
// ---------------------------------------------------------------------------------------------------------

/// Shared by a connection and its statements, so that a statement that is destroyed last does no harm.
struct Statement::Cache {
  sqlite3* db = nullptr;
  bool open = true;
  std::unordered_map<std::string, std::vector<sqlite3_stmt*>> idle;
  static constexpr size_t kPerText = 4, kTexts = 256;

  void clear() {
    for (auto& [sql, handles] : idle)
      for (sqlite3_stmt* handle : handles) sqlite3_finalize(handle);
    idle.clear();
  }
};

Statement::Statement(Statement&& other) noexcept
    : cache_(std::move(other.cache_)), handle_(std::exchange(other.handle_, nullptr)), sql_(other.sql_) {}
Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(cache_, other.cache_);
  std::swap(handle_, other.handle_);
  std::swap(sql_, other.sql_);
  return *this;
}
Statement::~Statement() {
  if (handle_ == nullptr) return;
  if (cache_->open && sql_ != nullptr) {
    auto& idle = cache_->idle[*sql_];
    if (idle.size() < Cache::kPerText) {
      sqlite3_reset(handle_);
      sqlite3_clear_bindings(handle_);
      idle.push_back(handle_);
      return;
    }
  }
  sqlite3_finalize(handle_);
}

// A statement that still stands on a row takes no values; whoever binds is done with that row.
#define MW_READY_TO_BIND \
  if (sqlite3_stmt_busy(handle_) != 0) sqlite3_reset(handle_)

Statement& Statement::bind(int index, int64_t value) {
  MW_READY_TO_BIND;
  sqlite3_bind_int64(handle_, index, value);
  return *this;
}
Statement& Statement::bind(int index, double value) {
  MW_READY_TO_BIND;
  sqlite3_bind_double(handle_, index, value);
  return *this;
}
Statement& Statement::bind(int index, std::string_view text) {
  MW_READY_TO_BIND;
  sqlite3_bind_text64(handle_, index, text.data() != nullptr ? text.data() : "", text.size(), SQLITE_TRANSIENT,
                      SQLITE_UTF8);
  return *this;
}
Statement& Statement::bind(int index, std::span<const uint8_t> blob) {
  MW_READY_TO_BIND;
  if (blob.empty())
    sqlite3_bind_zeroblob(handle_, index, 0);  // a null pointer would bind NULL
  else
    sqlite3_bind_blob64(handle_, index, blob.data(), blob.size(), SQLITE_TRANSIENT);
  return *this;
}
Statement& Statement::bind_null(int index) {
  MW_READY_TO_BIND;
  sqlite3_bind_null(handle_, index);
  return *this;
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    sqlite3_reset(handle_);
    return false;
  }
  Error error = sqlite_error(cache_->db, code, "use the store");
  sqlite3_reset(handle_);
  return tl::make_unexpected(std::move(error));
}
Status Statement::run() {
  for (;;) {
    const auto row = step();
    if (!row) return tl::make_unexpected(row.error());
    if (!*row) return {};
  }
}
void Statement::reset() { sqlite3_reset(handle_); }

bool Statement::is_null(int column) const { return sqlite3_column_type(handle_, column) == SQLITE_NULL; }
int64_t Statement::integer(int column) const { return sqlite3_column_int64(handle_, column); }
double Statement::real(int column) const { return sqlite3_column_double(handle_, column); }
std::string_view Statement::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
  if (data == nullptr) return {};
  return {data, static_cast<size_t>(sqlite3_column_bytes(handle_, column))};
}
std::span<const uint8_t> Statement::blob(int column) const {
  const auto* data = static_cast<const uint8_t*>(sqlite3_column_blob(handle_, column));
  if (data == nullptr) return {};
  return {data, static_cast<size_t>(sqlite3_column_bytes(handle_, column))};
}
std::optional<std::string> Statement::optional_string(int column) const {
  return is_null(column) ? std::nullopt : std::optional(string(column));
}
std::optional<int64_t> Statement::optional_integer(int column) const {
  return is_null(column) ? std::nullopt : std::optional(integer(column));
}
Uuid Statement::uuid(int column) const { return uuid_from_bytes(blob(column)).value_or(Uuid{}); }
Digest Statement::digest(int column) const {
  Digest out{};
  const auto bytes = blob(column);
  if (bytes.size() == out.size()) std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

// --- connection
// ---------------------------------------------------------------------------------------------------------

struct Database::State {
  sqlite3* db = nullptr;
  std::shared_ptr<Statement::Cache> cache = std::make_shared<Statement::Cache>();
  BusyWait wait;

  ~State() {
    cache->clear();
    cache->open = false;
    sqlite3_close_v2(db);  // waits for statements that are still out there
  }
};

Database::Database(std::unique_ptr<State> state) : state_(std::move(state)) {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

Result<Database> Database::open(const std::string& path, Mode mode) {
  auto state = std::make_unique<State>();
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  std::string name = path;
  switch (mode) {
    case Mode::read_write:
      flags |= SQLITE_OPEN_READWRITE;
      break;
    case Mode::create:
      flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
      break;
    case Mode::read_only:
      flags |= SQLITE_OPEN_READONLY;
      break;
    case Mode::immutable:
      flags |= SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
      name = uri_of(path, "immutable=1");
      break;
  }
  const int code = sqlite3_open_v2(name.c_str(), &state->db, flags, nullptr);
  state->cache->db = state->db;
  if (code != SQLITE_OK) {
    Error error = sqlite_error(state->db, code, "open the store");
    for (auto& [key, value] : error.arguments)
      if (key == "file" && value.empty()) value = path;
    return tl::make_unexpected(std::move(error));
  }
  harden(state->db);
  sqlite3_busy_handler(state->db, on_busy, &state->wait);
  Database database(std::move(state));
  MW_TRY(database.execute("PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;"));
  if (mode == Mode::read_write || mode == Mode::create) MW_TRY(database.execute("PRAGMA secure_delete = ON;"));
  return database;
}

Result<Statement> Database::prepare(std::string_view sql) const {
  auto& cache = state_->cache;
  auto place = cache->idle.find(std::string(sql));
  if (place != cache->idle.end() && !place->second.empty()) {
    sqlite3_stmt* handle = place->second.back();
    place->second.pop_back();
    return Statement(cache, handle, &place->first);
  }
  sqlite3_stmt* handle = nullptr;
  const int code = sqlite3_prepare_v3(state_->db, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &handle, nullptr);
  if (code == SQLITE_OK && handle != nullptr) {
    // Texts that are put together from parts could be without end: the first few hundred are kept.
    if (place == cache->idle.end() && cache->idle.size() < Statement::Cache::kTexts)
      place = cache->idle.try_emplace(std::string(sql)).first;
    return Statement(cache, handle, place != cache->idle.end() ? &place->first : nullptr);
  }
  return tl::make_unexpected(sqlite_error(state_->db, code == SQLITE_OK ? SQLITE_MISUSE : code, "use the store"));
}

Status Database::execute(std::string_view sql) const {
  const char* at = sql.data();
  const char* const end = sql.data() + sql.size();
  while (at != end) {
    sqlite3_stmt* handle = nullptr;
    const char* rest = nullptr;
    int code = sqlite3_prepare_v2(state_->db, at, static_cast<int>(end - at), &handle, &rest);
    if (code == SQLITE_OK) {
      at = rest;
      if (handle == nullptr) continue;  // white space or a comment
      do {
        code = sqlite3_step(handle);
      } while (code == SQLITE_ROW);
    }
    if (code != SQLITE_DONE) {
      Error error = sqlite_error(state_->db, code, "use the store");
      sqlite3_finalize(handle);
      return tl::make_unexpected(std::move(error));
    }
    sqlite3_finalize(handle);
  }
  return {};
}

int64_t Database::last_insert_id() const { return sqlite3_last_insert_rowid(state_->db); }
int64_t Database::changes() const { return sqlite3_changes64(state_->db); }
sqlite3* Database::handle() const { return state_->db; }
void Database::interrupt() const { sqlite3_interrupt(state_->db); }
void Database::set_lock_timeout(std::chrono::milliseconds timeout) { state_->wait.timeout = timeout; }

Result<int64_t> Database::integer(std::string_view sql) const {
  MW_ASSIGN(Statement query, prepare(sql));
  MW_ASSIGN(const bool row, query.step());
  if (!row)
    return fail(ErrorKind::job, "store.sql", "A query that must give a value gave none: {sql}",
                {{"sql", std::string(sql)}});
  return query.integer(0);
}

}  // namespace millwright::store

// store/ keeps what must not be lost: project.db with its transactions and audit chain, the immutable files of batches
// and bulk facts, blobs. It knows how to keep, not what: rows mean something only in the rooms below.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "base/ids.h"
#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace millwright::store {

/// A prepared statement. Parameters are bound by position from 1; a column is read by position from 0.
/// Binding and reading never fail for a caller that knows its own SQL; step() reports what the database says.
class Statement {
 public:
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;
  ~Statement();

  Statement& bind(int index, int64_t value);
  Statement& bind(int index, int value) { return bind(index, static_cast<int64_t>(value)); }
  Statement& bind(int index, double value);
  Statement& bind(int index, std::string_view text);
  Statement& bind(int index, const char* text) { return bind(index, std::string_view(text)); }
  Statement& bind(int index, std::span<const uint8_t> blob);
  Statement& bind(int index, const Uuid& id) { return bind(index, id.span()); }
  Statement& bind(int index, const Digest& digest) { return bind(index, std::span<const uint8_t>(digest)); }
  Statement& bind_null(int index);
  template <class T>
  Statement& bind(int index, const std::optional<T>& value) {
    return value ? bind(index, *value) : bind_null(index);
  }
  /// Binds all, from 1.
  template <class... Values>
  Statement& with(const Values&... values) {
    int index = 0;
    (bind(++index, values), ...);
    return *this;
  }

  /// True: a row is there; false: done.
  [[nodiscard]] Result<bool> step();
  /// For statements without rows: steps to the end and resets.
  [[nodiscard]] Status run();
  void reset();

  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] int64_t integer(int column) const;
  [[nodiscard]] double real(int column) const;
  /// Valid until the next step.
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] std::span<const uint8_t> blob(int column) const;
  [[nodiscard]] std::string string(int column) const { return std::string(text(column)); }
  [[nodiscard]] std::optional<std::string> optional_string(int column) const;
  [[nodiscard]] std::optional<int64_t> optional_integer(int column) const;
  /// Null uuid when the blob is not 16 bytes (a damaged or foreign file).
  [[nodiscard]] Uuid uuid(int column) const;
  [[nodiscard]] Digest digest(int column) const;

 private:
  friend class Database;
  struct Cache;
  Statement(std::shared_ptr<Cache> cache, sqlite3_stmt* handle, const std::string* sql)
      : cache_(std::move(cache)), handle_(handle), sql_(sql) {}
  std::shared_ptr<Cache> cache_;
  sqlite3_stmt* handle_ = nullptr;
  const std::string* sql_ = nullptr;  ///< its place in the cache; nullptr: not kept
};

/// One SQLite connection; used by one thread at a time.
class Database {
 public:
  enum class Mode {
    read_write,  ///< must exist
    create,      ///< made when missing
    read_only,
    immutable,  ///< read-only, never locked, never looked at for changes: published batch and facts files
  };
  [[nodiscard]] static Result<Database> open(const std::string& path, Mode mode);
  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;
  ~Database();

  /// Prepared statements are kept per SQL text: give literals, bind values. Error code "store.sql" for what cannot
  /// compile.
  [[nodiscard]] Result<Statement> prepare(std::string_view sql) const;
  /// One or more statements without parameters or rows.
  [[nodiscard]] Status execute(std::string_view sql) const;
  [[nodiscard]] int64_t last_insert_id() const;
  [[nodiscard]] int64_t changes() const;
  [[nodiscard]] sqlite3* handle() const;
  /// Interrupts what runs on this connection, from any thread.
  void interrupt() const;
  /// How long a statement waits for another connection's lock before store.locked; 10 s when not said.
  void set_lock_timeout(std::chrono::milliseconds timeout);
  /// The first value of the first row of a query without parameters; error "store.sql" when there is none.
  [[nodiscard]] Result<int64_t> integer(std::string_view sql) const;

 private:
  struct State;
  explicit Database(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Maps an SQLite result of this connection to an Error of kind store: store.locked, store.full, store.damaged,
/// store.read_only, store.io, store.not_a_project …
[[nodiscard]] Error sqlite_error(sqlite3* db, int code, std::string_view what);

}  // namespace millwright::store

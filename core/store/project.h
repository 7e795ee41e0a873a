// An open project: the folder NAME.millwright/ and its project.db.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "base/files.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/result.h"
#include "base/work.h"
#include "store/database.h"

namespace millwright::store {

inline constexpr std::chrono::milliseconds kDefaultLockTimeout{10'000};

class Project;

/// A write transaction on project.db (BEGIN IMMEDIATE … COMMIT). Lives only inside Project::write().
class Transaction {
 public:
  [[nodiscard]] Database& db() { return db_; }
  [[nodiscard]] const Actor& actor() const { return actor_; }
  /// The moment this transaction began: the time of every fact in it.
  [[nodiscard]] int64_t time_ms() const { return time_ms_; }
  /// Appends to the audit chain. `detail` never holds a record's content.
  [[nodiscard]] Status audit(std::string_view action, std::string_view subject, const Json& detail);
  /// Done once the transaction is durable, and only then: tidying that may fail without harm.
  void after_commit(std::function<void(const Project&)> act) { after_.push_back(std::move(act)); }

 private:
  friend class Project;
  Transaction(Database& db, const Actor& actor, int64_t time_ms) : db_(db), actor_(actor), time_ms_(time_ms) {}
  Database& db_;
  const Actor& actor_;
  int64_t time_ms_;
  std::vector<std::function<void(const Project&)>> after_;
};

struct CreateOptions {
  std::string name;  ///< shown; the folder's stem when empty
};
struct OpenOptions {
  bool read_only = false;
  std::chrono::milliseconds lock_timeout = kDefaultLockTimeout;
};

/// One connection to one project. Not shared between threads: clone() one for each thread, it is cheap.
/// Two programs, or two connections in one, are normal; SQLite's lock is the arbiter.
class Project {
 public:
  /// The folder for what a person typed: with ".millwright" added where it is missing.
  [[nodiscard]] static fs::path folder_for(const fs::path& typed);

  /// Makes a new project. Errors: store.exists, store.network_file_system, file.*.
  [[nodiscard]] static Result<Project> create(const fs::path& folder, const Actor& actor, const CreateOptions& options);
  /// Opens one: migrates forward where needed (after a backup), sweeps left-over temporary files whose writer is gone.
  /// Errors: store.not_a_project, store.too_new, store.damaged, store.locked, store.in_maintenance, store.read_only …
  [[nodiscard]] static Result<Project> open(const fs::path& folder, const Actor& actor,
                                            const OpenOptions& options = {});
  /// Another connection to the same project (for another thread), with the same options.
  [[nodiscard]] Result<Project> clone() const;
  Project(Project&&) noexcept;
  Project& operator=(Project&&) noexcept;
  ~Project();

  [[nodiscard]] const fs::path& folder() const;
  [[nodiscard]] const std::string& name() const;
  [[nodiscard]] const Uuid& id() const;
  [[nodiscard]] int format_version() const;
  [[nodiscard]] const Actor& actor() const;
  void set_actor(Actor actor);
  [[nodiscard]] bool read_only() const;
  [[nodiscard]] fs::path batches_folder() const;
  [[nodiscard]] fs::path facts_folder() const;
  [[nodiscard]] fs::path blobs_folder() const;
  [[nodiscard]] fs::path runs_folder() const;
  /// Key of the hashes that find identical records and contents (16 bytes in the project table).
  [[nodiscard]] SipKey duplicate_key() const;

  /// Runs `body` inside BEGIN IMMEDIATE … COMMIT; what it returns decides: an error rolls back. The body must be short
  /// (≤ 5 ms besides the sync), must not call write() again and does no file work of its own.
  /// F: Result<T>(Transaction&) or Status(Transaction&).
  template <class F>
  auto write(F&& body) -> std::invoke_result_t<F, Transaction&> {
    using R = std::invoke_result_t<F, Transaction&>;
    MW_TRY(begin());
    const Actor& who = actor();
    Transaction transaction(db(), who, begun_ms());
    R result = body(transaction);
    if (!result) {
      roll_back();
      return result;
    }
    if (auto committed = commit(); !committed) return tl::make_unexpected(std::move(committed).error());
    for (const auto& act : transaction.after_) act(*this);
    return result;
  }
  /// The connection, for reads: short ones outside any transaction. Nobody holds a read snapshot for more than 100 ms.
  [[nodiscard]] Database& db() const;
  /// Changes whenever another connection has committed (PRAGMA data_version).
  [[nodiscard]] int64_t data_version() const;
  /// Turns automatic checkpoints off on this connection (one that labels) and leaves them to checkpoint(), called on an
  /// idle thread's own connection.
  void set_automatic_checkpoint(bool on);
  /// Passive checkpoint: never waits for anybody.
  [[nodiscard]] Status checkpoint();

 private:
  friend class Maintenance;
  struct State;
  explicit Project(std::unique_ptr<State> state);
  [[nodiscard]] static Result<Project> connect(const fs::path& folder, const Actor& actor, const OpenOptions& options);
  [[nodiscard]] Status settle_version();
  [[nodiscard]] Status migrate();
  [[nodiscard]] Status read_identity();
  [[nodiscard]] Status begin();
  [[nodiscard]] Status commit();
  void roll_back();
  [[nodiscard]] int64_t begun_ms() const;
  std::unique_ptr<State> state_;
};

}  // namespace millwright::store

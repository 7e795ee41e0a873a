#include "store/maintenance.h"

#include <unistd.h>

#include <utility>

#include "base/clock.h"
#include "detail/project_state.h"

namespace millwright::store {
namespace {

fs::path lock_path(const fs::path& folder) { return folder / "maintenance.lock"; }

}  // namespace

namespace detail {

tl::unexpected<Error> in_maintenance(std::string_view what, std::string_view actor) {
  return fail(ErrorKind::store, "store.in_maintenance", "The project is in maintenance: {what}, by {actor}.",
              {{"what", std::string(what)}, {"actor", std::string(actor)}}, "Try again when it is done.");
}

Result<bool> maintenance_is_alive(const fs::path& folder, int64_t until_ms) {
  if (until_ms < now_ms()) return false;
  const auto lock = FileLock::try_lock(lock_path(folder));
  if (!lock) return true;  // cannot be told (a read-only folder): believe the lease
  return !lock->has_value();
}

}  // namespace detail

Maintenance::Maintenance(Project& project, std::optional<FileLock> lock, std::chrono::milliseconds lease)
    : project_(&project), lock_(std::move(lock)), lease_(lease) {}
Maintenance::Maintenance(Maintenance&& other) noexcept
    : project_(std::exchange(other.project_, nullptr)), lock_(std::move(other.lock_)), lease_(other.lease_) {}
Maintenance& Maintenance::operator=(Maintenance&& other) noexcept {
  std::swap(project_, other.project_);
  std::swap(lock_, other.lock_);
  std::swap(lease_, other.lease_);
  return *this;
}
Maintenance::~Maintenance() {
  if (project_ != nullptr) (void)end();
}

Result<Maintenance> Maintenance::begin(Project& project, std::string_view what, std::chrono::milliseconds lease) {
  if (project.read_only())
    return fail(ErrorKind::store, "store.read_only", "The project {path} is read-only.",
                {{"path", project.folder().string()}});
  MW_ASSIGN(auto lock, FileLock::try_lock(lock_path(project.folder())));
  const int64_t until = now_ms() + lease.count();
  // The lock being ours says that whoever set a row before is gone. Without it begin() decides: a holder that hangs
  // past its lease keeps its lock, but no longer the flag; when it wakes up, it finds a row that is not its own.
  if (lock) project.state_->maintenance_until_ms = -1;
  auto set = project.write([&](Transaction& transaction) -> Status {
    MW_ASSIGN(Statement insert,
              transaction.db().prepare("INSERT OR REPLACE INTO maintenance(only, what, actor, device, "
                                       "pid, until_ms) VALUES (1, ?, ?, ?, ?, ?)"));
    return insert
        .with(what, std::string_view(transaction.actor().name), std::string_view(transaction.actor().device),
              static_cast<int64_t>(::getpid()), until)
        .run();
  });
  project.state_->maintenance_until_ms.reset();
  if (!set) return tl::make_unexpected(std::move(set).error());
  project.state_->maintenance_until_ms = until;
  return Maintenance(project, std::move(lock), lease);
}

Status Maintenance::renew() {
  const int64_t until = now_ms() + lease_.count();
  MW_TRY(project_->write([&](Transaction& transaction) -> Status {
    MW_ASSIGN(Statement update, transaction.db().prepare("UPDATE maintenance SET until_ms = ? WHERE only = 1"));
    return update.with(until).run();
  }));
  project_->state_->maintenance_until_ms = until;
  return {};
}

Status Maintenance::end() {
  const Status done = project_->write([&](Transaction& transaction) { return end_with(transaction); });
  project_->state_->maintenance_until_ms.reset();
  project_ = nullptr;
  return done;
}

Status Maintenance::end_with(Transaction& transaction) { return transaction.db().execute("DELETE FROM maintenance"); }

}  // namespace millwright::store

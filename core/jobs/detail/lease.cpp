#include "detail/lease.h"

#include <charconv>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "jobs/job_folder.h"

namespace millwright::jobs::detail {
namespace {

constexpr int64_t kRenewBelowMs = 8'000;

/// BOOT/PID/TICKS/RANDOM; a holder on this machine whose process has ended is gone, whatever the time.
bool is_gone(std::string_view holder) {
  std::vector<std::string_view> parts;
  while (!holder.empty()) {
    const size_t slash = holder.find('/');
    parts.push_back(holder.substr(0, slash));
    holder = slash == std::string_view::npos ? std::string_view() : holder.substr(slash + 1);
  }
  if (parts.size() != 4) return true;
  EngineIdentity process;
  process.boot = parts[0];
  std::from_chars(parts[1].data(), parts[1].data() + parts[1].size(), process.pid);
  std::from_chars(parts[2].data(), parts[2].data() + parts[2].size(), process.start_ticks);
  return process.boot == this_process().boot && !is_alive(process);
}

}  // namespace

LeaseHolder::LeaseHolder() {
  const EngineIdentity process = this_process();
  text = process.boot + "/" + std::to_string(process.pid) + "/" + std::to_string(process.start_ticks) + "/" +
         tail(new_uuid());
}

Result<bool> claim(store::Project& project, int64_t job, const LeaseHolder& holder) {
  return project.write([&](store::Transaction& transaction) -> Result<bool> {
    MW_ASSIGN(auto update, transaction.db().prepare("UPDATE job SET state = 'running', lease_holder = ?, "
                                                    "lease_until_ms = ? WHERE id = ? AND state = 'queued'"));
    MW_TRY(update.with(holder.text, transaction.time_ms() + kLeaseMs, job).run());
    return transaction.db().changes() > 0;
  });
}

Result<bool> hold(store::Project& project, int64_t job, const LeaseHolder& holder) {
  MW_ASSIGN(auto select, project.db().prepare("SELECT lease_holder, lease_until_ms FROM job WHERE id = ?"));
  select.bind(1, job);
  MW_ASSIGN(const bool there, select.step());
  if (!there) return false;
  const std::string held_by = select.string(0);
  const int64_t until = select.integer(1);
  select.reset();
  const int64_t now = now_ms();
  const bool mine = held_by == holder.text;
  if (mine && until - now > kRenewBelowMs) return true;
  if (!mine && until > now && !is_gone(held_by)) return false;
  return project.write([&](store::Transaction& transaction) -> Result<bool> {
    MW_ASSIGN(auto update, transaction.db().prepare("UPDATE job SET lease_holder = ?, lease_until_ms = ? WHERE id = ? "
                                                    "AND state = 'running' AND coalesce(lease_holder, '') = ?"));
    MW_TRY(update.with(holder.text, transaction.time_ms() + kLeaseMs, job, held_by).run());
    return transaction.db().changes() > 0;
  });
}

}  // namespace millwright::jobs::detail

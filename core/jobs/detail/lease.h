// Who looks after a job: a lease in project.db, given up by time, or at once when the process that holds it is gone.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "store/project.h"

namespace millwright::jobs::detail {

inline constexpr int64_t kLeaseMs = 15'000;

/// This foreman; its text tells machine, process and object.
struct LeaseHolder {
  LeaseHolder();
  std::string text;
};

/// Takes a queued job: false when somebody else did.
[[nodiscard]] Result<bool> claim(store::Project& project, int64_t job, const LeaseHolder& holder);
/// Whether a running job is this holder's to look after; renews the lease when it runs low, takes it when its holder is
/// gone.
[[nodiscard]] Result<bool> hold(store::Project& project, int64_t job, const LeaseHolder& holder);

}  // namespace millwright::jobs::detail

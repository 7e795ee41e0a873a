// Rows of table job as Job.
#pragma once

#include <string_view>
#include <vector>

#include "jobs/queue.h"

namespace millwright::jobs::detail {

inline constexpr std::string_view kSelectJob =
    "SELECT id, uuid, kind, state, spec, cause, actor, created_ms, finished_ms, harvested_ms FROM job";

[[nodiscard]] Result<std::vector<Job>> read_jobs(const store::Project& project, store::Statement& select);

}  // namespace millwright::jobs::detail

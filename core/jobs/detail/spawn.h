// Starting an engine that outlives whoever starts it.
#pragma once

#include <sys/types.h>

#include "base/files.h"
#include "base/result.h"

namespace millwright::jobs::detail {

/// A session of its own, standard input from nothing, output into engine.log in the folder, no other descriptor
/// inherited, low priority. Error: job "job.cannot_start".
[[nodiscard]] Result<pid_t> spawn_engine(const fs::path& program, const fs::path& job_folder);

}  // namespace millwright::jobs::detail

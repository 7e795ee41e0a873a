// The engine as a process of its own that works on a job's folder: to be killed, or measured.
#pragma once

#include <unistd.h>

#include <string>

#include "easy_rows.h"

namespace millwright::testing {

inline pid_t start_engine(const JobInFolder& folder) {
  const std::string program = std::string(MILLWRIGHT_BUILD_DIR) + "/bin/millwright-engine";
  const std::string path = folder.job->path().string();
  const pid_t child = ::fork();
  if (child == 0) {
    ::execl(program.c_str(), program.c_str(), path.c_str(), nullptr);
    ::_exit(127);
  }
  return child;
}

/// The last step that its events tell of; 0 when there is none.
inline int64_t steps_of(const JobInFolder& folder) {
  const auto progress = jobs::newest_progress(folder.job->path());
  return progress && progress->phase == "train" ? progress->done : 0;
}

}  // namespace millwright::testing

// engine/ does the heavy work, in a process of its own: it is given a job folder and needs nothing else. The
// baselines live here; what needs libtorch lives in a module that is loaded only when it is asked for.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "jobs/job_folder.h"

namespace millwright::engine {

/// Works on a job folder until result.json is written. Returns the exit code: 0 done, 3 bad input, 4 disk full or not
/// writable, 5 failed, 6 cancelled. `stop` asks it to end, as does the folder's cancel file. A folder that has a result
/// is left alone (its exit code again), except one whose device was gone: it goes on from its checkpoint, on another
/// device if its spec now names one. A folder that another engine works on is an error.
[[nodiscard]] Result<int> run_job(const std::filesystem::path& folder, const std::stop_source& stop);

/// What this program computes with: {"program","processor","threads","vector"}.
[[nodiscard]] Json environment(int threads);

/// What a kind of job does: writes its files into the folder and returns what goes into the result's outputs.
[[nodiscard]] Result<Json> run_linear_training(const jobs::JobFolder& folder, jobs::EventWriter& events,
                                               const std::stop_token& stop);
[[nodiscard]] Result<Json> run_lexicon_training(const jobs::JobFolder& folder, jobs::EventWriter& events,
                                                const std::stop_token& stop);

}  // namespace millwright::engine

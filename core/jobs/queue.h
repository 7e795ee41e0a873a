// The project's queue of jobs: what is waiting, running, done.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/json.h"
#include "base/result.h"
#include "base/work.h"
#include "jobs/job_folder.h"
#include "store/project.h"

namespace millwright::jobs {

enum class JobState { queued, running, done, failed, cancelled };
[[nodiscard]] std::string_view name_of(JobState state);

struct Job {
  int64_t id = 0;
  Uuid uuid;
  std::string kind;
  JobState state = JobState::queued;
  Json spec;
  std::optional<Cause> cause;
  std::string message;  ///< of a job that failed, where its folder still tells
  std::string actor;
  int64_t created_ms = 0;
  std::optional<int64_t> finished_ms;
  bool harvested = false;
  std::optional<Progress> progress;  ///< of a running job
  /// 0 … 1 where known: 1 when done.
  [[nodiscard]] std::optional<double> share() const;
  [[nodiscard]] bool ended() const {
    return state == JobState::done || state == JobState::failed || state == JobState::cancelled;
  }
};

[[nodiscard]] fs::path folder_of(const store::Project& project, const Uuid& job);

/// Makes the folder, lets `prepare` put the inputs there (synced by whoever writes them), and enters the job in the
/// queue with an audit entry. When anything fails the folder goes.
[[nodiscard]] Result<Job> enqueue(store::Project& project, const std::string& kind, const Json& body,
                                  const std::function<Status(const JobFolder&)>& prepare);

/// Newest first.
[[nodiscard]] Result<std::vector<Job>> list_jobs(const store::Project& project, int64_t limit = 1000);
[[nodiscard]] Result<Job> read_job(const store::Project& project, int64_t id);
/// By id as typed (a prefix of its tail, or "latest").
[[nodiscard]] Result<Job> find_job(const store::Project& project, std::string_view typed);

/// A queued job is cancelled at once; a running one is asked to stop, and made to by the next rounds of whoever looks
/// after it (SIGTERM after 5 s, SIGKILL after 10). A job that has ended stays as it is: error refused "job.ended".
[[nodiscard]] Status cancel_job(store::Project& project, int64_t id);

/// Whether a job that failed or was cancelled still has its inputs. They are kept for 30 days, unless the same again
/// would fail the same way (bad_data, diverged).
[[nodiscard]] bool can_be_retried(const store::Project& project, const Job& job);

/// Puts a job that failed or was cancelled into the queue again, with the inputs that it had: it goes on from what it
/// left (a checkpoint, finished folds), where it left any. `device` names another device; empty: the same. Errors:
/// refused "job.not_ended", "job.nothing_left" (see can_be_retried()), "job.busy"; usage "train.device".
[[nodiscard]] Status retry_job(store::Project& project, int64_t id, const std::string& device = {});

/// {"job","kind","state","progress","cause",…}: the keys of `jobs`.
[[nodiscard]] Json to_json(const Job& job);

}  // namespace millwright::jobs

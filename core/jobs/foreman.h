// Whoever is alive looks after the jobs: workbench, `train --wait`, `jobs run`. Any number of them may do so at once.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "jobs/job_folder.h"
#include "jobs/queue.h"
#include "store/project.h"

namespace millwright::jobs {

/// Takes a finished job's result over. First the file work (blobs, facts), which may be done twice without harm; what
/// it returns runs inside the transaction that marks the job as harvested, and so exactly once.
using Commit = std::function<Status(store::Transaction&)>;
using Harvest =
    std::function<Result<Commit>(store::Project&, const Job& job, const JobFolder& folder, const JobResult& result)>;

/// A job seen in a round: what is new about it.
struct Sighting {
  Job job;
  std::vector<Event> events;  ///< since the round before
  bool ended_now = false;     ///< its result was taken over in this round
};

/// The engine's program: the environment's MILLWRIGHT_ENGINE, else millwright-engine beside this program.
/// Error: job "job.no_engine".
[[nodiscard]] Result<fs::path> engine_program();

class Foreman {
 public:
  /// `harvests` by kind. The foreman keeps a connection of its own.
  Foreman(store::Project project, std::map<std::string, Harvest> harvests);
  Foreman(Foreman&&) noexcept;
  Foreman& operator=(Foreman&&) noexcept;
  ~Foreman();

  /// One look at everything: claims and starts what is queued, renews leases, forces what was cancelled and does not
  /// stop, finds engines that died, harvests results. Takes a millisecond or two; call it some ten times a second.
  /// Error "job.no_engine" only when something is queued and nothing runs.
  [[nodiscard]] Result<std::vector<Sighting>> round();
  /// Rounds until this job has ended and its result is taken over; progress goes to `work`. Being asked to stop cancels
  /// the job and waits for its end: then the error is of kind cancelled. A job that failed is an error of kind job,
  /// code "job.failed", with its cause in the arguments.
  [[nodiscard]] Result<Job> wait(int64_t job, const Work& work, const std::function<void(const Event&)>& on_event = {});
  /// Until nothing is queued or running.
  [[nodiscard]] Status work_off(const Work& work, const std::function<void(const Sighting&)>& on_change = {});
  [[nodiscard]] store::Project& project();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace millwright::jobs

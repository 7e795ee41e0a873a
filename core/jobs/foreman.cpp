#include "jobs/foreman.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/clock.h"
#include "base/log.h"
#include "detail/lease.h"
#include "detail/rows.h"
#include "detail/spawn.h"

namespace millwright::jobs {
namespace {

constexpr auto kBetweenRounds = std::chrono::milliseconds(30);
constexpr int64_t kTermAfterMs = 5'000;
constexpr int64_t kKillAfterMs = 10'000;
constexpr int64_t kOrphanMs = 3'600'000;                    // a folder without a job is swept when it is older
constexpr int64_t kRetryMs = int64_t{30} * 24 * 3'600'000;  // what a failed job could go on from is kept for so long

/// Whether what made a job fail lies outside of it: the same again would not do otherwise.
bool lies_outside(const std::optional<Cause>& cause) {
  return cause && *cause != Cause::bad_data && *cause != Cause::diverged;
}

/// How a child of this process ended, in words.
std::string ending(int status) {
  if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status));
  return "exit code " + std::to_string(WEXITSTATUS(status));
}

/// Folders that a program left behind when it was killed between two steps: of jobs whose model was taken over, and of
/// jobs that never got into the queue.
void sweep(const store::Project& project) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(project.runs_folder(), error)) {
    const auto folder = JobFolder::open(entry.path());
    if (!folder) continue;
    auto select = project.db().prepare("SELECT state, harvested_ms, finished_ms FROM job WHERE uuid = ?");
    if (!select) return;
    select->bind(1, folder->spec().job);
    const auto there = select->step();
    if (!there) return;
    const bool taken_over = *there && select->text(0) == "done" && !select->is_null(1);
    const bool cancelled_in_queue = *there && select->text(0) == "cancelled" && !folder->engine();
    std::error_code no_time;
    const auto age = fs::file_time_type::clock::now() - fs::last_write_time(entry.path() / "spec.json", no_time);
    const bool given_up = *there && !select->is_null(2) && now_ms() - select->integer(2) > kRetryMs;
    const bool orphan = !*there && !no_time && age > std::chrono::milliseconds(kOrphanMs);
    if (!taken_over && !cancelled_in_queue && !orphan && !given_up) continue;
    const auto lock = folder->try_lock();
    if (!lock || !*lock) continue;
    if (taken_over || cancelled_in_queue || orphan) {
      (void)folder->remove_all();
    } else {
      (void)folder->remove_inputs();  // its result still tells why it failed
    }
  }
}

}  // namespace

Result<fs::path> engine_program() {
  fs::path program;
  if (const char* set = std::getenv("MILLWRIGHT_ENGINE"); set != nullptr && *set != '\0') {
    program = set;
  } else {
    program = program_folder() / "millwright-engine";
  }
  if (::access(program.c_str(), X_OK) == 0) return program;
  return fail(ErrorKind::job, "job.no_engine", "There is no engine at {path}: nothing can be trained.",
              {{"path", program.string()}}, "Install millwright-engine beside this program, or set MILLWRIGHT_ENGINE.");
}

struct Foreman::State {
  struct Followed {
    EventReader events;
    pid_t child = 0;                  ///< of this process; 0: somebody else started it
    std::optional<int> child_status;  ///< when it has ended
    bool terminated = false, killed = false;
    bool over = false;  ///< the job has ended; only the child is still to be collected
  };
  store::Project project;
  std::map<std::string, Harvest> harvests;
  detail::LeaseHolder holder;
  std::map<int64_t, Followed> followed;

  State(store::Project p, std::map<std::string, Harvest> h) : project(std::move(p)), harvests(std::move(h)) {}

  Followed& follow(const Job& job) {
    return followed.try_emplace(job.id, Followed{EventReader(folder_of(project, job.uuid))}).first->second;
  }
  void reap();
  Status start(const Job& job);
  Status spawn(const fs::path& program, const fs::path& path, Followed& follower);
  Result<bool> look_after(const Job& job, Followed& follower);
  Result<bool> take_over(const Job& job, const JobFolder& folder, JobResult result);
  Result<bool> bury(const Job& job, const JobFolder& folder, Followed& follower);
  void enforce_cancel(const JobFolder& folder, Followed& follower);
  Result<bool> mark(const Job& job, JobState state, std::optional<Cause> cause, const Commit& commit);
};

/// Children that ended are collected, or they would stay as zombies for as long as the workbench runs.
void Foreman::State::reap() {
  for (auto& [id, follower] : followed) {
    int status = 0;
    if (follower.child > 0 && !follower.child_status && ::waitpid(follower.child, &status, WNOHANG) == follower.child)
      follower.child_status = status;
  }
  std::erase_if(followed, [](const auto& entry) {
    return entry.second.over && (entry.second.child == 0 || entry.second.child_status);
  });
}

Status Foreman::State::start(const Job& job) {
  MW_ASSIGN(const fs::path program, engine_program());
  MW_ASSIGN(const bool claimed, detail::claim(project, job.id, holder));
  if (!claimed) return {};
  return spawn(program, folder_of(project, job.uuid), follow(job));
}

/// A start that fails is the job's end: it is written down like any other.
Status Foreman::State::spawn(const fs::path& program, const fs::path& path, Followed& follower) {
  const auto child = detail::spawn_engine(program, path);
  if (child) {
    follower.child = *child;
    follower.child_status.reset();
    follower.over = follower.terminated = follower.killed = false;  // of an earlier try
    return {};
  }
  MW_ASSIGN(const JobFolder folder, JobFolder::open(path));
  return folder.write_result({false, Cause::crashed, message_of(child.error()), 0, Json::object()});
}

/// A running job that is ours to look after. True when it ended and its result is taken over.
Result<bool> Foreman::State::look_after(const Job& job, Followed& follower) {
  auto folder = JobFolder::open(folder_of(project, job.uuid));
  if (!folder) {
    // Somebody removed the folder: there is nothing to wait for.
    log::warning("the folder of job " + tail(job.uuid) + " is gone: " + message_of(folder.error()));
    return mark(job, JobState::failed, Cause::crashed, {});
  }
  auto result = folder->result();
  if (!result) return take_over(job, *folder, {false, Cause::crashed, message_of(result.error()), 0, Json::object()});
  if (*result) return take_over(job, *folder, std::move(**result));
  enforce_cancel(*folder, follower);
  if (follower.child > 0 && !follower.child_status) return false;
  if (const auto engine = folder->engine(); engine && is_alive(*engine)) return false;
  return bury(job, *folder, follower);
}

/// No engine seems to be alive. Whoever gets its lock knows for sure, and says what happened in its place.
Result<bool> Foreman::State::bury(const Job& job, const JobFolder& folder, Followed& follower) {
  MW_ASSIGN(const auto lock, folder.try_lock());
  if (!lock) return false;
  MW_ASSIGN(auto late, folder.result());
  if (late) return take_over(job, folder, std::move(*late));
  const bool cancelled = folder.cancel_requested();
  if (!cancelled && !folder.engine() && !follower.child_status) {
    // Claimed by a program that ended before it could start an engine.
    MW_ASSIGN(const fs::path program, engine_program());
    MW_TRY(spawn(program, folder.path(), follower));
    return false;
  }
  JobResult result;
  result.cause = cancelled ? Cause::cancelled : Cause::crashed;
  result.message = cancelled ? "The job was made to stop." : "The engine ended without a result";
  if (!cancelled)
    result.message += follower.child_status ? " (" + ending(*follower.child_status) + ")." : std::string(".");
  MW_TRY(folder.write_result(result));
  return take_over(job, folder, std::move(result));
}

/// Cooperative first; SIGTERM and SIGKILL only to the very process that works on the folder.
void Foreman::State::enforce_cancel(const JobFolder& folder, Followed& follower) {
  const auto asked = folder.cancel_requested_ms();
  if (!asked) return;
  const auto engine = folder.engine();
  if (!engine || !is_alive(*engine)) return;
  const int64_t waited = now_ms() - *asked;
  if (waited >= kKillAfterMs && !follower.killed) {
    follower.killed = ::kill(static_cast<pid_t>(engine->pid), SIGKILL) == 0;
  } else if (waited >= kTermAfterMs && !follower.terminated) {
    follower.terminated = ::kill(static_cast<pid_t>(engine->pid), SIGTERM) == 0;
  }
}

Result<bool> Foreman::State::take_over(const Job& job, const JobFolder& folder, JobResult result) {
  Commit commit;
  if (result.ok) {
    const auto harvest = harvests.find(job.kind);
    if (harvest == harvests.end()) return false;  // a kind that another program knows
    auto prepared = harvest->second(project, job, folder, result);
    if (prepared) {
      commit = std::move(*prepared);
    } else if (prepared.error().kind == ErrorKind::store) {
      return tl::make_unexpected(prepared.error());  // the disk is full, or the project locked: later again
    } else {
      result.ok = false;
      result.cause = Cause::bad_data;
      result.message = message_of(prepared.error());
      MW_TRY(folder.write_result(result));
    }
  }
  const JobState state = result.ok                          ? JobState::done
                         : result.cause == Cause::cancelled ? JobState::cancelled
                                                            : JobState::failed;
  MW_ASSIGN(const bool mine, mark(job, state, result.ok ? std::nullopt : result.cause, commit));
  // Whoever marked it cleans up; what a kill leaves in between is swept later.
  if (mine && result.ok) (void)folder.remove_all();
  if (mine && !result.ok && !lies_outside(result.cause)) (void)folder.remove_inputs();
  return mine;
}

/// Ends a job once: false when somebody else did in the meantime.
Result<bool> Foreman::State::mark(const Job& job, JobState state, std::optional<Cause> cause, const Commit& commit) {
  return project.write([&](store::Transaction& transaction) -> Result<bool> {
    MW_ASSIGN(auto update, transaction.db().prepare(
                               "UPDATE job SET state = ?, cause = ?, finished_ms = ?, harvested_ms = ?, lease_holder = "
                               "NULL, lease_until_ms = NULL WHERE id = ? AND harvested_ms IS NULL"));
    const std::optional<std::string> cause_text = cause ? std::optional(std::string(name_of(*cause))) : std::nullopt;
    MW_TRY(update.with(name_of(state), cause_text, transaction.time_ms(), transaction.time_ms(), job.id).run());
    if (transaction.db().changes() == 0) return false;
    if (commit) MW_TRY(commit(transaction));
    MW_TRY(transaction.audit("job.end", tail(job.uuid),
                             {{"state", name_of(state)}, {"cause", cause_text ? Json(*cause_text) : Json(nullptr)}}));
    return true;
  });
}

Foreman::Foreman(store::Project project, std::map<std::string, Harvest> harvests)
    : state_(std::make_unique<State>(std::move(project), std::move(harvests))) {
  if (!state_->project.read_only()) sweep(state_->project);
}
Foreman::Foreman(Foreman&&) noexcept = default;
Foreman& Foreman::operator=(Foreman&&) noexcept = default;
Foreman::~Foreman() = default;

store::Project& Foreman::project() { return state_->project; }

Result<std::vector<Sighting>> Foreman::round() {
  State& state = *state_;
  state.reap();
  MW_ASSIGN(auto select, state.project.db().prepare(std::string(detail::kSelectJob) +
                                                    " WHERE state IN ('queued', 'running') ORDER BY id"));
  MW_ASSIGN(const std::vector<Job> jobs, detail::read_jobs(state.project, select));
  std::vector<Sighting> sightings;
  const bool busy = std::any_of(jobs.begin(), jobs.end(), [](const Job& j) { return j.state == JobState::running; });
  bool started = false;
  for (const Job& job : jobs) {
    if (job.state == JobState::queued) {
      // One at a time: the others would only wait for the device.
      if (busy || started) continue;
      MW_TRY(state.start(job));
      started = true;
      MW_ASSIGN(Job now, read_job(state.project, job.id));
      sightings.push_back({std::move(now), {}, false});
      continue;
    }
    State::Followed& follower = state.follow(job);
    Sighting sighting{job, follower.events.next(), false};
    MW_ASSIGN(const bool mine, detail::hold(state.project, job.id, state.holder));
    if (mine) {
      MW_ASSIGN(sighting.ended_now, state.look_after(job, follower));
      if (sighting.ended_now) {
        MW_ASSIGN(sighting.job, read_job(state.project, job.id));
        follower.over = true;
      }
    }
    sightings.push_back(std::move(sighting));
  }
  return sightings;
}

Result<Job> Foreman::wait(int64_t id, const Work& work, const std::function<void(const Event&)>& on_event) {
  bool asked_to_stop = false;
  for (;;) {
    MW_ASSIGN(const std::vector<Sighting> sightings, round());
    for (const Sighting& sighting : sightings) {
      if (sighting.job.id != id) continue;
      for (const Event& event : sighting.events)
        if (on_event) on_event(event);
      if (sighting.job.progress) work.report(*sighting.job.progress);
    }
    MW_ASSIGN(Job job, read_job(state_->project, id));
    if (job.ended()) {
      state_->reap();
      if (job.state == JobState::done) return job;
      const std::string cause(job.cause ? name_of(*job.cause) : "crashed");
      if (job.state == JobState::cancelled)
        return fail(ErrorKind::cancelled, "job.cancelled", "The job {job} was cancelled.", {{"job", tail(job.uuid)}});
      return fail(ErrorKind::job, "job.failed", "The job {job} failed ({cause}): {reason}",
                  {{"job", tail(job.uuid)}, {"cause", cause}, {"reason", job.message}});
    }
    if (work.stopped() && !asked_to_stop) {
      asked_to_stop = true;
      if (auto asked = cancel_job(state_->project, id); !asked && asked.error().code != "job.ended")
        return tl::make_unexpected(asked.error());
    }
    std::this_thread::sleep_for(kBetweenRounds);
  }
}

Status Foreman::work_off(const Work& work, const std::function<void(const Sighting&)>& on_change) {
  for (;;) {
    MW_ASSIGN(const std::vector<Sighting> sightings, round());
    bool open = false;
    for (const Sighting& sighting : sightings) {
      open = open || !sighting.job.ended();
      if (sighting.job.progress) work.report(*sighting.job.progress);
      if (on_change && (sighting.ended_now || !sighting.events.empty())) on_change(sighting);
    }
    // A job that ended in this round may have made way for one that is still queued.
    const bool ended = std::any_of(sightings.begin(), sightings.end(), [](const Sighting& s) { return s.ended_now; });
    if (!open && !ended) return {};
    if (work.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped; jobs that run go on by themselves.");
    std::this_thread::sleep_for(kBetweenRounds);
  }
}

}  // namespace millwright::jobs

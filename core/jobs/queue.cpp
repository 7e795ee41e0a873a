#include "jobs/queue.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/clock.h"
#include "detail/rows.h"
#include "jobs/algorithms.h"
#include "store/lookup.h"

namespace millwright::jobs {

std::string_view name_of(JobState state) {
  switch (state) {
    case JobState::queued:
      return "queued";
    case JobState::running:
      return "running";
    case JobState::done:
      return "done";
    case JobState::failed:
      return "failed";
    case JobState::cancelled:
      return "cancelled";
  }
  return {};
}

std::optional<double> Job::share() const {
  if (state == JobState::done) return 1.0;
  if (state == JobState::queued) return 0.0;
  // Only training knows its end well enough to say how far it is; what comes before and after is short.
  if (!progress || progress->phase != "train" || progress->total <= 0) return std::nullopt;
  return std::clamp(static_cast<double>(progress->done) / static_cast<double>(progress->total), 0.0, 1.0);
}

fs::path folder_of(const store::Project& project, const Uuid& job) { return project.runs_folder() / tail(job); }

Result<Job> enqueue(store::Project& project, const std::string& kind, const Json& body,
                    const std::function<Status(const JobFolder&)>& prepare) {
  const JobSpec spec{new_uuid(), kind, body};
  const fs::path path = folder_of(project, spec.job);
  MW_ASSIGN(const JobFolder folder, JobFolder::create(path, spec));
  const auto entered = [&]() -> Result<int64_t> {
    MW_TRY(make_folders(folder.file("inputs")));
    MW_TRY(prepare(folder));
    return project.write([&](store::Transaction& transaction) -> Result<int64_t> {
      MW_ASSIGN(auto insert, transaction.db().prepare("INSERT INTO job(uuid, kind, state, spec, actor, device, "
                                                      "created_ms) VALUES(?, ?, 'queued', ?, ?, ?, ?)"));
      MW_TRY(insert
                 .with(spec.job, kind, to_text(body), transaction.actor().name, transaction.actor().device,
                       transaction.time_ms())
                 .run());
      const int64_t id = transaction.db().last_insert_id();
      MW_TRY(transaction.audit("job.queue", tail(spec.job), {{"kind", kind}}));
      return id;
    });
  }();
  if (!entered) {
    (void)folder.remove_all();
    return tl::make_unexpected(entered.error());
  }
  return read_job(project, *entered);
}

Result<std::vector<Job>> list_jobs(const store::Project& project, int64_t limit) {
  MW_ASSIGN(auto select, project.db().prepare(std::string(detail::kSelectJob) + " ORDER BY id DESC LIMIT ?"));
  select.bind(1, limit);
  return detail::read_jobs(project, select);
}

Result<Job> read_job(const store::Project& project, int64_t id) {
  MW_ASSIGN(auto select, project.db().prepare(std::string(detail::kSelectJob) + " WHERE id = ?"));
  select.bind(1, id);
  MW_ASSIGN(auto jobs, detail::read_jobs(project, select));
  if (jobs.empty())
    return fail(ErrorKind::bad_input, "job.unknown", "There is no job number {id}.", {{"id", std::to_string(id)}});
  return std::move(jobs.front());
}

Result<Job> find_job(const store::Project& project, std::string_view typed) {
  MW_ASSIGN(const store::Found found, store::find_by_tail(project, "job", typed, "job"));
  return read_job(project, found.id);
}

Status cancel_job(store::Project& project, int64_t id) {
  // Whether it is still queued is decided inside the transaction: somebody may claim it at this moment.
  MW_ASSIGN(const Job job, read_job(project, id));
  MW_ASSIGN(const bool was_queued, project.write([&](store::Transaction& transaction) -> Result<bool> {
    MW_ASSIGN(auto update,
              transaction.db().prepare("UPDATE job SET state = 'cancelled', cause = 'cancelled', "
                                       "finished_ms = ?, harvested_ms = ? WHERE id = ? AND state = 'queued'"));
    MW_TRY(update.with(transaction.time_ms(), transaction.time_ms(), id).run());
    const bool changed = transaction.db().changes() > 0;
    MW_ASSIGN(auto select, transaction.db().prepare("SELECT state FROM job WHERE id = ?"));
    select.bind(1, id);
    MW_ASSIGN(const bool there, select.step());
    const std::string state = there ? select.string(0) : "";
    select.reset();
    if (!changed && state != "running")
      return fail(ErrorKind::refused, "job.ended", "The job {job} has ended: {state}.",
                  {{"job", tail(job.uuid)}, {"state", state}});
    MW_TRY(transaction.audit("job.cancel", tail(job.uuid), {{"was", changed ? "queued" : "running"}}));
    return changed;
  }));
  const fs::path path = folder_of(project, job.uuid);
  MW_ASSIGN(const JobFolder folder, JobFolder::open(path));
  return was_queued ? folder.remove_all() : folder.request_cancel();
}

namespace {

/// An engine that has written its result has not ended yet: a moment is waited for that.
Result<std::optional<FileLock>> lock_of(const JobFolder& folder) {
  constexpr int kTries = 40;
  constexpr auto kBetween = std::chrono::milliseconds(50);
  for (int i = 1;; ++i) {
    MW_ASSIGN(auto lock, folder.try_lock());
    if (lock || i == kTries) return lock;
    std::this_thread::sleep_for(kBetween);
  }
}

}  // namespace

bool can_be_retried(const store::Project& project, const Job& job) {
  if (job.state != JobState::failed && job.state != JobState::cancelled) return false;
  const auto folder = JobFolder::open(folder_of(project, job.uuid));
  return folder && folder->has_inputs();
}

Status retry_job(store::Project& project, int64_t id, const std::string& device) {
  MW_ASSIGN(const Job job, read_job(project, id));
  if (job.state != JobState::failed && job.state != JobState::cancelled)
    return fail(ErrorKind::refused, "job.not_ended", "The job {job} neither failed nor was cancelled: {state}.",
                {{"job", tail(job.uuid)}, {"state", std::string(name_of(job.state))}});
  if (!can_be_retried(project, job))
    return fail(ErrorKind::refused, "job.nothing_left", "Nothing is left of the job {job} to go on from.",
                {{"job", tail(job.uuid)}}, "Start it anew.");
  MW_ASSIGN(const JobFolder folder, JobFolder::open(folder_of(project, job.uuid)));
  Json body = folder.spec().body;
  if (!device.empty()) {
    const auto name = body.value("algorithm", std::string("encoder"));  // other jobs that compute are encoders' too
    const Algorithm* const algorithm = find_algorithm(name);
    if (algorithm != nullptr) MW_TRY(check_device(*algorithm, device));
    body["device"] = device;
  }
  MW_ASSIGN(const auto lock, lock_of(folder));
  if (!lock)
    return fail(ErrorKind::refused, "job.busy", "An engine still works on the job {job}.", {{"job", tail(job.uuid)}},
                "Wait a moment.");
  // The folder first: a job that is queued must not have a result.
  MW_TRY(folder.reset(body));
  return project.write([&](store::Transaction& transaction) -> Status {
    MW_ASSIGN(auto update,
              transaction.db().prepare("UPDATE job SET state = 'queued', spec = ?, cause = NULL, finished_ms = NULL, "
                                       "harvested_ms = NULL, lease_holder = NULL, lease_until_ms = NULL "
                                       "WHERE id = ? AND state IN ('failed', 'cancelled')"));
    MW_TRY(update.with(to_text(body), id).run());
    if (transaction.db().changes() == 0) return {};  // somebody else was quicker, with the same end
    return transaction.audit("job.retry", tail(job.uuid), {{"device", body.value("device", Json())}});
  });
}

Json to_json(const Job& job) {
  Json json = {{"job", tail(job.uuid)},
               {"kind", job.kind},
               {"state", name_of(job.state)},
               {"progress", nullptr},
               {"cause", nullptr},
               {"phase", job.progress ? Json(job.progress->phase) : Json(nullptr)},
               {"by", job.actor},
               {"created", iso8601(job.created_ms)},
               {"finished", job.finished_ms ? Json(iso8601(*job.finished_ms)) : Json(nullptr)}};
  if (const auto share = job.share()) json["progress"] = *share;
  if (job.cause) json["cause"] = name_of(*job.cause);
  if (!job.message.empty()) json["message"] = job.message;
  return json;
}

}  // namespace millwright::jobs

#include "detail/rows.h"

#include "jobs/job_folder.h"

namespace millwright::jobs::detail {
namespace {

JobState state_named(std::string_view name) {
  for (const JobState state : {JobState::queued, JobState::running, JobState::done, JobState::failed})
    if (name_of(state) == name) return state;
  return JobState::cancelled;
}

/// What only the folder knows: how far a running job is, why a failed one failed.
void look_into_folder(const store::Project& project, Job& job) {
  const fs::path path = folder_of(project, job.uuid);
  if (job.state == JobState::running) job.progress = newest_progress(path);
  if (job.state != JobState::failed) return;
  if (const auto folder = JobFolder::open(path))
    if (const auto result = folder->result(); result && *result) job.message = (*result)->message;
}

}  // namespace

Result<std::vector<Job>> read_jobs(const store::Project& project, store::Statement& select) {
  std::vector<Job> jobs;
  for (;;) {
    MW_ASSIGN(const bool row, select.step());
    if (!row) break;
    Job job;
    job.id = select.integer(0);
    job.uuid = select.uuid(1);
    job.kind = select.string(2);
    job.state = state_named(select.text(3));
    MW_ASSIGN(job.spec, parse_json(select.text(4), "the job's plan"));
    if (const auto cause = select.optional_string(5)) job.cause = cause_named(*cause);
    job.actor = select.string(6);
    job.created_ms = select.integer(7);
    job.finished_ms = select.optional_integer(8);
    job.harvested = !select.is_null(9);
    jobs.push_back(std::move(job));
  }
  select.reset();
  for (Job& job : jobs) look_into_folder(project, job);
  return jobs;
}

}  // namespace millwright::jobs::detail

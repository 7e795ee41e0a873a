// `jobs P list|show|wait|cancel|retry|run`: long work in processes of its own.
#include <iostream>

#include "base/ids.h"
#include "display.h"
#include "jobs/pace.h"
#include "models/training.h"
#include "verb.h"

namespace millwright::cli {
namespace {

struct Options {
  std::string project, job = "latest", device;
  int64_t limit = 1000;
};

std::string share_of(const jobs::Job& job) {
  if (const auto share = job.share()) return percent(*share, 0);
  return job.progress ? job.progress->phase : "";
}

std::optional<jobs::Pace> pace_of(const store::Project& project, const jobs::Job& job) {
  if (job.state != jobs::JobState::running) return std::nullopt;
  return jobs::newest_pace(jobs::folder_of(project, job.uuid));
}

void print_one(std::ostream& out, const store::Project& project, const jobs::Job& job) {
  out << tail(job.uuid) << "  " << job.kind << "  " << name_of(job.state) << "  " << share_of(job) << '\n';
  if (const auto pace = pace_of(project, job)) out << "  " << words_of(jobs::remarks_on(pace), " · ") << '\n';
  if (!job.message.empty()) out << "  " << job.message << '\n';
  if (jobs::can_be_retried(project, job))
    out << "  What it left is kept: jobs P retry " << tail(job.uuid) << " goes on from there\n";
}

Json entry_of(const store::Project& project, const jobs::Job& job) {
  Json entry = jobs::to_json(job);
  entry.update(jobs::to_json(pace_of(project, job)));
  return entry;
}

/// One job: its own keys, and `jobs` as every way of this verb has it.
Json document_of(const store::Project& project, const jobs::Job& job) {
  Json document = entry_of(project, job);
  document["jobs"] = Json::array({document});
  return document;
}

Result<int> list(Context& context, const Options& options) {
  MW_ASSIGN(auto project, context.open(options.project));
  MW_ASSIGN(const auto all, jobs::list_jobs(project, options.limit));
  Json array = Json::array();
  for (const jobs::Job& job : all) array.push_back(entry_of(project, job));
  context.answer({{"jobs", array}}, [&](std::ostream& out) {
    Table table({"job", "kind", "state", "progress", "cause", "by"});
    for (const jobs::Job& job : all)
      table.row({tail(job.uuid), job.kind, std::string(name_of(job.state)), share_of(job),
                 job.cause ? std::string(name_of(*job.cause)) : "", job.actor});
    table.print(out);
  });
  return 0;
}

Result<int> show(Context& context, const Options& options) {
  MW_ASSIGN(auto project, context.open(options.project));
  MW_ASSIGN(const jobs::Job job, jobs::find_job(project, options.job));
  Json document = document_of(project, job);
  document["plan"] = job.spec;
  context.answer(document, [&](std::ostream& out) { print_one(out, project, job); });
  return 0;
}

Result<int> wait(Context& context, const Options& options) {
  MW_ASSIGN(auto project, context.open(options.project));
  MW_ASSIGN(const jobs::Job job, jobs::find_job(project, options.job));
  MW_ASSIGN(const jobs::Job done, wait_for(context, project, job, "Job"));
  context.answer(document_of(project, done), [&](std::ostream& out) { print_one(out, project, done); });
  return 0;
}

Result<int> cancel(Context& context, const Options& options) {
  MW_ASSIGN(auto project, context.open(options.project));
  MW_ASSIGN(const jobs::Job job, jobs::find_job(project, options.job));
  MW_TRY(jobs::cancel_job(project, job.id));
  MW_ASSIGN(const jobs::Job now, jobs::read_job(project, job.id));
  context.answer(document_of(project, now), [&](std::ostream& out) {
    out << (now.ended() ? "Cancelled.\n" : "Asked to stop; whoever looks after the job takes it from here.\n");
  });
  return 0;
}

Result<int> retry(Context& context, const Options& options) {
  MW_ASSIGN(auto project, context.open(options.project));
  MW_ASSIGN(const jobs::Job job, jobs::find_job(project, options.job));
  MW_TRY(jobs::retry_job(project, job.id, options.device));
  MW_ASSIGN(const jobs::Job now, jobs::read_job(project, job.id));
  context.answer(document_of(project, now), [&](std::ostream& out) {
    out << "In the queue again. It goes on from what it left: jobs " << options.project << " wait " << tail(job.uuid)
        << '\n';
  });
  return 0;
}

Result<int> run_all(Context& context, const Options& options) {
  MW_ASSIGN(auto project, context.open(options.project));
  MW_ASSIGN(auto foreman, models::foreman(project));
  Json ended = Json::array();
  bool failed = false;
  MW_TRY(foreman.work_off(context.work("Jobs"), [&](const jobs::Sighting& sighting) {
    if (!sighting.ended_now) return;
    ended.push_back(jobs::to_json(sighting.job));
    failed = failed || sighting.job.state == jobs::JobState::failed;
  }));
  context.answer({{"jobs", ended}},
                 [&](std::ostream& out) { out << grouped(static_cast<int64_t>(ended.size())) << " done.\n"; });
  return failed ? exit_code(ErrorKind::job) : 0;
}

void add(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = context.verb(app, "jobs", "Long work: queue, progress, result", "jobs demo list");
  verb->add_option("PROJECT", options->project, "Project folder")->required();
  verb->require_subcommand(1);
  CLI::App* all = context.verb(*verb, "list", "Every job, newest first", "jobs demo list");
  all->add_option("--limit", options->limit, "At most so many")->type_name("N");
  context.action(all, [options](Context& c) { return list(c, *options); });
  const auto one = [&](const char* name, const char* description, const char* example,
                       Result<int> (*action)(Context&, const Options&)) {
    CLI::App* inner = context.verb(*verb, name, description, example);
    inner->add_option("JOB", options->job, "The job; the newest otherwise");
    context.action(inner, [options, action](Context& c) { return action(c, *options); });
    return inner;
  };
  one("show", "One job, with its plan", "jobs demo show latest", show);
  one("wait", "Look after a job until it has ended", "jobs demo wait latest", wait);
  one("cancel", "Ask a job to stop, and make it", "jobs demo cancel latest", cancel);
  one("retry", "Put a job that failed or was cancelled into the queue again", "jobs demo retry latest --device cpu",
      retry)
      ->add_option("--device", options->device, "auto, cpu or cuda:N; the same as before otherwise");
  CLI::App* work = context.verb(*verb, "run", "Work off what is queued, here", "jobs demo run");
  context.action(work, [options](Context& c) { return run_all(c, *options); });
}
const Registration kRegistration(170, add);

}  // namespace
}  // namespace millwright::cli

#include "models/training.h"

#include <algorithm>
#include <iterator>

#include "base/ids.h"
#include "detail/job_inputs.h"
#include "detail/training_choice.h"
#include "detail/training_inputs.h"
#include "labels/task.h"
#include "models/registry.h"
#include "quality/gate_report.h"
#include "snapshots/gate.h"
#include "snapshots/snapshot.h"

namespace millwright::models {
namespace {

/// What is decided before anything is written.
struct Plan : detail::TrainingChoice {
  snapshots::Snapshot snapshot;
  labels::Task task;
  std::string gate_override;  ///< who allowed it and why, where the gate was not green
};

Result<std::string> override_of(const store::Project& project, const snapshots::Snapshot& snapshot) {
  MW_ASSIGN(const auto report, quality::latest_report(project, {quality::SubjectKind::snapshot, snapshot.id}));
  if (!report || report->verdict != quality::Verdict::fail || !report->override_) return std::string();
  return report->override_->by + ": " + report->override_->reason;
}

Result<Plan> make_plan(store::Project& project, TrainRequest request) {
  Plan plan;
  MW_ASSIGN(plan.snapshot, snapshots::find_snapshot(project, request.snapshot));
  MW_ASSIGN(plan.task, labels::read_task(project, plan.snapshot.task));
  if (request.algorithm.empty()) request.algorithm = baseline_of(plan.task.kind);
  MW_ASSIGN(static_cast<detail::TrainingChoice&>(plan), detail::choose(project, request, plan.task.kind));
  MW_TRY(detail::check_objective(plan.task.kind, *plan.algorithm, plan.objective()));
  MW_TRY(snapshots::require_open_gate(project, plan.snapshot.id));
  MW_ASSIGN(plan.gate_override, override_of(project, plan.snapshot));
  return plan;
}

Status check_labels(const snapshots::SnapshotRows& rows, labels::TaskKind kind) {
  MW_ASSIGN(const int64_t labels, detail::labels_in_training(rows, kind));
  return detail::check_label_count(kind, labels);
}

/// Whether the snapshot has a run of the baseline, or one is on its way.
Result<bool> has_baseline(const store::Project& project, const snapshots::Snapshot& snapshot, labels::TaskKind kind) {
  MW_ASSIGN(const auto runs, list_runs(project, snapshot.task));
  if (baseline_of(runs, snapshot.id) != nullptr) return true;
  MW_ASSIGN(const auto all, jobs::list_jobs(project));
  return std::any_of(all.begin(), all.end(), [&](const jobs::Job& job) {
    return job.kind == "train" && !job.ended() && job.spec.value("algorithm", Json()) == baseline_of(kind) &&
           job.spec.value("snapshot", Json()) == tail(snapshot.uuid);
  });
}

}  // namespace

std::string_view baseline_of(labels::TaskKind kind) { return kind == labels::TaskKind::spans ? "lexicon" : "linear"; }

bool is_baseline(std::string_view algorithm) {
  return std::any_of(std::begin(labels::kTaskKinds), std::end(labels::kTaskKinds),
                     [&](labels::TaskKind kind) { return baseline_of(kind) == algorithm; });
}

Result<jobs::Job> start_training(store::Project& project, const TrainRequest& request, const Work& work) {
  MW_ASSIGN(const Plan plan, make_plan(project, request));
  MW_ASSIGN(const snapshots::SnapshotRows rows, snapshots::read_rows(project, plan.snapshot));
  MW_TRY(check_labels(rows, plan.task.kind));
  const std::string_view baseline_name = baseline_of(plan.task.kind);
  if (plan.algorithm->name != baseline_name) {
    MW_ASSIGN(const bool there, has_baseline(project, plan.snapshot, plan.task.kind));
    if (!there) {
      TrainRequest baseline;
      baseline.snapshot = tail(plan.snapshot.uuid);
      baseline.algorithm = baseline_name;
      MW_TRY(start_training(project, baseline, work));
    }
  }
  const Json body = {{"algorithm", plan.algorithm->name},
                     {"options", plan.options},
                     {"seed", request.seed},
                     {"base", plan.base ? Json(tail(plan.base->uuid)) : Json()},
                     {"teacher", plan.teacher ? Json(tail(plan.teacher->uuid)) : Json()},
                     {"device", plan.device},
                     {"snapshot", tail(plan.snapshot.uuid)},
                     {"task", plan.task.name},
                     {"fields", plan.task.fields},
                     {"gate_override", plan.gate_override}};
  return jobs::enqueue(project, "train", body, [&](const jobs::JobFolder& folder) -> Status {
    if (plan.base) MW_TRY(detail::put_base(project, *plan.base, folder.file("inputs/base")));
    if (plan.teacher) MW_TRY(detail::put_base(project, *plan.teacher, folder.file("inputs/teacher")));
    if (plan.reads_unlabeled())
      MW_TRY(detail::write_unlabeled(project, plan.task, rows, folder.file("inputs/unlabeled.jsonl"), work));
    return detail::write_training_rows(project, plan.snapshot, plan.task, rows, plan.options.value("half_life", 0.0),
                                       folder.file("inputs/rows.jsonl"), work);
  });
}

Result<jobs::Foreman> foreman(const store::Project& project) {
  MW_ASSIGN(store::Project own, project.clone());
  return jobs::Foreman(std::move(own), harvests());
}

}  // namespace millwright::models

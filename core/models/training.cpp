#include "models/training.h"

#include <algorithm>
#include <set>

#include "base/ids.h"
#include "detail/algorithm_choice.h"
#include "detail/job_inputs.h"
#include "detail/training_inputs.h"
#include "labels/task.h"
#include "models/registry.h"
#include "quality/gate_report.h"
#include "snapshots/gate.h"
#include "snapshots/snapshot.h"

namespace millwright::models {
namespace {

constexpr std::string_view kBaseline = "linear";

/// What is decided before anything is written.
struct Plan {
  detail::AlgorithmChoice choice;
  snapshots::Snapshot snapshot;
  labels::Task task;
  std::optional<Model> teacher;  ///< what it learns from beside the labels
  bool reads_unlabeled = false;  ///< the words of records without a label are of use too
  std::string gate_override;     ///< who allowed it and why, where the gate was not green
};

Result<std::string> override_of(const store::Project& project, const snapshots::Snapshot& snapshot) {
  MW_ASSIGN(const auto report, quality::latest_report(project, {quality::SubjectKind::snapshot, snapshot.id}));
  if (!report || report->verdict != quality::Verdict::fail || !report->override_) return std::string();
  return report->override_->by + ": " + report->override_->reason;
}

Result<std::optional<Model>> teacher_of(const store::Project& project, const jobs::Algorithm& algorithm,
                                        const std::string& typed) {
  if (typed.empty()) return std::optional<Model>();
  if (!algorithm.needs_torch)
    return fail(ErrorKind::usage, "train.teacher", "The {algorithm} algorithm takes no teacher.",
                {{"algorithm", std::string(algorithm.name)}});
  MW_ASSIGN(Model teacher, find_model(project, typed));
  if (teacher.family == "linear")
    return fail(ErrorKind::usage, "train.teacher", "{model} is a linear model: an encoder cannot learn from it.",
                {{"model", teacher.name}}, "Take an encoder that was trained on this task.");
  return std::optional(std::move(teacher));
}

/// A task gives one label to a record: what can be learned from that, and from its words.
Status check_objective(const Json& options) {
  const auto objective = options.value("objective", std::string("classification"));
  if (objective == "classification" || objective == "masked-lm" || objective == "sentence-embedding") return {};
  return fail(ErrorKind::usage, "train.objective", "A task with one label a record cannot teach {objective}.",
              {{"objective", objective}}, "It takes classification, masked-lm or sentence-embedding.");
}

Result<Plan> make_plan(store::Project& project, const TrainRequest& request) {
  Plan plan;
  MW_ASSIGN(plan.choice,
            detail::choose_algorithm(project, request.algorithm, request.settings, request.base, request.device));
  const jobs::Algorithm& algorithm = *plan.choice.algorithm;
  MW_TRY(check_objective(plan.choice.options));
  plan.reads_unlabeled = plan.choice.options.value("objective", Json()) == "masked-lm" ||
                         plan.choice.options.value("pretrain_epochs", int64_t{0}) > 0;
  MW_ASSIGN(plan.teacher, teacher_of(project, algorithm, request.teacher));
  MW_ASSIGN(plan.snapshot, snapshots::find_snapshot(project, request.snapshot));
  MW_ASSIGN(plan.task, labels::read_task(project, plan.snapshot.task));
  MW_TRY(snapshots::require_open_gate(project, plan.snapshot.id));
  MW_ASSIGN(plan.gate_override, override_of(project, plan.snapshot));
  return plan;
}

Status check_labels(const snapshots::SnapshotRows& rows) {
  std::set<int32_t> seen;
  for (size_t i = 0; i < rows.size() && seen.size() < 2; ++i)
    if (rows.split[i] == snapshots::Split::train) seen.insert(rows.label[i]);
  if (seen.size() >= 2) return {};
  return fail(ErrorKind::bad_input, "train.too_few", "The training split has {n} label(s); at least 2 are needed.",
              {{"n", std::to_string(seen.size())}}, "Label more records, or freeze a snapshot with more of them.");
}

/// Whether the snapshot has a run of the baseline, or one is on its way.
Result<bool> has_baseline(const store::Project& project, const snapshots::Snapshot& snapshot) {
  MW_ASSIGN(const auto runs, list_runs(project, snapshot.task));
  for (const Run& run : runs)
    if (run.algorithm == kBaseline && run.snapshot == snapshot.id) return true;
  MW_ASSIGN(const auto all, jobs::list_jobs(project));
  return std::any_of(all.begin(), all.end(), [&](const jobs::Job& job) {
    return job.kind == "train" && !job.ended() && job.spec.value("algorithm", Json()) == kBaseline &&
           job.spec.value("snapshot", Json()) == tail(snapshot.uuid);
  });
}

}  // namespace

Result<jobs::Job> start_training(store::Project& project, const TrainRequest& request, const Work& work) {
  MW_ASSIGN(const Plan plan, make_plan(project, request));
  MW_ASSIGN(const snapshots::SnapshotRows rows, snapshots::read_rows(project, plan.snapshot));
  MW_TRY(check_labels(rows));
  if (request.algorithm != kBaseline) {
    MW_ASSIGN(const bool there, has_baseline(project, plan.snapshot));
    if (!there) {
      TrainRequest baseline;
      baseline.snapshot = tail(plan.snapshot.uuid);
      MW_TRY(start_training(project, baseline, work));
    }
  }
  const Json body = {{"algorithm", request.algorithm},
                     {"options", plan.choice.options},
                     {"seed", request.seed},
                     {"base", plan.choice.base ? Json(tail(plan.choice.base->uuid)) : Json()},
                     {"teacher", plan.teacher ? Json(tail(plan.teacher->uuid)) : Json()},
                     {"device", plan.choice.device},
                     {"snapshot", tail(plan.snapshot.uuid)},
                     {"task", plan.task.name},
                     {"fields", plan.task.fields},
                     {"gate_override", plan.gate_override}};
  return jobs::enqueue(project, "train", body, [&](const jobs::JobFolder& folder) -> Status {
    if (plan.choice.base) MW_TRY(detail::put_base(project, *plan.choice.base, folder.file("inputs/base")));
    if (plan.teacher) MW_TRY(detail::put_base(project, *plan.teacher, folder.file("inputs/teacher")));
    if (plan.reads_unlabeled)
      MW_TRY(detail::write_unlabeled(project, plan.task, rows, folder.file("inputs/unlabeled.jsonl"), work));
    return detail::write_training_rows(project, plan.snapshot, plan.task, rows,
                                       plan.choice.options.value("half_life", 0.0), folder.file("inputs/rows.jsonl"),
                                       work);
  });
}

Result<jobs::Foreman> foreman(const store::Project& project) {
  MW_ASSIGN(store::Project own, project.clone());
  return jobs::Foreman(std::move(own), harvests());
}

}  // namespace millwright::models

#include "models/training.h"

#include <algorithm>
#include <set>

#include "base/ids.h"
#include "detail/job_inputs.h"
#include "detail/training_inputs.h"
#include "labels/task.h"
#include "models/registry.h"
#include "quality/gate_report.h"
#include "snapshots/gate.h"
#include "snapshots/snapshot.h"

namespace millwright::models {
namespace {

/// What is decided before anything is written.
struct Plan {
  const jobs::Algorithm* algorithm = nullptr;
  Json options;
  snapshots::Snapshot snapshot;
  labels::Task task;
  std::optional<Model> base;     ///< what training starts from
  std::optional<Model> teacher;  ///< what it learns from beside the labels
  bool reads_unlabeled = false;  ///< the words of records without a label are of use too
  std::string gate_override;     ///< who allowed it and why, where the gate was not green
};

Result<std::string> override_of(const store::Project& project, const snapshots::Snapshot& snapshot) {
  MW_ASSIGN(const auto report, quality::latest_report(project, {quality::SubjectKind::snapshot, snapshot.id}));
  if (!report || report->verdict != quality::Verdict::fail || !report->override_) return std::string();
  return report->override_->by + ": " + report->override_->reason;
}

/// Whether it can be a device at all; whether this machine has it is known by the engine.
Status check_device(const jobs::Algorithm& algorithm, const std::string& device) {
  if (device == "auto" || device == "cpu") return {};
  const bool gpu = device.starts_with("cuda:") && device.size() > 5 && device.size() < 9 &&
                   device.find_first_not_of("0123456789", 5) == std::string::npos;
  if (gpu && algorithm.needs_torch) return {};
  if (gpu)
    return fail(ErrorKind::usage, "train.device", "The linear baseline trains on the processor, not on {device}.",
                {{"device", device}}, "Leave --device out, or say --device cpu.");
  return fail(ErrorKind::usage, "train.device", "{device} is no device.", {{"device", device}},
              "Devices are auto, cpu and cuda:N.");
}

std::string names_of_algorithms() {
  std::string names;
  for (const jobs::Algorithm& algorithm : jobs::algorithms()) {
    if (!names.empty()) names += ", ";
    names += algorithm.name;
  }
  return names;
}

Result<std::optional<Model>> base_of(const store::Project& project, const jobs::Algorithm& algorithm,
                                     const std::string& typed) {
  if (typed.empty()) return std::optional<Model>();
  if (!algorithm.needs_torch)
    return fail(ErrorKind::usage, "train.base", "The {algorithm} algorithm starts from nothing; it takes no --base.",
                {{"algorithm", std::string(algorithm.name)}});
  MW_ASSIGN(Model base, find_model(project, typed));
  if (base.family == "linear")
    return fail(ErrorKind::usage, "train.base", "{model} is a linear model: an encoder cannot start from it.",
                {{"model", base.name}}, "Add a model folder first: models P add FOLDER.");
  return std::optional(std::move(base));
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
  plan.algorithm = jobs::find_algorithm(request.algorithm);
  if (plan.algorithm == nullptr)
    return fail(ErrorKind::usage, "train.no_such_algorithm", "There is no algorithm {name}.",
                {{"name", request.algorithm}, {"names", names_of_algorithms()}}, "There are: {names}.");
  MW_ASSIGN(plan.options, jobs::complete_options(*plan.algorithm, request.settings));
  MW_TRY(check_device(*plan.algorithm, request.device));
  MW_TRY(check_objective(plan.options));
  plan.reads_unlabeled =
      plan.options.value("objective", Json()) == "masked-lm" || plan.options.value("pretrain_epochs", int64_t{0}) > 0;
  MW_ASSIGN(plan.base, base_of(project, *plan.algorithm, request.base));
  MW_ASSIGN(plan.teacher, teacher_of(project, *plan.algorithm, request.teacher));
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
  if (baseline_of(runs, snapshot.id) != nullptr) return true;
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
                     {"options", plan.options},
                     {"seed", request.seed},
                     {"base", plan.base ? Json(tail(plan.base->uuid)) : Json()},
                     {"teacher", plan.teacher ? Json(tail(plan.teacher->uuid)) : Json()},
                     {"device", plan.algorithm->needs_torch ? request.device : "cpu"},
                     {"snapshot", tail(plan.snapshot.uuid)},
                     {"task", plan.task.name},
                     {"fields", plan.task.fields},
                     {"gate_override", plan.gate_override}};
  return jobs::enqueue(project, "train", body, [&](const jobs::JobFolder& folder) -> Status {
    if (plan.base) MW_TRY(detail::put_base(project, *plan.base, folder.file("inputs/base")));
    if (plan.teacher) MW_TRY(detail::put_base(project, *plan.teacher, folder.file("inputs/teacher")));
    if (plan.reads_unlabeled)
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

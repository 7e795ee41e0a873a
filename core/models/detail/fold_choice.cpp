#include "detail/fold_choice.h"

#include <algorithm>

#include "jobs/algorithms.h"
#include "models/training.h"
#include "snapshots/folds.h"

namespace millwright::models::detail {
namespace {

Result<snapshots::Snapshot> snapshot_for(const store::Project& project, const CrossValidationRequest& request) {
  const bool newest = request.snapshot.empty() || request.snapshot == "latest";
  if (!newest || request.task == 0) return snapshots::find_snapshot(project, request.snapshot);
  MW_ASSIGN(auto all, snapshots::list_snapshots(project, request.task));
  if (all.empty())
    return fail(ErrorKind::bad_input, "cross_validate.no_snapshot", "The labels of this task were never frozen.", {},
                "Make a snapshot first.");
  return std::move(all.front());
}

/// A model that has learned labels of the task, or goes back to one that has, has seen what it is to judge. Words alone
/// (masked-lm) tell no label.
Status check_base(const store::Project& project, const Model& base, int64_t task) {
  MW_ASSIGN(const std::vector<Run> runs, list_runs(project));
  Uuid model = base.uuid;
  for (size_t steps = 0; steps <= runs.size(); ++steps) {  // a run starts from an older model
    const auto run = std::find_if(runs.begin(), runs.end(), [&](const Run& made) { return made.model_uuid == model; });
    if (run == runs.end()) break;
    if (run->task == task && run->parameters.value("objective", Json("classification")) != "masked-lm")
      return fail(ErrorKind::usage, "cross_validate.base",
                  "{model} has learned labels of this task: nothing that comes of it is out of sample.",
                  {{"model", base.name}}, "Take the model folder that its training started from.");
    if (run->base.empty()) break;
    MW_ASSIGN(const Model older, find_model(project, run->base));
    model = older.uuid;
  }
  return {};
}

}  // namespace

Result<FoldChoice> choose_folds(const store::Project& project, const CrossValidationRequest& request) {
  FoldChoice out;
  MW_ASSIGN(out.choice, choose_algorithm(project, request.algorithm, request.settings, request.base, request.device));
  MW_TRY(jobs::check_fold_options(out.choice.options, request.folds));
  MW_ASSIGN(out.snapshot, snapshot_for(project, request));
  if (out.choice.base) MW_TRY(check_base(project, *out.choice.base, out.snapshot.task));
  MW_ASSIGN(out.task, labels::read_task(project, out.snapshot.task));
  if (out.task.kind != labels::TaskKind::single_label)
    return fail(ErrorKind::usage, "cross_validate.kind",
                "Label errors are looked for in tasks with one label a record; {task} is of kind {kind}.",
                {{"task", out.task.name}, {"kind", std::string(labels::name_of(out.task.kind))}});
  MW_ASSIGN(out.rows, snapshots::read_rows(project, out.snapshot));
  if (out.rows.labels.size() < 2)
    return fail(ErrorKind::bad_input, "train.too_few", "The snapshot has {n} label(s); at least 2 are needed.",
                {{"n", std::to_string(out.rows.labels.size())}}, "Label more records.");
  MW_ASSIGN(out.folds, snapshots::fold_rows(project, out.snapshot, out.rows, request.folds, request.seed));
  out.rows.split.assign(out.rows.size(), snapshots::Split::train);
  return out;
}

}  // namespace millwright::models::detail

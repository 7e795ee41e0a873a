#include "models/cross_validation.h"

#include <algorithm>
#include <cmath>

#include "base/clock.h"
#include "base/hash.h"
#include "detail/fold_choice.h"
#include "detail/job_inputs.h"
#include "detail/out_of_sample.h"
#include "detail/training_inputs.h"
#include "jobs/algorithms.h"
#include "labels/task.h"
#include "models/training.h"
#include "snapshots/folds.h"
#include "snapshots/snapshot.h"

namespace millwright::models {
namespace {

constexpr std::string_view kSelect =
    "SELECT c.id, c.uuid, c.job, job.uuid, c.task, task.name, c.snapshot, snapshot.uuid, c.algorithm, c.parameters, "
    "c.folds, c.seed, c.metrics, c.file, c.seconds, c.actor, c.time_ms, c.versions, job.spec FROM cross_validation c "
    "JOIN job ON job.id = "
    "c.job JOIN task ON task.id = c.task JOIN snapshot ON snapshot.id = c.snapshot ";

Result<CrossValidation> read_row(const store::Statement& row) {
  CrossValidation made;
  made.id = row.integer(0);
  made.uuid = row.uuid(1);
  made.job = row.integer(2);
  made.job_uuid = row.uuid(3);
  made.task = row.integer(4);
  made.task_name = row.string(5);
  made.snapshot = row.integer(6);
  made.snapshot_uuid = row.uuid(7);
  made.algorithm = row.string(8);
  MW_ASSIGN(made.parameters, parse_json(row.text(9), "the parameters of a cross-validation"));
  made.folds = row.integer(10);
  made.seed = row.integer(11);
  MW_ASSIGN(made.metrics, parse_json(row.text(12), "the figures of a cross-validation"));
  made.file = row.integer(13);
  made.seconds = row.real(14);
  made.actor = row.string(15);
  made.time_ms = row.integer(16);
  MW_ASSIGN(const Json versions, parse_json(row.text(17), "the versions of a cross-validation"));
  made.device = versions.is_object() ? versions.value("device", std::string("cpu")) : "cpu";
  MW_ASSIGN(const Json spec, parse_json(row.text(18), "the job's specification"));
  if (const Json base = spec.is_object() ? spec.value("base", Json()) : Json(); base.is_string())
    made.base = base.get<std::string>();
  return made;
}

Status write_folds(const fs::path& path, const std::vector<int32_t>& folds) {
  return write_file_atomically(path, to_text(Json{{"folds", folds}}));
}

Status enter(store::Transaction& transaction, const jobs::Job& job, const snapshots::Snapshot& snapshot,
             const store::WrittenFile& file, const jobs::JobResult& result) {
  MW_ASSIGN(const int64_t data_file, store::publish(transaction, file));
  MW_ASSIGN(auto insert, transaction.db().prepare("INSERT INTO cross_validation(uuid, job, task, snapshot, algorithm, "
                                                  "parameters, folds, seed, versions, metrics, file, seconds, actor, "
                                                  "time_ms) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  const Uuid uuid = new_uuid();
  const Json& outputs = result.outputs;
  MW_TRY(insert
             .with(uuid, job.id, snapshot.task, snapshot.id, job.spec.value("algorithm", std::string()),
                   to_text(job.spec.value("options", Json::object())), job.spec.value("folds", int64_t{0}),
                   job.spec.value("seed", int64_t{0}), to_text(outputs.value("environment", Json::object())),
                   to_text(outputs.value("metrics", Json::object())), data_file, result.seconds, job.actor,
                   transaction.time_ms())
             .run());
  return transaction.audit("model.cross_validate", tail(uuid),
                           {{"job", tail(job.uuid)},
                            {"snapshot", tail(snapshot.uuid)},
                            {"rows", file.rows},
                            {"rows_root", to_hex(file.root)}});
}

Result<jobs::Commit> harvest_checked(store::Project& project, const jobs::Job& job, const jobs::JobFolder& folder,
                                     const jobs::JobResult& result) {
  // What was asked for is in the project; the folder may have been worked on elsewhere.
  MW_ASSIGN(const snapshots::Snapshot snapshot,
            snapshots::find_snapshot(project, job.spec.value("snapshot", std::string())));
  MW_ASSIGN(const snapshots::SnapshotRows rows, snapshots::read_rows(project, snapshot));
  MW_ASSIGN(const OutOfSampleRows said, detail::read_lines(folder.file("out_of_sample.jsonl"), rows, result.outputs));
  MW_ASSIGN(const store::WrittenFile file, detail::write_out_of_sample(project, said, tail(snapshot.uuid)));
  return jobs::Commit([job, snapshot, file, result](store::Transaction& transaction) {
    return enter(transaction, job, snapshot, file, result);
  });
}

}  // namespace

Result<jobs::Job> start_cross_validation(store::Project& project, const CrossValidationRequest& request,
                                         const Work& work) {
  MW_ASSIGN(const detail::FoldChoice chosen, detail::choose_folds(project, request));
  const auto& [choice, snapshot, task, rows, folds] = chosen;
  const Json body = {{"algorithm", request.algorithm},
                     {"options", choice.options},
                     {"base", choice.base ? Json(tail(choice.base->uuid)) : Json()},
                     {"folds", request.folds},
                     {"seed", request.seed},
                     {"device", choice.device},
                     {"snapshot", tail(snapshot.uuid)},
                     {"task", task.name},
                     {"fields", task.fields}};
  return jobs::enqueue(project, "cross_validate", body, [&](const jobs::JobFolder& folder) -> Status {
    const detail::FoldChoice& of = chosen;
    if (of.choice.base) MW_TRY(detail::put_base(project, *of.choice.base, folder.file("inputs/base")));
    MW_TRY(detail::write_training_rows(project, of.snapshot, of.task, of.rows,
                                       of.choice.options.value("half_life", 0.0), folder.file("inputs/rows.jsonl"),
                                       work));
    return write_folds(folder.file("inputs/folds.json"), of.folds);
  });
}

Result<std::vector<CrossValidation>> list_cross_validations(const store::Project& project) {
  MW_ASSIGN(auto select, project.db().prepare(std::string(kSelect) + "ORDER BY c.id DESC"));
  std::vector<CrossValidation> all;
  for (;;) {
    MW_ASSIGN(const bool there, select.step());
    if (!there) return all;
    MW_ASSIGN(all.emplace_back(), read_row(select));
  }
}

Result<CrossValidation> cross_validation_of_job(const store::Project& project, int64_t job) {
  MW_ASSIGN(auto select, project.db().prepare(std::string(kSelect) + "WHERE c.job = ?"));
  MW_ASSIGN(const bool there, select.with(job).step());
  if (!there)
    return fail(ErrorKind::bad_input, "cross_validate.none", "The job made no cross-validation.", {},
                "See jobs show for how it ended.");
  return read_row(select);
}

Result<CrossValidation> newest_cross_validation(const store::Project& project, int64_t task, int64_t snapshot) {
  MW_ASSIGN(auto select, project.db().prepare(std::string(kSelect) +
                                              "WHERE (?1 = 0 OR c.task = ?1) AND (?2 = 0 OR c.snapshot = ?2) ORDER BY "
                                              "c.id DESC LIMIT 1"));
  MW_ASSIGN(const bool there, select.with(task, snapshot).step());
  if (!there)
    return fail(ErrorKind::bad_input, "cross_validate.none", "No cross-validation has looked at these labels yet.", {},
                "Make one: crossvalidate PROJECT --wait, or look for label errors on the Labels page.");
  return read_row(select);
}

Json to_json(const CrossValidation& made) {
  return {{"job", tail(made.job_uuid)},
          {"cross_validation", tail(made.uuid)},
          {"task", made.task_name},
          {"snapshot", tail(made.snapshot_uuid)},
          {"algorithm", made.algorithm},
          {"base", made.base.empty() ? Json() : Json(made.base)},
          {"parameters", made.parameters},
          {"folds", made.folds},
          {"seed", made.seed},
          {"device", made.device},
          {"metrics", made.metrics},
          {"seconds", made.seconds},
          {"by", made.actor},
          {"time", iso8601(made.time_ms)}};
}

Result<jobs::Commit> harvest_cross_validation(store::Project& project, const jobs::Job& job,
                                              const jobs::JobFolder& folder, const jobs::JobResult& result) {
  try {
    return harvest_checked(project, job, folder, result);
  } catch (const nlohmann::json::exception& e) {
    return detail::damaged_cross_validation(e.what());
  }
}

}  // namespace millwright::models

#include <algorithm>

#include "base/clock.h"
#include "base/ids.h"
#include "models/training.h"

namespace millwright::models {
namespace {

constexpr std::string_view kSelect =
    "SELECT run.id, run.uuid, run.job, job.uuid, run.task, task.name, run.snapshot, snapshot.uuid, run.algorithm, "
    "run.parameters, run.seed, run.device_used, run.versions, run.metrics, run.curve, run.gate_override, run.seconds, "
    "run.actor, run.time_ms, model.id, model.uuid, model.weights_sha256, job.spec FROM run JOIN job ON job.id = "
    "run.job JOIN "
    "task ON task.id = run.task JOIN snapshot ON snapshot.id = run.snapshot LEFT JOIN model ON model.run = run.id";

Result<Run> read_run(const store::Statement& row) {
  Run run;
  run.id = row.integer(0);
  run.uuid = row.uuid(1);
  run.job = row.integer(2);
  run.job_uuid = row.uuid(3);
  run.task = row.integer(4);
  run.task_name = row.string(5);
  run.snapshot = row.integer(6);
  run.snapshot_uuid = row.uuid(7);
  run.algorithm = row.string(8);
  MW_ASSIGN(run.parameters, parse_json(row.text(9), "the run's parameters"));
  run.seed = row.integer(10);
  run.device = row.string(11);
  MW_ASSIGN(run.versions, parse_json(row.text(12), "the run's versions"));
  MW_ASSIGN(run.metrics, parse_json(row.text(13), "the run's metrics"));
  MW_ASSIGN(const Json curve, parse_json(row.text(14), "the run's curve"));
  for (const Json& point : curve)
    if (point.is_object() && point.value("name", Json()).is_string() && point.value("step", Json()).is_number_integer())
      run.curve.push_back({point["name"].get<std::string>(), point["step"].get<int64_t>(),
                           point.value("value", Json()).is_number() ? point["value"].get<double>() : 0.0});
  run.gate_override = row.string(15);
  run.seconds = row.real(16);
  run.actor = row.string(17);
  run.time_ms = row.integer(18);
  run.model = row.integer(19);
  run.model_uuid = row.uuid(20);
  run.weights_sha256 = row.digest(21);
  MW_ASSIGN(const Json spec, parse_json(row.text(22), "the job's specification"));
  if (const Json base = spec.is_object() ? spec.value("base", Json()) : Json(); base.is_string())
    run.base = base.get<std::string>();
  return run;
}

Result<std::vector<Run>> read_all(store::Statement& select) {
  std::vector<Run> runs;
  for (;;) {
    MW_ASSIGN(const bool there, select.step());
    if (!there) break;
    MW_ASSIGN(Run run, read_run(select));
    runs.push_back(std::move(run));
  }
  select.reset();
  return runs;
}

}  // namespace

Result<std::vector<Run>> list_runs(const store::Project& project, int64_t task) {
  MW_ASSIGN(auto select,
            project.db().prepare(std::string(kSelect) + " WHERE ?1 = 0 OR run.task = ?1 ORDER BY run.id DESC"));
  select.bind(1, task);
  return read_all(select);
}

const Run* baseline_of(const std::vector<Run>& runs, int64_t snapshot) {
  const auto found = std::find_if(runs.rbegin(), runs.rend(), [&](const Run& run) {
    return is_baseline(run.algorithm) && run.snapshot == snapshot;
  });
  return found == runs.rend() ? nullptr : &*found;
}

Result<Run> run_of_job(const store::Project& project, int64_t job) {
  MW_ASSIGN(auto select, project.db().prepare(std::string(kSelect) + " WHERE run.job = ?"));
  select.bind(1, job);
  MW_ASSIGN(std::vector<Run> runs, read_all(select));
  if (runs.empty())
    return fail(ErrorKind::bad_input, "run.none", "The job made no run.", {}, "See jobs show for how it ended.");
  return std::move(runs.front());
}

Json to_json(const Run& run) {
  return {{"run", tail(run.uuid)},
          {"job", tail(run.job_uuid)},
          {"model", run.model != 0 ? Json(tail(run.model_uuid)) : Json(nullptr)},
          {"task", run.task_name},
          {"snapshot", tail(run.snapshot_uuid)},
          {"algorithm", run.algorithm},
          {"base", run.base.empty() ? Json(nullptr) : Json(run.base)},
          {"parameters", run.parameters},
          {"seed", run.seed},
          {"device", run.device},
          {"versions", run.versions},
          {"metrics", run.metrics},
          {"gate_override", run.gate_override.empty() ? Json(nullptr) : Json(run.gate_override)},
          {"seconds", run.seconds},
          {"by", run.actor},
          {"time", iso8601(run.time_ms)},
          {"weights_sha256", to_hex(run.weights_sha256)}};
}

}  // namespace millwright::models

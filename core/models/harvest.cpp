// What a training job leaves becomes a run, a model and its evaluations.
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <unordered_map>

#include "base/hash.h"
#include "base/ids.h"
#include "detail/job_inputs.h"
#include "detail/keep_evaluation.h"
#include "detail/label_numbers.h"
#include "labels/task.h"
#include "models/cross_validation.h"
#include "models/embedding.h"
#include "models/training.h"
#include "snapshots/snapshot.h"
#include "store/blobs.h"

namespace millwright::models {
namespace {

tl::unexpected<Error> damaged(std::string reason) {
  return fail(ErrorKind::bad_input, "train.damaged_result", "The result of the training cannot be used: {reason}.",
              {{"reason", std::move(reason)}});
}

struct File {
  std::string name;  ///< without the folder
  store::BlobRef blob;
};

/// A split that the engine predicted, judged and written down, to be published.
struct JudgedSplit {
  Evaluation evaluation;
  store::WrittenFile file;
};

struct Outcome {
  Json spec, outputs;
  int64_t task = 0, snapshot = 0;
  std::string task_name;
  std::vector<File> files;
  Digest weights{};
  std::vector<JudgedSplit> splits;
  Json metrics;
  double seconds = 0;
};

std::string_view media_of(std::string_view name) {
  if (name.ends_with(".json")) return "application/json";
  if (name.ends_with(".txt")) return "text/plain";
  return "application/octet-stream";
}

/// Copies a file of the result into blobs/, if its hash is the one that the engine wrote down.
Result<store::BlobRef> take_file(store::Project& project, const jobs::JobFolder& folder, const Json& described,
                                 std::string& name) {
  if (!described.is_object() || !described.value("name", Json()).is_string() ||
      !described.value("sha256", Json()).is_string())
    return damaged("a file without name or hash");
  name = described["name"].get<std::string>();
  if (name.find("..") != std::string::npos || name.starts_with('/')) return damaged("a file outside the job's folder");
  MW_ASSIGN(const store::BlobRef blob, store::put_blob_file(project, folder.file(name)));
  if (to_hex(blob.sha256) != described["sha256"].get<std::string>()) return damaged(name + " is another file");
  return blob;
}

/// How rows of the job's kind of task are judged.
struct Judging {
  labels::TaskKind kind;
  detail::LabelNumbers numbers;
  std::unordered_map<RecordRef, std::string> truth;  ///< by the snapshot, of other kinds than single_label
  std::map<std::string, std::vector<Judged>> rows;   ///< by split
};

/// How sure the model was of what it predicted, by a line of its own kind.
double confidence_in(const Json& line, labels::TaskKind kind) {
  double least = std::numeric_limits<double>::quiet_NaN();
  const auto add = [&](double value) { least = std::isnan(least) ? value : std::min(least, value); };
  if (kind == labels::TaskKind::spans)
    for (const Json& span : line.at("predicted")) add(span.at("confidence").get<double>());
  if (kind == labels::TaskKind::multi_label) {
    const auto said = line.at("predicted").get<std::vector<std::string>>();
    for (const auto& [label, probability] : line.at("scores").items()) {
      const auto p = probability.get<double>();
      add(std::find(said.begin(), said.end(), label) != said.end() ? p : 1 - p);
    }
  }
  return least;
}

Status take_line(const Json& line, Judging& judging) {
  for (const char* key : {"record", "split"})
    if (!line.is_object() || !line.value(key, Json()).is_string()) return damaged("a prediction that is incomplete");
  const auto record = detail::record_from(line["record"].get_ref<const std::string&>());
  if (!record) return damaged("a prediction that is incomplete");
  std::string truth, predicted;
  double confidence = 0;
  if (judging.kind == labels::TaskKind::single_label) {
    truth = line.at("label").get<std::string>();
    predicted = line.at("predicted").get<std::string>();
    confidence = line.at("confidence").get<double>();
  } else {
    const auto found = judging.truth.find(*record);
    const auto value = labels::read_label(judging.kind, to_text(line.at("predicted")));
    if (found == judging.truth.end() || !value) return damaged("a prediction that is incomplete");
    truth = found->second;
    predicted = labels::text_of(*value);
    confidence = confidence_in(line, judging.kind);
  }
  judging.rows[line["split"].get<std::string>()].push_back(
      {record->batch, record->ordinal, judging.numbers(truth), judging.numbers(predicted), confidence});
  return {};
}

/// Reads predictions.jsonl into rows by split.
Status read_predictions(const fs::path& path, Judging& judging) {
  MW_ASSIGN(const MappedFile file, MappedFile::open(path));
  std::string_view rest = file.text();
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    MW_ASSIGN(const Json line, parse_json(rest.substr(0, end), "predictions.jsonl"));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    MW_TRY(take_line(line, judging));
  }
  return {};
}

double latency(const Json& metrics, const std::string& split, const char* key) {
  const Json found = metrics.value(split, Json::object()).value("latency_ms", Json::object()).value(key, Json());
  return found.is_number() ? found.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

Json short_figures(const Evaluation& evaluation) {
  Json figures = to_json(evaluation);
  for (const char* key : {"per_class", "confusion", "reliability"}) figures.erase(key);
  return figures;
}

/// A linear model's configuration lists its labels, an encoder's numbers them.
std::vector<std::string> labels_of(const Json& config) {
  std::vector<std::string> labels;
  for (const Json& label : config.value("labels", Json::array()))
    if (label.is_string()) labels.push_back(label.get<std::string>());
  const Json numbered = config.value("id2label", Json::object());
  for (size_t i = 0; i < numbered.size(); ++i)
    if (const Json label = numbered.value(std::to_string(i), Json()); label.is_string())
      labels.push_back(label.get<std::string>());
  return labels;
}

/// What rows are judged by. Words and vectors tell no label: their predictions file is empty.
Result<Judging> judging_of(const store::Project& project, const jobs::JobFolder& folder,
                           const snapshots::Snapshot& snapshot, labels::TaskKind kind) {
  Judging judging{kind, {}, {}, {}};
  if (kind == labels::TaskKind::single_label) {
    MW_ASSIGN(const std::string config_text, read_file(folder.file("model/config.json")));
    MW_ASSIGN(const Json config, parse_json(config_text, "config.json"));
    judging.numbers = detail::LabelNumbers(labels_of(config));
    return judging;
  }
  MW_ASSIGN(const snapshots::SnapshotRows rows, snapshots::read_rows(project, snapshot));
  for (size_t i = 0; i < rows.size(); ++i)
    judging.truth.emplace(rows.records[i], rows.labels[static_cast<size_t>(rows.label[i])]);
  return judging;
}

/// Judges what the engine predicted: validation and test.
Status judge_splits(store::Project& project, const jobs::JobFolder& folder, const snapshots::Snapshot& snapshot,
                    labels::TaskKind kind, Outcome& outcome) {
  MW_ASSIGN(Judging judging, judging_of(project, folder, snapshot, kind));
  MW_TRY(read_predictions(folder.file("predictions.jsonl"), judging));
  const auto& rows = judging.rows;
  // What tells no labels is judged by the engine's own figures.
  outcome.metrics = Json::object();
  if (rows.empty() && outcome.outputs["metrics"].value("test", Json()).is_object())
    outcome.metrics = outcome.outputs["metrics"]["test"];
  for (const std::string split : {"test", "validation"}) {
    const auto found = rows.find(split);
    if (found == rows.end()) continue;
    MW_ASSIGN(Evaluation evaluation, detail::judge_kind(kind, judging.numbers.names(), found->second));
    JudgedSplit judged{std::move(evaluation), {}};
    judged.evaluation.on_what = outcome.spec.value("snapshot", std::string()) + ":" + split;
    const Json& metrics = outcome.outputs["metrics"];
    judged.evaluation.latency_p50_ms = latency(metrics, split, "p50");
    judged.evaluation.latency_p95_ms = latency(metrics, split, "p95");
    MW_ASSIGN(judged.file, detail::write_judged(project, judged.evaluation, judging.numbers.names(), found->second));
    const Json figures = short_figures(judged.evaluation);
    if (split == "test") {
      outcome.metrics = figures;
    } else {
      outcome.metrics[split] = figures;
    }
    outcome.splits.push_back(std::move(judged));
  }
  // How the training went: what later ones are foreseen by.
  const Json training = outcome.outputs.value("training", Json());
  for (const char* key : {"tokens_per_second", "memory", "steps", "epochs"})
    if (const Json value = training.is_object() ? training.value(key, Json()) : Json(); value.is_number())
      outcome.metrics["training"][key] = value;
  return {};
}

Result<int64_t> insert_run(store::Transaction& transaction, const jobs::Job& job, const Outcome& outcome,
                           const Uuid& uuid) {
  const Json& outputs = outcome.outputs;
  const Json gate = outcome.spec.value("gate_override", Json());
  const std::optional<std::string> gate_override =
      gate.is_string() && !gate.get<std::string>().empty() ? std::optional(gate.get<std::string>()) : std::nullopt;
  MW_ASSIGN(auto insert,
            transaction.db().prepare(
                "INSERT INTO run(uuid, job, task, snapshot, algorithm, parameters, seed, device_used, versions, "
                "metrics, curve, gate_override, seconds, actor, time_ms) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
                "?, ?)"));
  MW_TRY(insert
             .with(uuid, job.id, outcome.task, outcome.snapshot, outcome.spec.value("algorithm", std::string()),
                   to_text(outputs.value("options", Json::object())), outcome.spec.value("seed", int64_t{0}),
                   outputs.value("device", std::string("cpu")), to_text(outputs.value("environment", Json::object())),
                   to_text(outcome.metrics), to_text(outputs.value("curve", Json::array())), gate_override,
                   outcome.seconds, job.actor, transaction.time_ms())
             .run());
  return transaction.db().last_insert_id();
}

Result<int64_t> insert_model(store::Transaction& transaction, const Outcome& outcome, int64_t run, const Uuid& uuid) {
  Json files = Json::array();
  for (const File& file : outcome.files) {
    MW_TRY(store::publish_blob(transaction, file.blob, media_of(file.name)));
    files.push_back({{"name", file.name}, {"sha256", to_hex(file.blob.sha256)}, {"bytes", file.blob.bytes}});
  }
  MW_ASSIGN(auto count, transaction.db().prepare("SELECT count(*) FROM model WHERE task = ?"));
  count.bind(1, outcome.task);
  MW_ASSIGN(const bool there, count.step());
  const int64_t number = there ? count.integer(0) + 1 : 1;
  count.reset();
  const std::string family = outcome.outputs.value("family", std::string("linear"));
  MW_ASSIGN(auto insert, transaction.db().prepare("INSERT INTO model(uuid, task, run, name, family, weights_sha256, "
                                                  "files, parameters, time_ms) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  MW_TRY(insert
             .with(uuid, outcome.task, run, outcome.task_name + "-" + family + "-" + std::to_string(number), family,
                   outcome.weights, to_text(files), outcome.outputs.value("parameters", int64_t{0}),
                   transaction.time_ms())
             .run());
  return transaction.db().last_insert_id();
}

/// Everything at once, inside the transaction that ends the job.
Status enter(store::Transaction& transaction, const jobs::Job& job, const Outcome& outcome) {
  const Uuid run_uuid = new_uuid(), model_uuid = new_uuid();
  MW_ASSIGN(const int64_t run, insert_run(transaction, job, outcome, run_uuid));
  MW_ASSIGN(const int64_t model, insert_model(transaction, outcome, run, model_uuid));
  for (const JudgedSplit& split : outcome.splits)
    MW_TRY(detail::enter_evaluation(transaction, model, split.evaluation, split.file));
  return transaction.audit("model.train", tail(model_uuid),
                           {{"run", tail(run_uuid)},
                            {"job", tail(job.uuid)},
                            {"snapshot", outcome.spec.value("snapshot", Json())},
                            {"weights_sha256", to_hex(outcome.weights)},
                            {"gate_override", outcome.spec.value("gate_override", Json())}});
}

Result<jobs::Commit> harvest_checked(store::Project& project, const jobs::Job& job, const jobs::JobFolder& folder,
                                     const jobs::JobResult& result) {
  Outcome outcome;
  outcome.spec = job.spec;  // the project's own record of what was asked, not the folder's
  outcome.outputs = result.outputs;
  outcome.seconds = result.seconds;
  const std::string snapshot_id = outcome.spec.value("snapshot", std::string());
  MW_ASSIGN(const snapshots::Snapshot snapshot, snapshots::find_snapshot(project, snapshot_id));
  MW_ASSIGN(const labels::Task task, labels::read_task(project, snapshot.task));
  outcome.snapshot = snapshot.id;
  outcome.task = task.id;
  outcome.task_name = task.name;
  if (!outcome.outputs.is_object() || !outcome.outputs.value("files", Json()).is_array() ||
      !outcome.outputs.value("metrics", Json()).is_object())
    return damaged("it is incomplete");
  const std::string weights = outcome.outputs.value("weights_sha256", std::string());
  for (const Json& described : outcome.outputs["files"]) {
    std::string name;
    MW_ASSIGN(const store::BlobRef blob, take_file(project, folder, described, name));
    if (to_hex(blob.sha256) == weights) outcome.weights = blob.sha256;
    outcome.files.push_back({fs::path(name).filename().string(), blob});
  }
  if (outcome.weights == Digest{}) return damaged("its weights are missing");
  MW_TRY(judge_splits(project, folder, snapshot, task.kind, outcome));
  return jobs::Commit([job, outcome = std::move(outcome)](store::Transaction& transaction) {
    return enter(transaction, job, outcome);
  });
}

/// The folder may have been worked on elsewhere: what has another shape than ours is damaged, whatever it is.
Result<jobs::Commit> harvest_training(store::Project& project, const jobs::Job& job, const jobs::JobFolder& folder,
                                      const jobs::JobResult& result) {
  try {
    return harvest_checked(project, job, folder, result);
  } catch (const nlohmann::json::exception& e) {
    return damaged(e.what());
  }
}

}  // namespace

std::map<std::string, jobs::Harvest> harvests() {
  return {{"train", harvest_training}, {"embed", harvest_embedding}, {"cross_validate", harvest_cross_validation}};
}

}  // namespace millwright::models

#include "planning/demo.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <unordered_set>

#include "base/clock.h"
#include "base/files.h"
#include "detail/demo_drift.h"
#include "detail/demo_sources.h"
#include "labels/from_field.h"
#include "labels/queue.h"
#include "labels/task.h"
#include "models/evaluation.h"
#include "models/prediction.h"
#include "models/training.h"
#include "quality/profile.h"
#include "records/batch.h"
#include "records/columns.h"
#include "records/ingest.h"
#include "snapshots/gate.h"
#include "snapshots/snapshot.h"
#include "statistics/classification.h"

namespace millwright::planning {
namespace {

constexpr const char* kAsset = "packages";
constexpr const char* kTask = "sections";
constexpr const char* kLabelField = "section";
constexpr const char* kGroupField = "source";
constexpr size_t kQueueItems = 200;

Json estimate_json(const statistics::Estimate& estimate) {
  return {{"value", number_or_null(estimate.value)},
          {"low", number_or_null(estimate.low)},
          {"high", number_or_null(estimate.high)}};
}

/// Accuracy with a 95 % interval on rows that no training split could know.
struct Score {
  int64_t n = 0, hits = 0;
  [[nodiscard]] Json json() const {
    if (n == 0) return {{"n", 0}, {"accuracy", nullptr}};
    return {{"n", n}, {"accuracy", estimate_json(statistics::wilson(hits, n))}};
  }
};

class Demo {
 public:
  Demo(store::Project& project, const DemoOptions& options, const Work& work)
      : project_(project), options_(options), work_(work) {
    report_.ids = Json::object();
    report_.figures = Json::object();
  }

  Result<DemoReport> run() {
    MW_TRY(step("source", [&](Json& out) { return fetch(out); }));
    MW_TRY(step("import_reference", [&](Json& out) { return import(files_.reference, reference_, out); }));
    MW_TRY(step("import_later", [&](Json& out) { return import(files_.later, later_, out); }));
    MW_TRY(step("profile", [&](Json& out) { return profile(out); }));
    MW_TRY(step("labels", [&](Json& out) { return label(out); }));
    MW_TRY(step("gate", [&](Json& out) { return gate(out); }));
    MW_TRY(step("snapshot", [&](Json& out) { return snapshot(out); }));
    MW_TRY(step("train", [&](Json& out) { return train(out); }));
    MW_TRY(step("predict_later", [&](Json& out) { return predict(out); }));
    MW_TRY(step("drift", [&](Json& out) { return drift(out); }));
    MW_TRY(step("queue", [&](Json& out) { return queue(out); }));
    forget_sources();
    return std::move(report_);
  }

 private:
  template <class F>
  Status step(const char* name, F&& body) {
    if (work_.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped.");
    work_.report({.phase = name, .done = static_cast<int64_t>(report_.steps.size()), .total = 11, .unit = "steps"});
    const double begun = steady_seconds();
    Json result = Json::object();
    MW_TRY(body(result));
    report_.steps.push_back({name, steady_seconds() - begun, std::move(result)});
    return {};
  }
  [[nodiscard]] Work quiet() const { return Work{{}, work_.stop}; }
  [[nodiscard]] fs::path scratch() const { return project_.folder() / "cache" / "demo"; }

  Status fetch(Json& out) {
    MW_TRY(make_folders(scratch()));
    MW_ASSIGN(files_, detail::demo_files(scratch(), options_, work_));
    out = {
        {"source", detail::name_of(files_.used)}, {"reference", files_.reference.name}, {"later", files_.later.name}};
    if (!files_.passed_over.empty()) out["passed_over"] = files_.passed_over;
    report_.figures["source"] = out;
    return {};
  }

  Status import(const detail::DemoFile& file, int64_t& batch, Json& out) {
    records::ImportRequest request;
    request.source = file.path.string();
    request.source_name = file.name;
    request.asset = kAsset;
    request.connector = files_.connector;
    request.mapping = files_.mapping;
    request.roles.text = "description";
    request.roles.group = kGroupField;
    request.roles.content = {"package", "description"};
    request.limit = options_.limit;
    MW_ASSIGN(const records::ImportReport done, records::import_source(project_, request, quiet()));
    batch = done.batch;
    asset_ = done.asset;
    out = records::to_json(done);
    report_.ids["asset"] = asset_.name;
    report_.ids["batches"].push_back(tail(done.batch_uuid));
    return {};
  }

  Status profile(Json& out) {
    MW_ASSIGN(const auto profiled, quality::profile_batch(project_, reference_, quiet()));
    out = quality::to_json(profiled);
    return {};
  }

  Status label(Json& out) {
    MW_ASSIGN(const auto tasks, labels::list_tasks(project_));
    const auto found = std::find_if(tasks.begin(), tasks.end(), [](const auto& t) { return t.name == kTask; });
    if (found != tasks.end()) {
      task_ = *found;
    } else {
      MW_ASSIGN(task_, labels::create_task(project_, {kTask, asset_.id, {"description", "package"}, {}}));
    }
    // Only the reference batch is labeled: the later one arrives as data does, without labels.
    const std::vector<int64_t> batches{reference_};
    MW_ASSIGN(const auto done,
              labels::label_from_field(project_, {task_.id, kLabelField, "debian archive", batches}, quiet()));
    out = {{"labels_kept", done.kept}, {"labels_duplicate", done.duplicate}, {"labels_rejected", done.rejected}};
    report_.ids["task"] = task_.name;
    return {};
  }

  Status gate(Json& out) {
    for (const int64_t batch : {reference_, later_}) {
      MW_ASSIGN(const auto checked, snapshots::gate_batch(project_, batch, quiet()));
      MW_ASSIGN(const auto info, records::batch_by_id(project_, batch));
      Json checks = Json::array();
      for (const auto& check : checked.checks) checks.push_back(quality::describe(check));
      out["batches"].push_back({{"batch", tail(info.uuid)},
                                {"verdict", quality::to_string(checked.verdict)},
                                {"checks", std::move(checks)}});
    }
    return {};
  }

  Status snapshot(Json& out) {
    snapshots::SnapshotRequest request;
    request.task = task_.id;
    request.batches = {reference_};
    request.group = kGroupField;
    MW_ASSIGN(const auto made, snapshots::make_snapshot(project_, request, quiet()));
    snapshot_ = made.snapshot;
    const auto& counts = snapshot_.counts;
    out = {{"snapshot", tail(snapshot_.uuid)},
           {"rows", {{"train", counts.train}, {"validation", counts.validation}, {"test", counts.test}}},
           {"conflicts", counts.conflicts},
           {"verdict", quality::to_string(snapshot_.verdict)}};
    report_.ids["snapshot"] = tail(snapshot_.uuid);
    return {};
  }

  Status train(Json& out) {
    MW_ASSIGN(auto runs, models::list_runs(project_, task_.id));
    const auto of_snapshot = [&](const auto& run) { return run.snapshot == snapshot_.id; };
    auto found = std::find_if(runs.begin(), runs.end(), of_snapshot);
    if (found == runs.end()) {
      models::TrainRequest request;
      request.snapshot = tail(snapshot_.uuid);
      MW_ASSIGN(const jobs::Job job, models::start_training(project_, request, quiet()));
      MW_ASSIGN(auto foreman, models::foreman(project_));
      MW_ASSIGN(const jobs::Job ended, foreman.wait(job.id, quiet()));
      MW_ASSIGN(runs, models::list_runs(project_, task_.id));
      found = std::find_if(runs.begin(), runs.end(), of_snapshot);
      if (found == runs.end() || !ended.ended())
        return fail(ErrorKind::job, "demo.no_run", "The training job ended without a run.");
    }
    run_ = *found;
    out = models::to_json(run_);
    report_.ids["job"] = tail(run_.job_uuid);
    report_.ids["run"] = tail(run_.uuid);
    report_.ids["model"] = tail(run_.model_uuid);
    report_.figures["test_split"] = run_.metrics;
    return {};
  }

  // The value of a field for each row of a batch, as text; empty where missing.
  Result<std::vector<std::string>> texts(const records::ColumnScan& scan, const char* field) {
    MW_ASSIGN(const auto column, scan.column_as(field, records::FieldType::text));
    std::vector<std::string> out(static_cast<size_t>(column.rows));
    for (int64_t row = 0; row < column.rows; ++row) out[static_cast<size_t>(row)] = std::string(column.text(row));
    return out;
  }

  Status predict(Json& out) {
    MW_ASSIGN(const auto model, models::read_model(project_, run_.model));
    MW_ASSIGN(auto saved, models::saved_predictions(project_, later_, model.id));
    if (!saved) {
      MW_ASSIGN(const auto made, models::predict_batch(project_, model, later_, true, false, {}, quiet()));
      MW_ASSIGN(saved, models::saved_predictions(project_, later_, model.id));
      if (!saved || made.rows == 0)
        return fail(ErrorKind::job, "demo.no_predictions", "The later batch's predictions were not kept.");
    }
    predictions_ = std::move(*saved);
    return score_later(out);
  }

  Status score_later(Json& out) {
    MW_ASSIGN(windows_.reference, records::window_of_batches(project_, {reference_}));
    MW_ASSIGN(windows_.later, records::window_of_batches(project_, {later_}));
    windows_.group = kGroupField;
    MW_ASSIGN(windows_.new_rows,
              monitoring::rows_with_new_values(project_, windows_.reference, windows_.later, kGroupField));
    MW_ASSIGN(const auto scan, records::ColumnScan::open(project_, windows_.later));
    MW_ASSIGN(const auto sections, texts(scan, kLabelField));
    MW_ASSIGN(const auto arrivals, scan.records());
    std::unordered_map<RecordRef, size_t> row_of;
    for (size_t row = 0; row < arrivals.size(); ++row) row_of.emplace(arrivals[row], row);
    std::vector<bool> new_source(arrivals.size());
    for (const int64_t row : windows_.new_rows) new_source[static_cast<size_t>(row)] = true;
    Score all, unseen;
    for (const auto& prediction : predictions_.rows) {
      const auto row = row_of.find(prediction.record);
      if (row == row_of.end() || prediction.label < 0 || sections[row->second].empty()) continue;
      const bool hit = predictions_.labels[static_cast<size_t>(prediction.label)] == sections[row->second];
      ++all.n;
      all.hits += hit;
      if (!new_source[row->second]) continue;
      ++unseen.n;
      unseen.hits += hit;
    }
    out = {{"rows", static_cast<int64_t>(predictions_.rows.size())},
           {"never_seen_sources", unseen.json()},
           {"all_arrivals", all.json()}};
    report_.figures["never_seen_sources"] = unseen.json();
    report_.figures["later_batch"] = all.json();
    return {};
  }

  Status drift(Json& out) {
    MW_ASSIGN(const auto report, detail::demo_drift(project_, windows_, quiet()));
    out = report.document;
    report_.ids["drift"] = report.id;
    if (!report.new_sources_id.empty()) report_.ids["drift_of_new_sources"] = report.new_sources_id;
    report_.figures["drift"] = report.figures;
    drift_ = report;
    return {};
  }

  Status queue(Json& out) {
    // Half for what the model is least sure of, half for what lies where the drift is; each record once.
    std::vector<labels::QueueEntry> entries;
    std::unordered_set<RecordRef> taken;
    auto sorted = predictions_.rows;
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& a, const auto& b) { return a.confidence < b.confidence; });
    std::unordered_map<RecordRef, double> confidence;
    for (const auto& row : sorted) confidence.emplace(row.record, row.confidence);
    for (const auto& row : sorted) {
      if (entries.size() >= kQueueItems / 2) break;
      if (taken.insert(row.record).second) entries.push_back({row.record, row.confidence});
    }
    const size_t uncertain = entries.size();
    for (const RecordRef& record : drift_.most_drifted) {
      if (entries.size() >= kQueueItems) break;
      const auto known = confidence.find(record);
      if (taken.insert(record).second)
        entries.push_back({record, known == confidence.end() ? std::nullopt : std::optional(known->second)});
    }
    if (entries.empty()) return {};
    labels::QueueRequest request;
    request.task = task_.id;
    request.name = "later batch";
    request.order = labels::Order::uncertain;
    request.origin = {{"demo", true}, {"uncertain", uncertain}, {"drifted", entries.size() - uncertain}};
    MW_ASSIGN(const auto queued, labels::add_to_queue(project_, request, entries, quiet()));
    out = {{"queue", queued.queue.name},
           {"items", queued.queue.items},
           {"least_certain", uncertain},
           {"most_drifted", entries.size() - uncertain}};
    report_.ids["queue"] = tail(queued.queue.uuid);
    return {};
  }

  // What was imported is in the project; the decompressed indexes and apt's lists are 120 MB that nobody needs again.
  void forget_sources() {
    std::error_code ignored;
    fs::remove_all(scratch(), ignored);
  }

  store::Project& project_;
  const DemoOptions& options_;
  const Work& work_;
  DemoReport report_;
  detail::DemoFiles files_;
  records::Asset asset_;
  labels::Task task_;
  snapshots::Snapshot snapshot_;
  models::Run run_;
  models::SavedPredictions predictions_;
  detail::DemoWindows windows_;
  detail::DemoDrift drift_;
  int64_t reference_ = 0, later_ = 0;
};

}  // namespace

Result<DemoReport> run_demo(store::Project& project, const DemoOptions& options, const Work& work) {
  return Demo(project, options, work).run();
}

}  // namespace millwright::planning

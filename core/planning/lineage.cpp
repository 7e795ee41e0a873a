#include "planning/lineage.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/clock.h"
#include "labels/annotation.h"
#include "labels/current.h"
#include "labels/task.h"
#include "models/cross_validation.h"
#include "models/registry.h"
#include "models/training.h"
#include "records/batch.h"
#include "snapshots/snapshot.h"
#include "store/lookup.h"

namespace millwright::planning {
namespace {

/// The catalogues of the project, and the graph as it grows.
class Tracing {
 public:
  explicit Tracing(const store::Project& project) : project_(project) {}

  Status load() {
    MW_ASSIGN(models_, models::list_models(project_));
    MW_ASSIGN(runs_, models::list_runs(project_));
    MW_ASSIGN(validations_, models::list_cross_validations(project_));
    MW_ASSIGN(snapshots_, snapshots::list_snapshots(project_));
    MW_ASSIGN(batches_, records::list_batches(project_));
    MW_ASSIGN(tasks_, labels::list_tasks(project_));
    return {};
  }

  Status start(std::string_view kind, int64_t id) {
    if (kind == "model") return from_model(id);
    if (kind == "run") return from_run(id);
    if (kind == "cross_validation") return from_validation(id);
    if (kind == "snapshot") return from_snapshot(id);
    return from_batch(id);
  }

  Status start(const RecordRef& record) {
    MW_ASSIGN(const std::string id, store::record_to_text(project_, record));
    add({id, "record", "", 0, true});
    MW_ASSIGN(const std::string batch, add_batch(record.batch));
    connect(id, batch, "came_in", 1);
    for (const labels::Task& task : tasks_) MW_TRY(add_labels(record, id, task));
    for (const auto& snapshot : snapshots_) {
      if (std::find(snapshot.batches.begin(), snapshot.batches.end(), record.batch) == snapshot.batches.end()) continue;
      MW_ASSIGN(const auto rows, snapshots::read_rows(project_, snapshot));
      if (!std::binary_search(rows.records.begin(), rows.records.end(), record)) continue;
      connect(add_snapshot(snapshot), id, "holds", 1);
      add_what_came_of(snapshot);
    }
    return {};
  }

  Lineage take(const std::string& asked) {
    for (LineageNode& node : out_.nodes) node.asked = node.id == asked;
    return std::move(out_);
  }

 private:
  void add(LineageNode node) {
    if (known_.insert(node.id).second) out_.nodes.push_back(std::move(node));
  }

  void connect(const std::string& from, const std::string& to, const char* kind, int64_t rows = 0) {
    if (edges_.insert({from, to, kind}).second) out_.edges.push_back({from, to, kind, rows});
  }

  Result<std::string> add_batch(int64_t id) {
    const auto known = std::find_if(batches_.begin(), batches_.end(), [&](const auto& b) { return b.id == id; });
    if (known == batches_.end()) {
      MW_ASSIGN(const auto info, records::batch_by_id(project_, id));
      add({tail(info.uuid), "batch", info.source, info.time_ms});
      return tail(info.uuid);
    }
    add({tail(known->uuid), "batch", known->source, known->time_ms});
    return tail(known->uuid);
  }

  std::string add_snapshot(const snapshots::Snapshot& snapshot) {
    const std::string id = tail(snapshot.uuid);
    add({id, "snapshot", task_name(snapshot.task), snapshot.time_ms});
    return id;
  }

  std::string add_run(const models::Run& run) {
    const std::string id = tail(run.uuid);
    add({id, "run", run.algorithm, run.time_ms});
    return id;
  }

  std::string add_validation(const models::CrossValidation& made) {
    const std::string id = tail(made.uuid);
    add({id, "cross_validation", made.algorithm, made.time_ms});
    return id;
  }

  std::string add_model(const models::Model& model) {
    const std::string id = tail(model.uuid);
    add({id, "model", model.name, model.time_ms});
    return id;
  }

  std::string add_guide(int64_t task, int version) {
    const std::string id = task_name(task) + " guide " + std::to_string(version);
    add({id, "guide", task_name(task), 0});
    return id;
  }

  [[nodiscard]] std::string task_name(int64_t id) const {
    const auto known = std::find_if(tasks_.begin(), tasks_.end(), [&](const auto& t) { return t.id == id; });
    return known == tasks_.end() ? std::string() : known->name;
  }

  /// Labels of one record in a task: what each person did, and what came in bulk.
  Status add_labels(const RecordRef& record, const std::string& id, const labels::Task& task) {
    MW_ASSIGN(const auto acts, labels::acts_on_record(project_, task.id, record));
    for (const labels::Annotation& act : acts) {
      if (act.status != labels::ActStatus::label) continue;
      const bool undone = std::any_of(acts.begin(), acts.end(), [&](const auto& o) { return o.undoes == act.uuid; });
      if (undone) continue;
      add({tail(act.uuid), "label", act.label.value_or("") + " by " + act.by, act.time_ms});
      connect(id, tail(act.uuid), "labeled", 1);
      connect(tail(act.uuid), add_guide(task.id, act.guide_version), "made_under");
    }
    const int64_t batches[] = {record.batch};
    MW_ASSIGN(const auto current, labels::current_labels(project_, {.task = task.id, .batches = batches}));
    const labels::CurrentLabel* label = current.find(record);
    if (label == nullptr || label->source.file == 0) return {};
    const std::string name = current.names[static_cast<size_t>(label->label)];
    const std::string bulk = task.name + " label file " + std::to_string(label->source.file);
    add({bulk, "label", name + " in bulk", 0});
    connect(id, bulk, "labeled", 1);
    connect(bulk, add_guide(task.id, label->guide_version), "made_under");
    return {};
  }

  /// Downwards: batches, and the guide versions that the labels rest on.
  Status add_what_made(const snapshots::Snapshot& snapshot) {
    const std::string id = add_snapshot(snapshot);
    MW_ASSIGN(const auto rows, snapshots::read_rows(project_, snapshot));
    std::map<int64_t, int64_t> batches;
    std::map<int32_t, int64_t> guides;
    for (size_t i = 0; i < rows.size(); ++i) {
      ++batches[rows.records[i].batch];
      ++guides[rows.guide_version[i]];
    }
    for (const auto& [batch, count] : batches) {
      MW_ASSIGN(const std::string to, add_batch(batch));
      connect(id, to, "holds", count);
    }
    for (const auto& [version, count] : guides) connect(id, add_guide(snapshot.task, version), "made_under", count);
    return {};
  }

  /// Upwards: runs on a snapshot and their models.
  void add_what_came_of(const snapshots::Snapshot& snapshot) {
    const std::string id = add_snapshot(snapshot);
    for (const models::Run& run : runs_)
      if (run.snapshot == snapshot.id) connect(add_run(run), id, "trained_on", snapshot.counts.train);
    for (const models::Run& run : runs_)
      if (run.snapshot == snapshot.id) add_models_of(run);
    for (const models::CrossValidation& made : validations_)
      if (made.snapshot == snapshot.id) connect(add_validation(made), id, "judged", snapshot.counts.rows());
  }

  /// Upwards: what a run made, and what was started from that.
  void add_models_of(const models::Run& run) {
    for (const models::Model& model : models_) {
      if (model.run != run.id) continue;
      connect(add_model(model), add_run(run), "made_by");
      add_started_from(model);
    }
  }

  void add_started_from(const models::Model& base) {
    if (!followed_.insert(base.id).second) return;
    for (const models::Run& run : runs_) {
      if (run.base != tail(base.uuid)) continue;
      connect(add_run(run), add_model(base), "started_from");
      add_models_of(run);
    }
    for (const models::CrossValidation& made : validations_)
      if (made.base == tail(base.uuid)) connect(add_validation(made), add_model(base), "started_from");
  }

  Status from_model(int64_t id) {
    for (const models::Model& model : models_) {
      if (model.id != id) continue;
      add_started_from(model);
      MW_TRY(below_model(model));
    }
    return {};
  }

  /// Downwards: the run that made it, and what that rests on.
  Status below_model(const models::Model& model) {
    add_model(model);
    for (const models::Run& run : runs_) {
      if (run.id != model.run) continue;
      connect(tail(model.uuid), add_run(run), "made_by");
      MW_TRY(below_run(run));
    }
    return {};
  }

  Status below_run(const models::Run& run) {
    if (!traced_.insert(run.id).second) return {};
    MW_TRY(below_base(add_run(run), run.base));
    for (const auto& snapshot : snapshots_) {
      if (snapshot.id != run.snapshot) continue;
      connect(add_run(run), add_snapshot(snapshot), "trained_on", snapshot.counts.train);
      MW_TRY(add_what_made(snapshot));
    }
    return {};
  }

  /// Downwards: the model that something started from; none where `base` is empty.
  Status below_base(const std::string& id, const std::string& base) {
    for (const models::Model& model : models_) {
      if (base.empty() || base != tail(model.uuid)) continue;
      connect(id, add_model(model), "started_from");
      MW_TRY(below_model(model));
    }
    return {};
  }

  Status from_validation(int64_t id) {
    for (const models::CrossValidation& made : validations_) {
      if (made.id != id) continue;
      const std::string name = add_validation(made);
      MW_TRY(below_base(name, made.base));
      for (const auto& snapshot : snapshots_) {
        if (snapshot.id != made.snapshot) continue;
        connect(name, add_snapshot(snapshot), "judged", snapshot.counts.rows());
        MW_TRY(add_what_made(snapshot));
      }
    }
    return {};
  }

  Status from_run(int64_t id) {
    for (const models::Run& run : runs_) {
      if (run.id != id) continue;
      add_run(run);
      add_models_of(run);
      MW_TRY(below_run(run));
    }
    return {};
  }

  Status from_snapshot(int64_t id) {
    for (const auto& snapshot : snapshots_) {
      if (snapshot.id != id) continue;
      MW_TRY(add_what_made(snapshot));
      add_what_came_of(snapshot);
    }
    return {};
  }

  Status from_batch(int64_t id) {
    MW_ASSIGN(const std::string batch, add_batch(id));
    for (const auto& snapshot : snapshots_) {
      if (std::find(snapshot.batches.begin(), snapshot.batches.end(), id) == snapshot.batches.end()) continue;
      MW_ASSIGN(const auto rows, snapshots::read_rows(project_, snapshot));
      const auto held = std::count_if(rows.records.begin(), rows.records.end(),
                                      [&](const RecordRef& record) { return record.batch == id; });
      connect(add_snapshot(snapshot), batch, "holds", held);
      add_what_came_of(snapshot);
    }
    return {};
  }

  const store::Project& project_;
  std::vector<models::Model> models_;
  std::vector<models::Run> runs_;
  std::vector<models::CrossValidation> validations_;
  std::vector<snapshots::Snapshot> snapshots_;
  std::vector<records::BatchInfo> batches_;
  std::vector<labels::Task> tasks_;
  Lineage out_;
  std::set<int64_t> followed_, traced_;  ///< models looked up from, runs looked down from: each once
  std::set<std::string> known_;
  std::set<std::tuple<std::string, std::string, std::string>> edges_;
};

}  // namespace

Result<Lineage> lineage(const store::Project& project, std::string_view id) {
  Tracing tracing(project);
  MW_TRY(tracing.load());
  if (id.find('-') != id.npos && id.size() < 36) {
    MW_ASSIGN(const RecordRef record, store::record_from_text(project, id));
    MW_TRY(tracing.start(record));
    MW_ASSIGN(const std::string text, store::record_to_text(project, record));
    return tracing.take(text);
  }
  std::optional<std::pair<std::string, store::Found>> found;
  for (const char* table : {"model", "run", "cross_validation", "snapshot", "batch"}) {
    auto one = store::find_by_tail(project, table, id.empty() ? "-" : id, table);
    if (!one && one.error().code != "store.no_such_id") return tl::make_unexpected(one.error());
    if (!one) continue;
    if (found)
      return fail(ErrorKind::bad_input, "store.ambiguous_id", "{typed} is a {one} and a {other}.",
                  {{"typed", std::string(id)}, {"one", found->first}, {"other", table}}, "Type more of it.");
    found = {table, *one};
  }
  if (!found)
    return fail(ErrorKind::bad_input, "store.no_such_id",
                "There is no model, run, cross-validation, snapshot, batch or record {typed}.",
                {{"typed", std::string(id)}});
  MW_TRY(tracing.start(found->first, found->second.id));
  return tracing.take(tail(found->second.uuid));
}

Json to_json(const Lineage& lineage) {
  Json nodes = Json::array();
  for (const LineageNode& node : lineage.nodes)
    nodes.push_back({{"id", node.id},
                     {"kind", node.kind},
                     {"title", node.title},
                     {"time", node.time_ms > 0 ? Json(iso8601(node.time_ms)) : Json(nullptr)},
                     {"asked", node.asked}});
  Json edges = Json::array();
  for (const LineageEdge& edge : lineage.edges)
    edges.push_back({{"from", edge.from}, {"to", edge.to}, {"kind", edge.kind}, {"rows", edge.rows}});
  return {{"nodes", nodes}, {"edges", edges}};
}

}  // namespace millwright::planning

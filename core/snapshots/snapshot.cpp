#include "snapshots/snapshot.h"

#include <algorithm>
#include <future>
#include <map>

#include "detail/build.h"
#include "detail/checks.h"
#include "labels/schema.h"
#include "quality/gate_report.h"
#include "records/asset.h"
#include "records/batch.h"
#include "records/where.h"
#include "store/facts_file.h"
#include "store/lookup.h"

namespace millwright::snapshots {
namespace {

constexpr std::string_view kSelect =
    "SELECT id, uuid, task, root, file, recipe, counts, verdict, actor, device, program, time_ms FROM snapshot ";

int64_t count_at(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number_integer() ? found->get<int64_t>() : 0;
}

Result<Snapshot> read_row(const store::Statement& row) {
  Snapshot snapshot;
  snapshot.id = row.integer(0);
  snapshot.uuid = row.uuid(1);
  snapshot.task = row.integer(2);
  snapshot.root = row.digest(3);
  snapshot.file = row.integer(4);
  MW_ASSIGN(snapshot.recipe, parse_json(row.text(5), "snapshot.recipe"));
  MW_ASSIGN(const Json counts, parse_json(row.text(6), "snapshot.counts"));
  snapshot.counts = {count_at(counts, "train"), count_at(counts, "validation"), count_at(counts, "test"),
                     count_at(counts, "conflicts"), count_at(counts, "unlabeled")};
  snapshot.annotation_through = count_at(counts, "annotation_through");
  snapshot.file_through = count_at(counts, "file_through");
  snapshot.verdict = quality::verdict_from(row.text(7)).value_or(quality::Verdict::fail);
  snapshot.by = row.string(8);
  snapshot.device = row.string(9);
  snapshot.program = row.string(10);
  snapshot.time_ms = row.integer(11);
  return snapshot;
}

Status add_batches(const store::Project& project, Snapshot& snapshot) {
  MW_ASSIGN(auto query, project.db().prepare("SELECT batch FROM snapshot_batch WHERE snapshot = ? AND rows > 0 "
                                             "ORDER BY batch"));
  query.with(snapshot.id);
  while (true) {
    MW_ASSIGN(const bool more, query.step());
    if (!more) return {};
    snapshot.batches.push_back(query.integer(0));
  }
}

Result<std::vector<Snapshot>> read_all(const store::Project& project, store::Statement query) {
  std::vector<Snapshot> snapshots;
  while (true) {
    MW_ASSIGN(const bool more, query.step());
    if (!more) break;
    MW_ASSIGN(Snapshot snapshot, read_row(query));
    snapshots.push_back(std::move(snapshot));
  }
  for (Snapshot& snapshot : snapshots) MW_TRY(add_batches(project, snapshot));
  return snapshots;
}

/// The task's split as it is kept, or as it is to become.
Result<SplitPlan> plan_for(const std::optional<SplitPlan>& kept, const SnapshotRequest& request,
                           const records::Asset& asset) {
  if (!kept) {
    SplitPlan plan;
    plan.seed = request.seed.value_or(0);
    plan.shares = request.shares.value_or(Shares{});
    plan.group_field = request.group;
    if (!plan.group_field && !asset.roles.group.empty()) plan.group_field = asset.roles.group;
    if (plan.group_field && plan.group_field->empty()) plan.group_field.reset();
    if (plan.group_field && asset.schema.find(*plan.group_field) == nullptr)
      return fail(ErrorKind::bad_input, "split.no_such_field", "There is no field {field} to group by.",
                  {{"field", *plan.group_field}});
    return plan;
  }
  const bool same_shares = !request.shares || *request.shares == kept->shares;
  const bool same_seed = !request.seed || *request.seed == kept->seed;
  const bool same_group = !request.group || *request.group == kept->group_field.value_or("");
  if (!same_shares || !same_seed || !same_group)
    return fail(
        ErrorKind::usage, "split.fixed",
        "The split of this task was made with its first snapshot and stays: {shares}, seed {seed}, group {group}.",
        {{"shares", shares_text(kept->shares)},
         {"seed", std::to_string(kept->seed)},
         {"group", kept->group_field.value_or("none")}},
        "Leave --split, --seed and --group out.");
  return *kept;
}

store::Facts facts_of(const detail::Built& built) {
  using Kind = store::FactsColumn::Kind;
  const SnapshotRows& rows = built.rows;
  store::Facts facts;
  facts.what = "snapshot";
  facts.about = Json{{"recipe", built.recipe}};
  facts.rows = static_cast<int64_t>(rows.size());
  const auto add = [&](const char* name, Kind kind) -> store::FactsColumn& {
    facts.columns.emplace_back();
    facts.columns.back().name = name;
    facts.columns.back().kind = kind;
    return facts.columns.back();
  };
  auto& batch = add("batch", Kind::integer).integers;
  for (const RecordRef& record : rows.records) batch.push_back(record.batch);
  auto& ordinal = add("ordinal", Kind::integer).integers;
  for (const RecordRef& record : rows.records) ordinal.push_back(record.ordinal);
  add("leaf", Kind::digest).digests = rows.leaf;
  auto& label = add("label", Kind::text);
  label.dictionary = rows.labels;
  label.integers.assign(rows.label.begin(), rows.label.end());
  add("schema", Kind::integer).integers.assign(rows.schema_version.begin(), rows.schema_version.end());
  add("guide", Kind::integer).integers.assign(rows.guide_version.begin(), rows.guide_version.end());
  auto& split = add("split", Kind::text);
  for (const Split name : kSplits) split.dictionary.emplace_back(to_string(name));
  for (const Split value : rows.split) split.integers.push_back(static_cast<int64_t>(value));
  return facts;
}

store::Facts facts_of(const SplitPlan& plan) {
  store::Facts facts;
  facts.what = "split";
  facts.about = Json{{"seed", plan.seed}, {"shares", shares_text(plan.shares)}};
  facts.rows = static_cast<int64_t>(plan.groups.size());
  facts.columns.resize(3);
  facts.columns[0].name = "low";
  facts.columns[1].name = "high";
  facts.columns[2].name = "split";
  for (const GroupSplit& entry : plan.groups) {
    facts.columns[0].integers.push_back(static_cast<int64_t>(entry.group.low));
    facts.columns[1].integers.push_back(static_cast<int64_t>(entry.group.high));
    facts.columns[2].integers.push_back(static_cast<int64_t>(entry.split));
  }
  return facts;
}

struct Publication {
  const labels::Task& task;
  const detail::Built& built;
  const std::vector<int64_t>& batches;
  quality::Verdict verdict;
  const store::WrittenFile& rows;
  const std::optional<store::WrittenFile>& plan;
  bool first = false;
};

Status insert_plan(store::Transaction& t, const Publication& p) {
  MW_ASSIGN(auto known, t.db().prepare("SELECT 1 FROM split_plan WHERE task = ?"));
  known.with(p.task.id);
  MW_ASSIGN(const bool exists, known.step());
  if (exists)
    return fail(ErrorKind::store, "snapshot.split_came_first", "Another program has just made this task's first split.",
                {}, "Try again: its split is used now.");
  std::optional<int64_t> file;
  if (p.plan) {
    MW_ASSIGN(file, store::publish(t, *p.plan));
  }
  const SplitPlan& plan = p.built.plan;
  MW_ASSIGN(auto insert,
            t.db().prepare("INSERT INTO split_plan(task, seed, train, validation, test, group_field, file) "
                           "VALUES(?, ?, ?, ?, ?, ?, ?)"));
  insert.with(p.task.id, plan.seed, plan.shares.train, plan.shares.validation, plan.shares.test, plan.group_field,
              file);
  MW_TRY(insert.run());
  return t.audit("split.make", tail(p.task.uuid),
                 Json{{"seed", plan.seed},
                      {"shares", shares_text(plan.shares)},
                      {"group", plan.group_field ? Json(*plan.group_field) : Json(nullptr)},
                      {"groups", plan.groups.size()}});
}

Status insert_batches(store::Transaction& t, int64_t snapshot, const Publication& p) {
  std::map<int64_t, int64_t> rows;
  for (const int64_t batch : p.batches) rows[batch];  // those without rows too: a rebuild needs them
  for (const RecordRef& record : p.built.rows.records) ++rows[record.batch];
  MW_ASSIGN(auto insert, t.db().prepare("INSERT INTO snapshot_batch(snapshot, batch, rows) VALUES(?, ?, ?)"));
  for (const auto& [batch, count] : rows) {
    insert.with(snapshot, batch, count);
    MW_TRY(insert.run());
  }
  return {};
}

Result<int64_t> publish(store::Transaction& t, const Publication& p) {
  if (p.first) MW_TRY(insert_plan(t, p));
  MW_ASSIGN(const int64_t file, store::publish(t, p.rows));
  const detail::Built& built = p.built;
  const SnapshotCounts& counts = built.counts;
  const Json kept{{"train", counts.train},
                  {"validation", counts.validation},
                  {"test", counts.test},
                  {"conflicts", counts.conflicts},
                  {"unlabeled", counts.unlabeled},
                  {"annotation_through", built.annotation_through},
                  {"file_through", built.file_through}};
  const Uuid uuid = detail::uuid_of(built.root);
  MW_ASSIGN(auto insert, t.db().prepare("INSERT INTO snapshot(uuid, task, root, file, recipe, counts, verdict, actor, "
                                        "device, program, time_ms) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  insert.with(uuid, p.task.id, built.root, file, canonical(built.recipe), to_text(kept), quality::to_string(p.verdict),
              t.actor().name, t.actor().device, "millwright " MILLWRIGHT_VERSION, t.time_ms());
  MW_TRY(insert.run());
  const int64_t id = t.db().last_insert_id();
  MW_TRY(insert_batches(t, id, p));
  MW_TRY(t.audit("snapshot.create", tail(uuid),
                 Json{{"task", tail(p.task.uuid)},
                      {"rows", built.rows.size()},
                      {"root", to_hex(built.root)},
                      {"verdict", quality::to_string(p.verdict)}}));
  return id;
}

Result<detail::BuildRequest> prepare(const store::Project& project, const SnapshotRequest& request, bool& first) {
  detail::BuildRequest build;
  MW_ASSIGN(build.task, labels::read_task(project, request.task));
  MW_ASSIGN(const auto asset, records::asset_by_id(project, build.task.asset));
  build.batches = request.batches;
  if (build.batches.empty()) {
    MW_ASSIGN(const auto known, records::list_batches(project, asset.id));
    for (const auto& batch : known) build.batches.push_back(batch.id);
  }
  std::sort(build.batches.begin(), build.batches.end());
  build.batches.erase(std::unique(build.batches.begin(), build.batches.end()), build.batches.end());
  if (build.batches.empty())
    return fail(ErrorKind::refused, "snapshot.empty", "There is no data to freeze yet.", {}, "Import a batch first.");
  for (const int64_t batch : build.batches) {
    MW_ASSIGN(const auto info, records::batch_by_id(project, batch));
    if (info.asset != asset.id)
      return fail(ErrorKind::usage, "snapshot.other_asset", "The batch {batch} is not of the task's asset {asset}.",
                  {{"batch", tail(info.uuid)}, {"asset", asset.name}});
  }
  if (!request.where.empty()) {
    MW_ASSIGN(const auto where, records::Where::parse(request.where));
    build.where = where.text();
  }
  MW_ASSIGN(const auto kept, read_split_plan(project, build.task.id));
  first = !kept;
  MW_ASSIGN(build.plan, plan_for(kept, request, asset));
  build.cut = first;
  build.schema_version = build.task.schema_version;
  build.guide_version = build.task.guide_version;
  return build;
}

Result<std::optional<Snapshot>> find_by_uuid(const store::Project& project, const Uuid& uuid) {
  MW_ASSIGN(auto query, project.db().prepare(std::string(kSelect) + "WHERE uuid = ?"));
  query.with(uuid);
  MW_ASSIGN(auto found, read_all(project, std::move(query)));
  return found.empty() ? std::optional<Snapshot>() : std::optional(std::move(found.front()));
}

}  // namespace

Result<MadeSnapshot> make_snapshot(store::Project& project, const SnapshotRequest& request, const Work& work) {
  bool first = false;
  MW_ASSIGN(const detail::BuildRequest build, prepare(project, request, first));
  MW_ASSIGN(const detail::Built built, detail::build(project, build, work));
  if (built.rows.size() == 0)
    return fail(
        ErrorKind::refused, "snapshot.empty",
        "Nothing to freeze: {unlabeled} records have no label, of {conflicts} the labels differ.",
        {{"unlabeled", std::to_string(built.counts.unlabeled)}, {"conflicts", std::to_string(built.counts.conflicts)}},
        "Label some records first.");
  const quality::Thresholds thresholds;
  // The gate of a batch reads other columns than the checks of the rows do: one core for each.
  MW_ASSIGN(const store::Project second, project.clone());
  auto checking = std::async(
      std::launch::async, [&] { return detail::check_rows(second, build.task, built.plan, built.rows, thresholds); });
  auto gates = detail::check_batches(project, built.rows, work, thresholds);
  MW_ASSIGN(auto checks, checking.get());
  MW_ASSIGN(auto batches, std::move(gates));
  checks.insert(checks.begin(), std::move(batches));
  MW_ASSIGN(auto known, find_by_uuid(project, detail::uuid_of(built.root)));
  MadeSnapshot made;
  if (known) {
    made.snapshot = std::move(*known);
    made.existed = true;
  } else {
    if (work.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped.");
    work.report({"publish", 0, static_cast<int64_t>(built.rows.size()), "rows"});
    MW_ASSIGN(const auto rows, store::write_facts(project, facts_of(built), built.row_leaves));
    std::optional<store::WrittenFile> plan;
    if (first && !built.plan.groups.empty()) {
      MW_ASSIGN(plan, store::write_facts(project, facts_of(built.plan)));
    }
    const Publication publication{build.task, built, build.batches, quality::worst(checks), rows, plan, first};
    MW_ASSIGN(const int64_t id, project.write([&](store::Transaction& t) { return publish(t, publication); }));
    MW_ASSIGN(made.snapshot, read_snapshot(project, id));
  }
  MW_ASSIGN(const auto report,
            quality::keep_report(project, {quality::SubjectKind::snapshot, made.snapshot.id}, checks));
  made.snapshot.verdict = report.verdict;
  return made;
}

Result<std::vector<Snapshot>> list_snapshots(const store::Project& project, std::optional<int64_t> task) {
  MW_ASSIGN(auto query, project.db().prepare(std::string(kSelect) + "WHERE ?1 IS NULL OR task = ?1 ORDER BY id DESC"));
  query.with(task);
  return read_all(project, std::move(query));
}

Result<Snapshot> find_snapshot(const store::Project& project, std::string_view typed) {
  MW_ASSIGN(const auto found, store::find_by_tail(project, "snapshot", typed, "snapshot"));
  return read_snapshot(project, found.id);
}

Result<Snapshot> read_snapshot(const store::Project& project, int64_t snapshot) {
  MW_ASSIGN(auto query, project.db().prepare(std::string(kSelect) + "WHERE id = ?"));
  query.with(snapshot);
  MW_ASSIGN(auto found, read_all(project, std::move(query)));
  if (found.empty())
    return fail(ErrorKind::bad_input, "store.no_such_id", "There is no snapshot {snapshot}.",
                {{"snapshot", std::to_string(snapshot)}});
  return std::move(found.front());
}

Result<std::vector<Snapshot>> snapshots_holding(const store::Project& project, int64_t batch) {
  MW_ASSIGN(auto query, project.db().prepare(std::string(kSelect) + "WHERE id IN (SELECT snapshot FROM snapshot_batch "
                                                                    "WHERE batch = ?) ORDER BY id DESC"));
  query.with(batch);
  return read_all(project, std::move(query));
}

Result<SnapshotRows> read_rows(const store::Project& project, const Snapshot& snapshot) {
  using Kind = store::FactsColumn::Kind;
  MW_ASSIGN(store::Facts facts, store::read_facts(project, snapshot.file));
  const auto* batch = facts.find("batch", Kind::integer);
  const auto* ordinal = facts.find("ordinal", Kind::integer);
  const auto* leaf = facts.find("leaf", Kind::digest);
  const auto* label = facts.find("label", Kind::text);
  const auto* schema = facts.find("schema", Kind::integer);
  const auto* guide = facts.find("guide", Kind::integer);
  const auto* split = facts.find("split", Kind::text);
  const auto damaged = [] { return fail(ErrorKind::store, "store.damaged", "The rows of a snapshot cannot be read."); };
  if (batch == nullptr || ordinal == nullptr || leaf == nullptr || label == nullptr || schema == nullptr ||
      guide == nullptr || split == nullptr)
    return damaged();
  std::vector<Split> splits;
  for (const std::string& name : split->dictionary) {
    const auto known = split_from(name);
    if (!known) return damaged();
    splits.push_back(*known);
  }
  SnapshotRows rows;
  const auto count = static_cast<size_t>(facts.rows);
  for (size_t i = 0; i < count; ++i) {
    const int64_t code = label->integers[i];
    const int64_t part = split->integers[i];
    if (code < 0 || code >= static_cast<int64_t>(label->dictionary.size()) || part < 0 ||
        part >= static_cast<int64_t>(splits.size()))
      return damaged();
    rows.records.push_back({batch->integers[i], ordinal->integers[i]});
    rows.label.push_back(static_cast<int32_t>(code));
    rows.split.push_back(splits[static_cast<size_t>(part)]);
    rows.schema_version.push_back(static_cast<int32_t>(schema->integers[i]));
    rows.guide_version.push_back(static_cast<int32_t>(guide->integers[i]));
  }
  rows.labels = label->dictionary;
  rows.leaf = leaf->digests;
  if (rows.leaf.size() != count || !std::is_sorted(rows.records.begin(), rows.records.end())) return damaged();
  return rows;
}

Result<std::vector<labels::LabelValue>> read_values(const SnapshotRows& rows, labels::TaskKind kind) {
  std::vector<labels::LabelValue> values;
  values.reserve(rows.labels.size());
  for (const std::string& label : rows.labels) {
    auto value = labels::read_label(kind, label);
    if (!value)
      return fail(ErrorKind::store, "store.damaged", "A label of this project cannot be read: {label}.",
                  {{"label", label.substr(0, 200)}});
    values.push_back(std::move(*value));
  }
  return values;
}

}  // namespace millwright::snapshots

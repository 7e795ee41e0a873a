#include "snapshots/verify.h"

#include "base/hash.h"
#include "detail/build.h"
#include "labels/task.h"
#include "store/lookup.h"

namespace millwright::snapshots {
namespace {

Result<int64_t> batch_by_uuid(const store::Project& project, const std::string& text) {
  const auto uuid = uuid_from_string(text);
  if (!uuid) return fail(ErrorKind::store, "store.damaged", "The recipe of a snapshot cannot be read.");
  MW_ASSIGN(const auto found, store::find_by_tail(project, "batch", text, "batch"));
  return found.id;
}

/// What the recipe says, as the building asks for it.
Result<detail::BuildRequest> request_of(const store::Project& project, const Snapshot& snapshot) {
  detail::BuildRequest request;
  MW_ASSIGN(request.task, labels::read_task(project, snapshot.task));
  const Json& recipe = snapshot.recipe;
  const auto damaged = [] {
    return fail(ErrorKind::store, "store.damaged", "The recipe of a snapshot cannot be read.");
  };
  try {
    request.task.fields = recipe.at("fields").get<std::vector<std::string>>();
    for (const Json& batch : recipe.at("batches")) {
      MW_ASSIGN(const int64_t id, batch_by_uuid(project, batch.get<std::string>()));
      request.batches.push_back(id);
    }
    request.where = recipe.at("where").get<std::string>();
    request.schema_version = recipe.at("schema_version").get<int>();
    request.guide_version = recipe.at("guide_version").get<int>();
  } catch (const nlohmann::json::exception&) {
    return damaged();
  }
  MW_ASSIGN(const auto plan, read_split_plan(project, snapshot.task));
  if (!plan) return damaged();
  request.plan = *plan;
  request.annotation_through = snapshot.annotation_through;
  request.file_through = snapshot.file_through;
  return request;
}

std::string difference(const SnapshotRows& kept, const SnapshotRows& again) {
  if (kept.size() != again.size())
    return std::to_string(kept.size()) + " rows are kept, " + std::to_string(again.size()) + " come out again";
  if (kept.records != again.records) return "the records differ";
  if (kept.leaf != again.leaf) return "the contents of records differ";
  if (kept.labels != again.labels || kept.label != again.label) return "the labels differ";
  if (kept.split != again.split) return "the splits differ";
  if (kept.schema_version != again.schema_version) return "the schema versions differ";
  if (kept.guide_version != again.guide_version) return "the guide versions differ";
  return {};
}

/// Rows → Merkle root → id, and the counts.
Status verify_one(const store::Project& project, const Snapshot& snapshot, bool deep, const Work& work,
                  VerifiedSnapshots& found) {
  const auto problem = [&](const std::string& text) {
    found.problems.push_back("Snapshot " + tail(snapshot.uuid) + ": " + text + ".");
  };
  ++found.snapshots;
  const auto rows = read_rows(project, snapshot);
  if (!rows) {
    problem("its rows cannot be read (" + message_of(rows.error()) + ")");
    return {};
  }
  found.rows += static_cast<int64_t>(rows->size());
  const Digest root = detail::root_of(merkle_root(detail::leaves_of(*rows)), snapshot.recipe);
  if (root != snapshot.root) problem("its rows do not give its id");
  if (detail::uuid_of(snapshot.root) != snapshot.uuid) problem("its id does not follow from its root");
  SnapshotCounts counts = snapshot.counts;
  counts.train = counts.validation = counts.test = 0;
  for (const Split split : rows->split)
    ++(split == Split::train ? counts.train : split == Split::validation ? counts.validation : counts.test);
  if (counts.train != snapshot.counts.train || counts.validation != snapshot.counts.validation ||
      counts.test != snapshot.counts.test)
    problem("its rows are not as many as it says");
  if (!deep) return {};
  const auto again = rebuild(project, snapshot, work);
  if (!again && (again.error().kind == ErrorKind::cancelled)) return tl::make_unexpected(again.error());
  if (!again)
    problem("it cannot be built again (" + message_of(again.error()) + ")");
  else if (!again->identical)
    problem("built again it is another: " + again->differs);
  return {};
}

}  // namespace

Result<VerifiedSnapshots> verify_snapshots(const store::Project& project, bool deep, const Work& work) {
  VerifiedSnapshots found;
  MW_ASSIGN(const auto snapshots, list_snapshots(project));
  for (const Snapshot& snapshot : snapshots) {
    if (work.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped.");
    work.report({"verify", found.snapshots, static_cast<int64_t>(snapshots.size()), "snapshots"});
    MW_TRY(verify_one(project, snapshot, deep, work, found));
  }
  return found;
}

Result<Rebuilt> rebuild(const store::Project& project, const Snapshot& snapshot, const Work& work) {
  MW_ASSIGN(const auto request, request_of(project, snapshot));
  MW_ASSIGN(const auto built, detail::build(project, request, work));
  MW_ASSIGN(const SnapshotRows kept, read_rows(project, snapshot));
  Rebuilt rebuilt;
  rebuilt.rows = static_cast<int64_t>(built.rows.size());
  rebuilt.root = built.root;
  rebuilt.differs = difference(kept, built.rows);
  if (rebuilt.differs.empty() && built.root != snapshot.root) rebuilt.differs = "the recipe differs";
  rebuilt.identical = rebuilt.differs.empty();
  return rebuilt;
}

}  // namespace millwright::snapshots

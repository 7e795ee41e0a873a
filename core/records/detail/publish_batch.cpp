#include "publish_batch.h"

#include <algorithm>

#include "asset_rows.h"
#include "store/publishing.h"

namespace millwright::records::detail {
namespace {

/// Fields in the asset's order, new ones behind; those that this batch lacks are gone.
std::vector<SchemaField> fields_after(const Publication& publication, const PipelineResult& result) {
  const std::vector<SchemaField> before =
      publication.asset ? publication.asset->schema.fields : std::vector<SchemaField>();
  std::vector<SchemaField> after;
  const auto add = [&](const store::BatchField& field) {
    SchemaField out{field.name, field.type, false};
    for (const SchemaField& old : before)
      if (old.name == field.name) out.declared = old.declared;
    for (const auto& [name, type] : publication.request.types)
      if (name == field.name) out.declared = true;
    after.push_back(std::move(out));
  };
  for (const SchemaField& old : before)
    for (const store::BatchField& field : result.fields)
      if (field.name == old.name) add(field);
  for (const store::BatchField& field : result.fields)
    if (std::none_of(before.begin(), before.end(), [&](const SchemaField& f) { return f.name == field.name; }))
      add(field);
  return after;
}

std::optional<SchemaChange> change_between(const std::vector<SchemaField>& before,
                                           const std::vector<SchemaField>& after) {
  if (before.empty()) return SchemaChange::first;
  if (const auto change = compare_schemas(before, after)) return change;
  for (const SchemaField& now : after)
    for (const SchemaField& old : before)
      if (old.name == now.name && old.declared != now.declared) return SchemaChange::declared;
  return std::nullopt;
}

Result<std::vector<int64_t>> batches_of(const store::Database& db, int64_t asset) {
  MW_ASSIGN(store::Statement select,
            db.prepare("SELECT id FROM batch WHERE asset = ? AND dropped_ms IS NULL ORDER BY id"));
  select.with(asset);
  std::vector<int64_t> ids;
  for (;;) {
    MW_ASSIGN(const bool there, select.step());
    if (!there) return ids;
    ids.push_back(select.integer(0));
  }
}

Result<int64_t> make_asset(store::Transaction& transaction, const std::string& name, const Roles& roles) {
  const Uuid uuid = new_uuid();
  MW_ASSIGN(store::Statement insert,
            transaction.db().prepare("INSERT INTO asset(uuid, name, roles, created_ms) VALUES(?,?,?,?)"));
  MW_TRY(insert.with(uuid, name, to_text(to_json(roles)), transaction.time_ms()).run());
  const int64_t id = transaction.db().last_insert_id();
  MW_TRY(transaction.audit("asset.create", tail(uuid), Json{{"name", name}}));
  return id;
}

Result<int64_t> insert_batch(store::Transaction& transaction, const Publication& publication,
                             const PipelineResult& result, const store::WrittenFile& file, int64_t data_file,
                             int64_t asset, int64_t schema_version) {
  const ImportRequest& request = publication.request;
  const std::string& source = request.source_name.empty() ? request.source : request.source_name;
  const std::optional<std::string_view> split =
      request.split.empty() ? std::nullopt : std::optional<std::string_view>(request.split);
  MW_ASSIGN(store::Statement insert,
            transaction.db().prepare(
                "INSERT INTO batch(uuid, asset, file, source, source_sha256, connector, given_split, schema_version, "
                "rows_read, arrivals, rows_kept, rows_duplicate, rows_same_content, rows_quarantined, source_bytes, "
                "time_ms, actor, device) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"));
  MW_TRY(insert
             .with(file.uuid, asset, data_file, source, publication.source, publication.connector, split,
                   schema_version, result.counts.read, result.counts.arrivals, result.counts.records,
                   result.counts.repeated, result.counts.same_content, result.counts.quarantined,
                   publication.source_bytes, transaction.time_ms(), transaction.actor().name,
                   transaction.actor().device)
             .run());
  return transaction.db().last_insert_id();
}

Result<Published> publish_in(store::Transaction& transaction, const Publication& publication,
                             const PipelineResult& result, const store::WrittenFile& file) {
  Published published;
  published.uuid = file.uuid;
  MW_ASSIGN(const std::optional<Asset> now, asset_named(transaction.db(), publication.asset_name));
  std::vector<int64_t> known;
  if (now) {
    MW_ASSIGN(const std::optional<int64_t> same, batch_of_source(transaction.db(), now->id, publication.source));
    if (same) {
      published.batch = *same;
      published.already_there = true;
      return published;
    }
    MW_ASSIGN(known, batches_of(transaction.db(), now->id));
  }
  const int64_t version_before = publication.asset ? publication.asset->schema.version : 0;
  if (known != publication.known || (now ? now->schema.version : 0) != version_before) {
    published.outdated = true;
    return published;
  }
  const Roles roles = merged(now ? now->roles : Roles(), publication.request.roles);
  if (now) {
    published.asset = now->id;
    if (to_json(roles) != to_json(now->roles)) MW_TRY(put_roles(transaction, now->id, roles));
  } else {
    MW_ASSIGN(published.asset, make_asset(transaction, publication.asset_name, roles));
  }
  const std::vector<SchemaField> fields = fields_after(publication, result);
  int64_t version = version_before;
  if (const auto change = change_between(now ? now->schema.fields : std::vector<SchemaField>(), fields)) {
    published.schema_change = name_of(*change);
    MW_TRY(put_schema(transaction, published.asset, ++version, fields, *change));
  }
  MW_ASSIGN(const int64_t data_file, store::publish(transaction, file));
  MW_ASSIGN(published.batch, insert_batch(transaction, publication, result, file, data_file, published.asset, version));
  MW_TRY(transaction.audit("batch.import", tail(file.uuid),
                           Json{{"asset", publication.asset_name},
                                {"arrivals", result.counts.arrivals},
                                {"records", result.counts.records},
                                {"quarantined", result.counts.quarantined},
                                {"root", to_hex(file.root)},
                                {"bytes_root", to_hex(file.bytes_root)},
                                {"source_sha256", to_hex(publication.source)},
                                {"schema_version", version}}));
  return published;
}

}  // namespace

Result<std::optional<int64_t>> batch_of_source(const store::Database& db, int64_t asset, const Digest& source) {
  MW_ASSIGN(store::Statement select,
            db.prepare("SELECT id FROM batch WHERE asset = ? AND source_sha256 = ? AND dropped_ms IS NULL"));
  MW_ASSIGN(const bool there, select.with(asset, source).step());
  return there ? std::optional<int64_t>(select.integer(0)) : std::nullopt;
}

Asset asset_after(const Publication& publication, const PipelineResult& result) {
  Asset asset = publication.asset.value_or(Asset());
  asset.name = publication.asset_name;
  asset.roles = merged(asset.roles, publication.request.roles);
  asset.schema.fields = fields_after(publication, result);
  return asset;
}

std::string schema_change_of(const Publication& publication, const PipelineResult& result) {
  const auto change = change_between(publication.asset ? publication.asset->schema.fields : std::vector<SchemaField>(),
                                     fields_after(publication, result));
  return change ? name_of(*change) : "";
}

Result<Published> publish_batch(store::Project& project, store::BatchWriter& writer, const Publication& publication,
                                const PipelineResult& result) {
  Json about{{"connector", publication.connector}, {"found", result.about}};
  MW_ASSIGN(const store::WrittenFile file, writer.finish(result.fields, result.counts.arrivals, result.counts.records,
                                                         result.counts.quarantined, result.root, about));
  auto published = project.write([&](store::Transaction& transaction) -> Result<Published> {
    return publish_in(transaction, publication, result, file);
  });
  // After an error nobody knows what a disk has kept of the transaction: the next start looks, and sweeps.
  if (published && (published->already_there || published->outdated)) store::give_up(project, file);
  return published;
}

}  // namespace millwright::records::detail

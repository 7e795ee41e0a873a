#include "records/asset.h"

#include <algorithm>

#include "detail/asset_rows.h"

namespace millwright::records {
namespace {

Result<std::vector<SchemaField>> fields_from_json(std::string_view text) {
  MW_ASSIGN(const Json json, parse_json(text, "asset_schema"));
  std::vector<SchemaField> fields;
  if (!json.is_array()) return detail::damaged("the schema of an asset");
  for (const Json& entry : json) {
    const auto name = entry.find("name");
    const auto type = entry.find("type");
    if (!entry.is_object() || name == entry.end() || !name->is_string() || type == entry.end() || !type->is_string())
      return detail::damaged("the schema of an asset");
    const auto known = field_type_from(type->get<std::string>());
    if (!known) return detail::damaged("the schema of an asset");
    fields.push_back({name->get<std::string>(), *known, entry.value("declared", false)});
  }
  return fields;
}

Roles roles_from_json(const Json& json) {
  Roles roles;
  const auto text = [&](const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  roles.text = text("text");
  roles.time = text("time");
  roles.id = text("id");
  roles.group = text("group");
  if (const auto content = json.find("content"); content != json.end() && content->is_array())
    for (const Json& name : *content)
      if (name.is_string()) roles.content.push_back(name.get<std::string>());
  return roles;
}

SchemaChange change_from(std::string_view name) {
  for (const SchemaChange change : {SchemaChange::first, SchemaChange::added, SchemaChange::widened,
                                    SchemaChange::breaking, SchemaChange::declared})
    if (name == name_of(change)) return change;
  return SchemaChange::breaking;
}

Result<SchemaVersion> schema_from_row(const store::Statement& row) {
  SchemaVersion schema;
  schema.version = row.integer(0);
  MW_ASSIGN(schema.fields, fields_from_json(row.text(1)));
  schema.change = change_from(row.text(2));
  schema.actor = row.string(3);
  schema.time_ms = row.integer(4);
  return schema;
}

Result<SchemaVersion> current_schema(const store::Database& db, int64_t asset) {
  MW_ASSIGN(store::Statement select,
            db.prepare("SELECT version, fields, change, actor, time_ms FROM asset_schema WHERE "
                       "asset = ? ORDER BY version DESC LIMIT 1"));
  MW_ASSIGN(const bool there, select.with(asset).step());
  if (!there) return SchemaVersion{};
  return schema_from_row(select);
}

Result<Asset> asset_from_row(const store::Database& db, const store::Statement& row) {
  Asset asset;
  asset.id = row.integer(0);
  asset.uuid = row.uuid(1);
  asset.name = row.string(2);
  MW_ASSIGN(const Json roles, parse_json(row.text(3), "asset"));
  if (roles.is_object()) asset.roles = roles_from_json(roles);
  MW_ASSIGN(asset.schema, current_schema(db, asset.id));
  return asset;
}

Status check_roles(const Asset& asset, const Roles& roles) {
  std::vector<std::string> names{roles.text, roles.time, roles.id, roles.group};
  names.insert(names.end(), roles.content.begin(), roles.content.end());
  for (const std::string& name : names)
    if (!name.empty() && asset.schema.find(name) == nullptr) return detail::unknown_field(name, asset.schema.fields);
  return {};
}

}  // namespace

namespace detail {

tl::unexpected<Error> damaged(std::string_view what) {
  return fail(ErrorKind::store, "store.damaged", "The project is damaged: {what} cannot be read.",
              {{"what", std::string(what)}}, "Restore the project from a backup.");
}

tl::unexpected<Error> unknown_field(std::string_view name, const std::vector<SchemaField>& fields) {
  std::string names;
  for (size_t i = 0; i < fields.size() && i < 20; ++i) names += (i == 0 ? "" : ", ") + fields[i].name;
  if (fields.size() > 20) names += ", …";
  return fail(ErrorKind::bad_input, "schema.unknown_field", "There is no field “{field}”.",
              {{"field", std::string(name)}, {"fields", names}}, "The fields are: {fields}.");
}

Json to_json(const Roles& roles) {
  const auto text = [](const std::string& name) { return name.empty() ? Json() : Json(name); };
  return Json{{"text", text(roles.text)},
              {"time", text(roles.time)},
              {"id", text(roles.id)},
              {"group", text(roles.group)},
              {"content", roles.content.empty() ? Json() : Json(roles.content)}};
}

Roles merged(const Roles& before, const Roles& given) {
  Roles roles = before;
  if (!given.text.empty()) roles.text = given.text;
  if (!given.time.empty()) roles.time = given.time;
  if (!given.id.empty()) roles.id = given.id;
  if (!given.group.empty()) roles.group = given.group;
  if (!given.content.empty()) roles.content = given.content;
  return roles;
}

Json to_json(const std::vector<SchemaField>& fields) {
  Json out = Json::array();
  for (const SchemaField& field : fields)
    out.push_back(Json{{"name", field.name}, {"type", name_of(field.type)}, {"declared", field.declared}});
  return out;
}

Result<std::optional<Asset>> asset_named(const store::Database& db, std::string_view name) {
  MW_ASSIGN(store::Statement select, db.prepare("SELECT id, uuid, name, roles FROM asset WHERE name = ?"));
  MW_ASSIGN(const bool there, select.with(name).step());
  if (!there) return std::optional<Asset>();
  MW_ASSIGN(Asset asset, asset_from_row(db, select));
  return std::optional<Asset>(std::move(asset));
}

Status put_schema(store::Transaction& transaction, int64_t asset, int64_t version,
                  const std::vector<SchemaField>& fields, SchemaChange change) {
  MW_ASSIGN(store::Statement insert,
            transaction.db().prepare("INSERT INTO asset_schema(asset, version, fields, change, actor, device, time_ms) "
                                     "VALUES(?,?,?,?,?,?,?)"));
  return insert
      .with(asset, version, to_text(to_json(fields)), std::string_view(name_of(change)), transaction.actor().name,
            transaction.actor().device, transaction.time_ms())
      .run();
}

Status put_roles(store::Transaction& transaction, int64_t asset, const Roles& roles) {
  MW_ASSIGN(store::Statement update, transaction.db().prepare("UPDATE asset SET roles = ? WHERE id = ?"));
  return update.with(to_text(to_json(roles)), asset).run();
}

}  // namespace detail

const char* name_of(SchemaChange change) {
  switch (change) {
    case SchemaChange::first:
      return "first";
    case SchemaChange::added:
      return "added";
    case SchemaChange::widened:
      return "widened";
    case SchemaChange::breaking:
      return "breaking";
    case SchemaChange::declared:
      return "declared";
  }
  return "breaking";
}

const SchemaField* SchemaVersion::find(std::string_view name) const {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const SchemaField& f) { return f.name == name; });
  return found == fields.end() ? nullptr : &*found;
}

FieldType widest(FieldType a, FieldType b) {
  if (a == b) return a;
  const auto either = [&](FieldType x, FieldType y) { return (a == x && b == y) || (a == y && b == x); };
  if (either(FieldType::integer, FieldType::real)) return FieldType::real;
  return FieldType::text;
}

std::optional<SchemaChange> compare_schemas(const std::vector<SchemaField>& before,
                                            const std::vector<SchemaField>& after) {
  bool added = false, widened = false;
  for (const SchemaField& now : after) {
    const auto old =
        std::find_if(before.begin(), before.end(), [&](const SchemaField& f) { return f.name == now.name; });
    if (old == before.end()) {
      added = true;
    } else if (old->type != now.type) {
      const bool fits = (old->type == FieldType::integer && now.type == FieldType::real) ||
                        (old->type == FieldType::category && now.type == FieldType::text);
      if (!fits) return SchemaChange::breaking;
      widened = true;
    }
  }
  for (const SchemaField& old : before)
    if (std::none_of(after.begin(), after.end(), [&](const SchemaField& f) { return f.name == old.name; }))
      return SchemaChange::breaking;
  if (widened) return SchemaChange::widened;
  if (added) return SchemaChange::added;
  return std::nullopt;
}

Result<std::vector<Asset>> list_assets(const store::Project& project) {
  const store::Database& db = project.db();
  MW_ASSIGN(store::Statement select, db.prepare("SELECT id, uuid, name, roles FROM asset ORDER BY id"));
  std::vector<Asset> assets;
  for (;;) {
    MW_ASSIGN(const bool there, select.step());
    if (!there) return assets;
    MW_ASSIGN(Asset asset, asset_from_row(db, select));
    assets.push_back(std::move(asset));
  }
}

Result<Asset> find_asset(const store::Project& project, std::string_view name) {
  MW_ASSIGN(std::vector<Asset> all, list_assets(project));
  std::string names;
  for (const Asset& asset : all) names += (names.empty() ? "" : ", ") + asset.name;
  if (name.empty()) {
    if (all.size() == 1) return std::move(all.front());
    if (all.empty())
      return fail(ErrorKind::bad_input, "asset.none", "There is no data in this project yet.", {},
                  "Bring a file in with `import`.");
    return fail(ErrorKind::bad_input, "asset.which", "This project has several assets: {assets}.", {{"assets", names}},
                "Say which with --asset.");
  }
  for (Asset& asset : all)
    if (asset.name == name) return std::move(asset);
  if (const auto typed = normalise_tail(name)) {
    const Asset* only = nullptr;
    int found = 0;
    for (const Asset& asset : all)
      if (tail(asset.uuid).starts_with(*typed)) {
        only = &asset;
        ++found;
      }
    if (found == 1) return *only;
  }
  return fail(ErrorKind::bad_input, "asset.unknown", "There is no asset “{asset}”.",
              {{"asset", std::string(name)}, {"assets", names}}, all.empty() ? "" : "There are: {assets}.");
}

Result<Asset> asset_by_id(const store::Project& project, int64_t id) {
  MW_ASSIGN(store::Statement select, project.db().prepare("SELECT id, uuid, name, roles FROM asset WHERE id = ?"));
  MW_ASSIGN(const bool there, select.with(id).step());
  if (!there) return detail::damaged("an asset that is spoken of");
  return asset_from_row(project.db(), select);
}

Result<std::vector<SchemaVersion>> schema_history(const store::Project& project, const Asset& asset) {
  MW_ASSIGN(store::Statement select, project.db().prepare("SELECT version, fields, change, actor, time_ms FROM "
                                                          "asset_schema WHERE asset = ? ORDER BY version"));
  select.with(asset.id);
  std::vector<SchemaVersion> versions;
  for (;;) {
    MW_ASSIGN(const bool there, select.step());
    if (!there) return versions;
    MW_ASSIGN(SchemaVersion schema, schema_from_row(select));
    versions.push_back(std::move(schema));
  }
}

Result<SchemaVersion> declare_types(store::Project& project, const Asset& asset,
                                    const std::vector<std::pair<std::string, FieldType>>& types) {
  return project.write([&](store::Transaction& transaction) -> Result<SchemaVersion> {
    MW_ASSIGN(SchemaVersion schema, current_schema(transaction.db(), asset.id));
    Json detail = Json::object();
    for (const auto& [name, type] : types) {
      const auto field = std::find_if(schema.fields.begin(), schema.fields.end(),
                                      [&name = name](const SchemaField& f) { return f.name == name; });
      if (field == schema.fields.end()) return detail::unknown_field(name, schema.fields);
      field->type = type;
      field->declared = true;
      detail[name] = name_of(type);
    }
    schema.version += 1;
    schema.change = SchemaChange::declared;
    schema.actor = transaction.actor().name;
    schema.time_ms = transaction.time_ms();
    MW_TRY(detail::put_schema(transaction, asset.id, schema.version, schema.fields, schema.change));
    MW_TRY(transaction.audit("schema.declare", tail(asset.uuid), Json{{"version", schema.version}, {"types", detail}}));
    return schema;
  });
}

Status set_roles(store::Project& project, const Asset& asset, const Roles& roles) {
  return project.write([&](store::Transaction& transaction) -> Status {
    MW_ASSIGN(const std::optional<Asset> now, detail::asset_named(transaction.db(), asset.name));
    if (!now) return detail::damaged("an asset that is spoken of");
    MW_TRY(check_roles(*now, roles));
    const Roles merged = detail::merged(now->roles, roles);
    MW_TRY(detail::put_roles(transaction, asset.id, merged));
    return transaction.audit("asset.roles", tail(asset.uuid), detail::to_json(merged));
  });
}

}  // namespace millwright::records

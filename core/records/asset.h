// records/ is the data itself: assets and their schemas, connectors, import, batches, and the ways to read them back:
// record by record as they came, column by column at memory speed, and those that an expression chooses.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/json.h"
#include "base/result.h"
#include "store/batch_file.h"
#include "store/project.h"

namespace millwright::records {

using store::field_type_from;
using store::FieldType;
using store::name_of;

/// What fields are for. Empty: none.
struct Roles {
  std::string text;
  std::string time;
  std::string id;
  std::string group;
  std::vector<std::string> content;  ///< empty: all but id and time
};

struct SchemaField {
  std::string name;
  FieldType type = FieldType::text;
  bool declared = false;  ///< by a person: what does not fit is quarantined; else inferred and widened
};

/// How a schema came to be from the one before.
enum class SchemaChange { first, added, widened, breaking, declared };
[[nodiscard]] const char* name_of(SchemaChange change);

struct SchemaVersion {
  int64_t version = 0;
  std::vector<SchemaField> fields;
  SchemaChange change = SchemaChange::first;
  std::string actor;
  int64_t time_ms = 0;
  [[nodiscard]] const SchemaField* find(std::string_view name) const;
};

struct Asset {
  int64_t id = 0;
  Uuid uuid;
  std::string name;
  Roles roles;
  SchemaVersion schema;  ///< the current one; version 0 while there is no batch
};

[[nodiscard]] Result<std::vector<Asset>> list_assets(const store::Project& project);
/// By name or abbreviated id; an empty name means the only one. Errors (bad_input): asset.unknown, asset.none,
/// asset.which.
[[nodiscard]] Result<Asset> find_asset(const store::Project& project, std::string_view name);
[[nodiscard]] Result<Asset> asset_by_id(const store::Project& project, int64_t id);

[[nodiscard]] Result<std::vector<SchemaVersion>> schema_history(const store::Project& project, const Asset& asset);
/// Declares types; holds for the next imports. Errors (bad_input): schema.unknown_field.
[[nodiscard]] Result<SchemaVersion> declare_types(store::Project& project, const Asset& asset,
                                                  const std::vector<std::pair<std::string, FieldType>>& types);
/// Sets the roles that are not empty in `roles`. Error (bad_input): schema.unknown_field.
[[nodiscard]] Status set_roles(store::Project& project, const Asset& asset, const Roles& roles);
/// What the change from one schema to the next is called; nullopt where they are the same.
[[nodiscard]] std::optional<SchemaChange> compare_schemas(const std::vector<SchemaField>& before,
                                                          const std::vector<SchemaField>& after);
/// The narrowest type that holds both without loss: integer ⊂ real, category ⊂ text; anything else meets in text.
[[nodiscard]] FieldType widest(FieldType a, FieldType b);

}  // namespace millwright::records

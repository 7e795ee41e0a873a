// Tables asset and asset_schema, for the sources of this room.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "records/asset.h"

namespace millwright::records::detail {

[[nodiscard]] tl::unexpected<Error> damaged(std::string_view what);
[[nodiscard]] tl::unexpected<Error> unknown_field(std::string_view name, const std::vector<SchemaField>& fields);
[[nodiscard]] Json to_json(const Roles& roles);
[[nodiscard]] Json to_json(const std::vector<SchemaField>& fields);
/// What is given replaces what was there.
[[nodiscard]] Roles merged(const Roles& before, const Roles& given);
[[nodiscard]] Result<std::optional<Asset>> asset_named(const store::Database& db, std::string_view name);
[[nodiscard]] Status put_schema(store::Transaction& transaction, int64_t asset, int64_t version,
                                const std::vector<SchemaField>& fields, SchemaChange change);
[[nodiscard]] Status put_roles(store::Transaction& transaction, int64_t asset, const Roles& roles);

}  // namespace millwright::records::detail

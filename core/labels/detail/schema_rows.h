// Rows of label_schema, for the use cases of this room.
#pragma once

#include <string>
#include <vector>

#include "labels/schema.h"

namespace millwright::labels::detail {

[[nodiscard]] Status check_labels(const std::vector<Label>& labels);
[[nodiscard]] Status insert_schema(store::Transaction& t, int64_t task, int version, const std::vector<Label>& labels);
[[nodiscard]] Result<LabelSchema> newest_schema(const store::Database& db, int64_t task);
/// 0 when there is none; a look-up by key.
[[nodiscard]] Result<int> schema_version(const store::Database& db, int64_t task);
[[nodiscard]] Result<int> guide_version(const store::Database& db, int64_t task);

}  // namespace millwright::labels::detail

// What people type for an id → the row it means.
#pragma once

#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"
#include "store/project.h"

namespace millwright::store {

struct Found {
  int64_t id = 0;
  Uuid uuid;
};

/// Finds the row of `table` (which has id and uuid columns) whose uuid's tail begins with what was typed.
/// `what` is the word for messages ("batch", "model"). Errors: store.no_such_id, store.ambiguous_id (bad_input).
/// An empty text or "latest" means the newest row.
[[nodiscard]] Result<Found> find_by_tail(const Project& project, std::string_view table, std::string_view typed,
                                         std::string_view what);
/// "TAIL-ORDINAL" ↔ RecordRef. The batch part may be abbreviated.
[[nodiscard]] Result<RecordRef> record_from_text(const Project& project, std::string_view typed);
[[nodiscard]] Result<std::string> record_to_text(const Project& project, const RecordRef& record);

}  // namespace millwright::store

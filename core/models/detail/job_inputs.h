// What a job of the engine is given of the registry.
#pragma once

#include <optional>
#include <string_view>

#include "base/files.h"
#include "base/result.h"
#include "models/registry.h"
#include "store/project.h"

namespace millwright::models::detail {

/// A model's files under their names in a job's folder, linked where the disk can, else copied.
[[nodiscard]] Status put_base(const store::Project& project, const Model& base, const fs::path& folder);
/// A record as the rows of a job name it, BATCH-ORDINAL; nothing where that is no such name.
[[nodiscard]] std::optional<RecordRef> record_from(std::string_view text);

}  // namespace millwright::models::detail

// What a job of the engine is given of the registry.
#pragma once

#include "base/files.h"
#include "base/result.h"
#include "models/registry.h"
#include "store/project.h"

namespace millwright::models::detail {

/// A model's files under their names in a job's folder, linked where the disk can, else copied.
[[nodiscard]] Status put_base(const store::Project& project, const Model& base, const fs::path& folder);

}  // namespace millwright::models::detail

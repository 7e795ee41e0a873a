// Is everything in the project that was saved, and is it what was saved? Every room checks what is its own.
#pragma once

#include "base/work.h"
#include "store/verify.h"

namespace millwright::planning {

/// `deep` also reads every file and compares its hash. What does not hold is in the report; an error means that
/// checking itself was not possible, or was stopped.
[[nodiscard]] Result<store::VerifyReport> verify_project(const store::Project& project,
                                                         const store::VerifyOptions& options, const Work& work = {});

}  // namespace millwright::planning

// What an encoder of the registry is, from its configuration alone: no weight is read and no engine started.
#pragma once

#include "base/result.h"
#include "models/registry.h"
#include "store/project.h"
#include "text/encoder_config.h"

namespace millwright::models::detail {

/// Errors: store "store.damaged" (it has no configuration), bad_input "model.bad_config".
[[nodiscard]] Result<text::EncoderConfig> config_of(const store::Project& project, const Model& model);
/// Ok where it gives each text one of several labels. Error: bad_input "model.no_labels".
[[nodiscard]] Status require_labels(const Model& model, const text::EncoderConfig& config);

}  // namespace millwright::models::detail

// What an encoder of the registry is, from its configuration alone: no weight is read and no engine started.
#pragma once

#include <optional>

#include "base/result.h"
#include "labels/label_value.h"
#include "models/registry.h"
#include "store/project.h"
#include "text/encoder_config.h"

namespace millwright::models::detail {

/// Errors: store "store.damaged" (it has no configuration), bad_input "model.bad_config".
[[nodiscard]] Result<text::EncoderConfig> config_of(const store::Project& project, const Model& model);
/// What it says of a text; nullopt where it says nothing that a task asks for (a vector, words).
[[nodiscard]] std::optional<labels::TaskKind> kind_of(const text::EncoderConfig& config);
/// The same for a model that has to say something. Error: bad_input "model.no_labels".
[[nodiscard]] Result<labels::TaskKind> require_kind(const Model& model, const text::EncoderConfig& config);

/// Whether a model that tells this kind of label suits its task. Error: bad_input "model.no_labels".
[[nodiscard]] Status check_kind(const store::Project& project, const Model& model, labels::TaskKind kind);

}  // namespace millwright::models::detail

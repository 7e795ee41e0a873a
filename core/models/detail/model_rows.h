// Rows of table model as Model, with the stage that the newest event gives.
#pragma once

#include <string_view>
#include <vector>

#include "models/registry.h"

namespace millwright::models::detail {

inline constexpr std::string_view kSelectModel =
    "SELECT model.id, model.uuid, model.task, task.name, model.run, run.snapshot, model.name, model.family, "
    "model.weights_sha256, model.files, model.parameters, model.time_ms, run.metrics, (SELECT stage_to FROM "
    "stage_event WHERE stage_event.model = model.id ORDER BY stage_event.id DESC LIMIT 1) FROM model LEFT JOIN task ON "
    "task.id = model.task LEFT JOIN run ON run.id = model.run";

[[nodiscard]] Result<std::vector<Model>> read_models(store::Statement& select);
/// Names come from the project, which may be a stranger's: none may lead out of a folder.
[[nodiscard]] Status check_file_name(const std::string& name);
[[nodiscard]] Result<std::vector<ModelFile>> files_from(std::string_view json);

}  // namespace millwright::models::detail

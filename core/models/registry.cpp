#include "models/registry.h"

#include "base/clock.h"
#include "detail/model_rows.h"
#include "store/lookup.h"

namespace millwright::models {
namespace {

constexpr std::string_view kStages[] = {"candidate", "champion", "retired"};

}  // namespace

std::string_view name_of(Stage stage) { return kStages[static_cast<size_t>(stage)]; }

std::optional<Stage> stage_named(std::string_view name) {
  for (size_t i = 0; i < std::size(kStages); ++i)
    if (kStages[i] == name) return static_cast<Stage>(i);
  return std::nullopt;
}

Result<std::vector<Model>> list_models(const store::Project& project, int64_t task) {
  MW_ASSIGN(auto select, project.db().prepare(std::string(detail::kSelectModel) +
                                              " WHERE ?1 = 0 OR model.task = ?1 ORDER BY model.id DESC"));
  select.bind(1, task);
  return detail::read_models(select);
}

Result<Model> read_model(const store::Project& project, int64_t id) {
  MW_ASSIGN(auto select, project.db().prepare(std::string(detail::kSelectModel) + " WHERE model.id = ?"));
  select.bind(1, id);
  MW_ASSIGN(auto models, detail::read_models(select));
  if (models.empty())
    return fail(ErrorKind::bad_input, "model.unknown", "There is no model number {id}.", {{"id", std::to_string(id)}});
  return std::move(models.front());
}

bool is_encoder(const Model& model) { return model.family != "linear" && model.family != "lexicon"; }

Result<Model> find_model(const store::Project& project, std::string_view typed) {
  MW_ASSIGN(const std::vector<Model> models, list_models(project));
  if (typed == "champion") {
    const Model* found = nullptr;
    for (const Model& model : models) {
      if (model.stage != Stage::champion) continue;
      if (found != nullptr)
        return fail(ErrorKind::usage, "model.which", "Several tasks have a champion.", {}, "Name the model by its id.");
      found = &model;
    }
    if (found == nullptr)
      return fail(ErrorKind::bad_input, "model.no_champion", "No model is champion yet.", {},
                  "Promote one: promote P --model M --to champion.");
    return *found;
  }
  // A name is taken as such only when it is whole: abbreviations are for ids.
  for (const Model& model : models)
    if (!typed.empty() && model.name == typed) return model;
  MW_ASSIGN(const store::Found found, store::find_by_tail(project, "model", typed, "model"));
  return read_model(project, found.id);
}

Result<std::optional<Model>> champion_of(const store::Project& project, int64_t task) {
  MW_ASSIGN(const std::vector<Model> models, list_models(project, task));
  for (const Model& model : models)
    if (model.stage == Stage::champion) return std::optional(model);
  return std::optional<Model>();
}

Json to_json(const Model& model) {
  Json files = Json::array();
  for (const ModelFile& file : model.files)
    files.push_back({{"name", file.name}, {"sha256", to_hex(file.sha256)}, {"bytes", file.bytes}});
  return {{"model", tail(model.uuid)},
          {"name", model.name},
          {"task", model.task != 0 ? Json(model.task_name) : Json(nullptr)},
          {"stage", name_of(model.stage)},
          {"family", model.family},
          {"parameters", model.parameters},
          {"metrics", model.metrics},
          {"weights_sha256", to_hex(model.weights_sha256)},
          {"files", files},
          {"time", iso8601(model.time_ms)}};
}

}  // namespace millwright::models

#include "detail/model_rows.h"

#include <algorithm>

namespace millwright::models::detail {

Result<std::vector<ModelFile>> files_from(std::string_view text) {
  MW_ASSIGN(const Json json, parse_json(text, "the model's list of files"));
  std::vector<ModelFile> files;
  for (const Json& entry : json) {
    const Json name = entry.value("name", Json()), hash = entry.value("sha256", Json());
    const auto bytes = hash.is_string() ? from_hex(hash.get<std::string>()) : std::nullopt;
    if (!name.is_string() || !bytes || bytes->size() != sizeof(Digest))
      return fail(ErrorKind::store, "store.damaged", "The list of a model's files is damaged.");
    ModelFile file{name.get<std::string>(), {}, 0};
    std::copy(bytes->begin(), bytes->end(), file.sha256.begin());
    if (const Json size = entry.value("bytes", Json()); size.is_number_integer()) file.bytes = size.get<int64_t>();
    files.push_back(std::move(file));
  }
  return files;
}

Result<std::vector<Model>> read_models(store::Statement& select) {
  std::vector<Model> models;
  for (;;) {
    MW_ASSIGN(const bool there, select.step());
    if (!there) break;
    Model model;
    model.id = select.integer(0);
    model.uuid = select.uuid(1);
    model.task = select.integer(2);
    model.task_name = select.string(3);
    model.run = select.integer(4);
    model.snapshot = select.integer(5);
    model.name = select.string(6);
    model.family = select.string(7);
    model.weights_sha256 = select.digest(8);
    MW_ASSIGN(model.files, files_from(select.text(9)));
    model.parameters = select.integer(10);
    model.time_ms = select.integer(11);
    if (!select.is_null(12)) {
      MW_ASSIGN(model.metrics, parse_json(select.text(12), "the run's metrics"));
    }
    if (!select.is_null(13)) model.stage = stage_named(select.text(13)).value_or(Stage::candidate);
    models.push_back(std::move(model));
  }
  select.reset();
  return models;
}

}  // namespace millwright::models::detail

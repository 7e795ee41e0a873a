#include "detail/encoder_facts.h"

#include "base/files.h"
#include "labels/task.h"
#include "store/blobs.h"

namespace millwright::models::detail {

Result<text::EncoderConfig> config_of(const store::Project& project, const Model& model) {
  for (const ModelFile& file : model.files) {
    if (file.name != "config.json") continue;
    MW_ASSIGN(const std::string content, read_file(store::path_of_blob(project, file.sha256)));
    MW_ASSIGN(const Json json, parse_json(content, "config.json"));
    MW_ASSIGN(text::ConfigReading reading, text::read_encoder_config(json));
    return std::move(reading.config);
  }
  return fail(ErrorKind::store, "store.damaged", "The model {model} has no configuration.", {{"model", model.name}});
}

std::optional<labels::TaskKind> kind_of(const text::EncoderConfig& config) {
  using labels::TaskKind;
  if (config.head == text::Head::token) return TaskKind::spans;
  if (config.head != text::Head::sequence) return std::nullopt;
  if (config.problem == text::Problem::multi_label) return TaskKind::multi_label;
  if (config.problem == text::Problem::regression)
    return config.labels.size() == 1 ? std::optional(TaskKind::number) : std::nullopt;
  return config.labels.size() > 1 ? std::optional(TaskKind::single_label) : std::nullopt;
}

Result<labels::TaskKind> require_kind(const Model& model, const text::EncoderConfig& config) {
  if (const auto kind = kind_of(config)) return *kind;
  return fail(ErrorKind::bad_input, "model.no_labels", "The model {model} tells no labels apart.",
              {{"model", model.name}}, "Train it on a snapshot first: train --algorithm encoder --base MODEL.");
}

Status check_kind(const store::Project& project, const Model& model, labels::TaskKind kind) {
  MW_ASSIGN(const labels::Task task, labels::read_task(project, model.task));
  if (task.kind == kind) return {};
  return fail(ErrorKind::bad_input, "model.no_labels",
              "The model {model} tells {kind}; the task {task} asks for {asked}.",
              {{"model", model.name},
               {"kind", std::string(labels::name_of(kind))},
               {"task", task.name},
               {"asked", std::string(labels::name_of(task.kind))}});
}

}  // namespace millwright::models::detail

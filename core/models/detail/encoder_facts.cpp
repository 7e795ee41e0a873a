#include "detail/encoder_facts.h"

#include "base/files.h"
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

Status require_labels(const Model& model, const text::EncoderConfig& config) {
  if (config.head == text::Head::sequence && config.problem == text::Problem::single_label && config.labels.size() > 1)
    return {};
  return fail(ErrorKind::bad_input, "model.no_labels", "The model {model} tells no labels apart.",
              {{"model", model.name}}, "Train it on a snapshot first: train --algorithm encoder --base MODEL.");
}

}  // namespace millwright::models::detail

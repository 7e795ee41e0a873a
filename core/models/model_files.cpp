// A model's files: out as a folder, in from one, and the proof that they are untouched.
#include <array>

#include "base/ids.h"
#include "labels/task.h"
#include "models/registry.h"
#include "store/blobs.h"
#include "text/linear_classifier.h"

namespace millwright::models {
namespace {

constexpr std::array<std::string_view, 3> kNames = {"config.json", "vocabulary.txt", "model.safetensors"};

/// Names come from the project, which may be a stranger's: none may lead out of the folder.
Status check_name(const std::string& name) {
  if (!name.empty() && name.find('/') == std::string::npos && name != "." && name != "..") return {};
  return fail(ErrorKind::store, "store.damaged", "A model has a file of the impossible name {name}.", {{"name", name}});
}

}  // namespace

Result<std::vector<ModelFile>> export_model(const store::Project& project, int64_t id, const fs::path& folder) {
  MW_ASSIGN(const Model model, read_model(project, id));
  MW_TRY(make_folders(folder));
  for (const ModelFile& file : model.files) {
    MW_TRY(check_name(file.name));
    MW_ASSIGN(const MappedFile content, MappedFile::open(store::path_of_blob(project, file.sha256)));
    if (sha256(content.bytes()) != file.sha256)
      return fail(ErrorKind::store, "model.damaged_blob", "The file {name} of the model {model} is damaged.",
                  {{"name", file.name}, {"model", model.name}}, "Restore the project from a backup.");
    MW_TRY(write_file_atomically(folder / file.name, content.text()));
  }
  return model.files;
}

Result<Model> add_model(store::Project& project, const fs::path& folder, const std::string& name, int64_t task) {
  MW_ASSIGN(const text::LinearClassifier classifier, text::LinearClassifier::load(folder));
  if (task != 0) MW_TRY(labels::read_task(project, task));
  std::vector<store::BlobRef> blobs;
  Json files = Json::array();
  for (const std::string_view file : kNames) {
    MW_ASSIGN(const store::BlobRef blob, store::put_blob_file(project, folder / file));
    files.push_back({{"name", file}, {"sha256", to_hex(blob.sha256)}, {"bytes", blob.bytes}});
    blobs.push_back(blob);
  }
  const Uuid uuid = new_uuid();
  MW_ASSIGN(const int64_t id, project.write([&](store::Transaction& transaction) -> Result<int64_t> {
    for (const store::BlobRef& blob : blobs) MW_TRY(store::publish_blob(transaction, blob, "application/octet-stream"));
    MW_ASSIGN(auto insert,
              transaction.db().prepare("INSERT INTO model(uuid, task, run, name, family, weights_sha256, "
                                       "files, parameters, time_ms) VALUES(?, ?, NULL, ?, 'linear', ?, ?, ?, "
                                       "?)"));
    const std::optional<int64_t> task_row = task != 0 ? std::optional(task) : std::nullopt;
    MW_TRY(insert
               .with(uuid, task_row, name, blobs.back().sha256, to_text(files),
                     static_cast<int64_t>(classifier.parameters()), transaction.time_ms())
               .run());
    const int64_t row = transaction.db().last_insert_id();
    MW_TRY(
        transaction.audit("model.add", tail(uuid), {{"name", name}, {"weights_sha256", to_hex(blobs.back().sha256)}}));
    return row;
  }));
  return read_model(project, id);
}

Result<VerifiedModels> verify_models(const store::Project& project, const Work& work) {
  MW_ASSIGN(const std::vector<Model> models, list_models(project));
  VerifiedModels verified;
  for (const Model& model : models) {
    if (work.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped before it was done.");
    work.report({"verify_models", verified.models++, static_cast<int64_t>(models.size()), "models"});
    bool weights = false;
    for (const ModelFile& file : model.files) {
      ++verified.files;
      weights = weights || file.sha256 == model.weights_sha256;
      const auto digest = sha256_of_file(store::path_of_blob(project, file.sha256));
      if (!digest) {
        verified.problems.push_back("model " + tail(model.uuid) + ": " + file.name + " is missing");
      } else if (*digest != file.sha256) {
        verified.problems.push_back("model " + tail(model.uuid) + ": " + file.name + " was changed");
      }
    }
    if (!weights) verified.problems.push_back("model " + tail(model.uuid) + ": its weights are not among its files");
  }
  return verified;
}

}  // namespace millwright::models

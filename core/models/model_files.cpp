// A model's files: out as a folder, in from one, and the proof that they are untouched.
#include "base/ids.h"
#include "detail/backend.h"
#include "detail/model_rows.h"
#include "labels/task.h"
#include "models/onnx.h"
#include "models/registry.h"
#include "store/blobs.h"
#include "text/encoder_folder.h"
#include "text/lexicon.h"
#include "text/linear_classifier.h"
#include "text/tokenizer.h"

namespace millwright::models {

Status detail::check_file_name(const std::string& name) {
  if (!name.empty() && name.find('/') == std::string::npos && name != "." && name != "..") return {};
  return fail(ErrorKind::store, "store.damaged", "A model has a file of the impossible name {name}.", {{"name", name}});
}

std::optional<ModelFormat> model_format_named(std::string_view name) {
  if (name == "hf") return ModelFormat::hf;
  if (name == "onnx") return ModelFormat::onnx;
  return std::nullopt;
}

namespace {

constexpr std::string_view kPhrases = "phrases.jsonl";
constexpr std::string_view kShardIndex = "model.safetensors.index.json";

Result<ModelFolder> look_at_linear(const fs::path& folder) {
  MW_ASSIGN(const text::LinearClassifier classifier, text::LinearClassifier::load(folder));
  ModelFolder found;
  found.family = "linear";
  found.parameters = static_cast<int64_t>(classifier.parameters());
  found.labels = classifier.labels();
  found.files = {"model.safetensors", "config.json", "vocabulary.txt"};
  return found;
}

Result<ModelFolder> look_at_lexicon(const fs::path& folder) {
  MW_ASSIGN(const text::Lexicon lexicon, text::Lexicon::load(folder));
  ModelFolder found;
  found.family = "lexicon";
  found.parameters = static_cast<int64_t>(lexicon.parameters());
  found.labels = lexicon.labels();
  found.files = {std::string(kPhrases), "config.json"};
  return found;
}

Result<ModelFolder> look_at_encoder(const fs::path& folder) {
  MW_ASSIGN(const text::EncoderFolder encoder, text::EncoderFolder::open(folder));
  MW_TRY(encoder.usable());
  MW_TRY(text::Tokenizer::load(folder));
  ModelFolder found;
  found.family = text::name_of(encoder.config().family);
  found.layers = encoder.config().layers;
  found.hidden = encoder.config().hidden;
  found.tokenizer = encoder.tokenizer();
  found.labels = encoder.config().labels;
  found.parameters = static_cast<int64_t>(text::parameters_of(encoder.config()));
  found.files = encoder.weight_files();
  if (found.files.size() > 1) found.files.emplace_back(kShardIndex);
  found.files.emplace_back("config.json");
  for (const std::string& name : encoder.tokenizer_files()) found.files.push_back(name);
  return found;
}

/// A baseline's numbers are looked at when it is loaded.
Status check_numbers(const fs::path& folder, const ModelFolder& found, const Work& work) {
  if (found.layers == 0) return {};
  MW_ASSIGN(const text::EncoderFolder encoder, text::EncoderFolder::open(folder));
  return encoder.check_numbers(work);
}

/// What a model has learned: the numbers of its tensors, or a lexicon's phrases.
bool holds_weights(std::string_view name) { return name.ends_with(".safetensors") || name == kPhrases; }

Result<MappedFile> open_intact(const store::Project& project, const Model& model, const ModelFile& file) {
  MW_TRY(detail::check_file_name(file.name));
  MW_ASSIGN(MappedFile content, MappedFile::open(store::path_of_blob(project, file.sha256)));
  if (sha256(content.bytes()) != file.sha256)
    return fail(ErrorKind::store, "model.damaged_blob", "The file {name} of the model {model} is damaged.",
                {{"name", file.name}, {"model", model.name}}, "Restore the project from a backup.");
  return content;
}

Result<std::vector<ModelFile>> export_onnx(const store::Project& project, const Model& model, const fs::path& folder,
                                           const Work& work) {
  MW_ASSIGN(const detail::ModelFolder links, detail::ModelFolder::make(project, model));
  MW_ASSIGN(const text::EncoderFolder encoder, text::EncoderFolder::open(links.path()));
  return write_onnx(encoder, folder, work);
}

}  // namespace

Result<std::vector<ModelFile>> export_model(const store::Project& project, int64_t id, const fs::path& folder,
                                            ModelFormat format, const Work& work) {
  MW_ASSIGN(const Model model, read_model(project, id));
  if (format == ModelFormat::onnx && !is_encoder(model))
    return fail(ErrorKind::usage, "models.no_encoder", "{model} is no encoder: only encoders are written as ONNX.",
                {{"model", model.name}}, "--format hf writes its own files.");
  MW_TRY(make_folders(folder));
  std::vector<ModelFile> written;
  for (const ModelFile& file : model.files) {
    if (work.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped before it was done.");
    MW_ASSIGN(const MappedFile content, open_intact(project, model, file));
    if (format == ModelFormat::onnx && (holds_weights(file.name) || file.name == kShardIndex)) continue;
    MW_TRY(write_file_atomically(folder / file.name, content.text()));
    written.push_back(file);
  }
  if (format == ModelFormat::onnx) {
    MW_ASSIGN(const std::vector<ModelFile> onnx, export_onnx(project, model, folder, work));
    written.insert(written.end(), onnx.begin(), onnx.end());
  }
  return written;
}

Digest weights_digest(const std::vector<ModelFile>& files) {
  std::vector<Digest> shards;
  for (const ModelFile& file : files)
    if (holds_weights(file.name)) shards.push_back(file.sha256);
  return shards.size() == 1 ? shards.front() : merkle_root(std::move(shards));
}

Result<ModelFolder> look_at_folder(const fs::path& folder) {
  std::error_code ignored;
  // A linear model has a vocabulary of its own beside its configuration, a lexicon its phrases; whatever else has a
  // config.json is an encoder.
  const bool linear = fs::exists(folder / "vocabulary.txt", ignored), lexicon = fs::exists(folder / kPhrases, ignored);
  MW_ASSIGN(ModelFolder found, linear    ? look_at_linear(folder)
                               : lexicon ? look_at_lexicon(folder)
                                         : look_at_encoder(folder));
  const fs::path path = folder.lexically_normal();
  found.name = (path.has_filename() ? path : path.parent_path()).filename().string();
  for (const std::string& file : found.files) {
    const auto bytes = fs::file_size(folder / file, ignored);
    if (!ignored) found.bytes += static_cast<int64_t>(bytes);
  }
  return found;
}

Result<Model> add_model(store::Project& project, const fs::path& folder, const std::string& name, int64_t task,
                        const Work& work) {
  MW_ASSIGN(const ModelFolder found, look_at_folder(folder));
  if (task != 0) MW_TRY(labels::read_task(project, task));
  MW_TRY(check_numbers(folder, found, work));
  std::vector<store::BlobRef> blobs;
  std::vector<ModelFile> files;
  int64_t copied = 0;
  for (const std::string& file : found.files) {
    if (work.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped; nothing was added.");
    work.report({"copy", copied, found.bytes, "bytes"});
    MW_TRY(detail::check_file_name(file));
    MW_ASSIGN(const store::BlobRef blob, store::put_blob_file(project, folder / file));
    files.push_back({file, blob.sha256, blob.bytes});
    blobs.push_back(blob);
    copied += blob.bytes;
  }
  const std::string called = name.empty() ? found.name : name;
  const Digest weights = weights_digest(files);
  const Uuid uuid = new_uuid();
  MW_ASSIGN(const int64_t id, project.write([&](store::Transaction& transaction) -> Result<int64_t> {
    Json list = Json::array();
    for (size_t i = 0; i < files.size(); ++i) {
      MW_TRY(store::publish_blob(transaction, blobs[i], "application/octet-stream"));
      list.push_back({{"name", files[i].name}, {"sha256", to_hex(files[i].sha256)}, {"bytes", files[i].bytes}});
    }
    MW_ASSIGN(auto insert,
              transaction.db().prepare("INSERT INTO model(uuid, task, run, name, family, weights_sha256, "
                                       "files, parameters, time_ms) VALUES(?, ?, NULL, ?, ?, ?, ?, ?, ?)"));
    const std::optional<int64_t> task_row = task != 0 ? std::optional(task) : std::nullopt;
    MW_TRY(
        insert
            .with(uuid, task_row, called, found.family, weights, to_text(list), found.parameters, transaction.time_ms())
            .run());
    const int64_t row = transaction.db().last_insert_id();
    MW_TRY(transaction.audit("model.add", tail(uuid), {{"name", called}, {"weights_sha256", to_hex(weights)}}));
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
    for (const ModelFile& file : model.files) {
      ++verified.files;
      const auto digest = sha256_of_file(store::path_of_blob(project, file.sha256));
      if (!digest) {
        verified.problems.push_back("model " + tail(model.uuid) + ": " + file.name + " is missing");
      } else if (*digest != file.sha256) {
        verified.problems.push_back("model " + tail(model.uuid) + ": " + file.name + " was changed");
      }
    }
    if (weights_digest(model.files) != model.weights_sha256)
      verified.problems.push_back("model " + tail(model.uuid) + ": its weights are not among its files");
  }
  return verified;
}

}  // namespace millwright::models

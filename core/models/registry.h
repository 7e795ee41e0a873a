// The registry: models, their stages, their files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/hash.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/result.h"
#include "base/work.h"
#include "store/project.h"

namespace millwright::models {

enum class Stage { candidate, champion, retired };
[[nodiscard]] std::string_view name_of(Stage stage);
[[nodiscard]] std::optional<Stage> stage_named(std::string_view name);

struct ModelFile {
  std::string name;
  Digest sha256{};
  int64_t bytes = 0;
};

struct Model {
  int64_t id = 0;
  Uuid uuid;
  int64_t task = 0;  ///< 0: none
  std::string task_name;
  int64_t run = 0;       ///< 0: none (an imported one)
  int64_t snapshot = 0;  ///< that it was trained on; 0: unknown
  std::string name;
  std::string family;  ///< "linear", "lexicon", "bert", "distilbert", "roberta", "xlm-roberta"
  Digest weights_sha256{};
  std::vector<ModelFile> files;
  int64_t parameters = 0;
  int64_t time_ms = 0;
  Stage stage = Stage::candidate;
  Json metrics;  ///< of its run; null without one
};
/// Computed by the engine, not here.
[[nodiscard]] bool is_encoder(const Model& model);
/// Newest first; of one task when task is not 0.
[[nodiscard]] Result<std::vector<Model>> list_models(const store::Project& project, int64_t task = 0);
[[nodiscard]] Result<Model> read_model(const store::Project& project, int64_t id);
/// By id as typed, or by name; "latest" is the newest, "champion" the one in use.
[[nodiscard]] Result<Model> find_model(const store::Project& project, std::string_view typed);
/// The task's champion; nullopt when it has none.
[[nodiscard]] Result<std::optional<Model>> champion_of(const store::Project& project, int64_t task);
[[nodiscard]] Json to_json(const Model& model);

/// What a change of stage did: the model, and the champion that it replaced and that is retired now.
struct StageChange {
  Model model;
  Stage from = Stage::candidate;
  Stage to = Stage::candidate;
  std::optional<Model> replaced;
};
/// One champion a task: promoting another retires the old one, at once. Errors: refused "promote.same_stage";
/// bad_input "promote.other_task" (task is neither 0 nor the model's), "model.no_labels" (it tells nothing that the
/// task asks for).
[[nodiscard]] Result<StageChange> promote(store::Project& project, int64_t task, int64_t model, Stage to,
                                          std::string_view reason = {});
/// Puts the champion before this one back. Error: refused "rollback.nothing".
[[nodiscard]] Result<StageChange> roll_back(store::Project& project, int64_t task, std::string_view reason = {});

struct StageEvent {
  int64_t model = 0;
  Stage from = Stage::candidate;
  Stage to = Stage::candidate;
  std::string reason, actor;
  int64_t time_ms = 0;
};
/// Oldest first.
[[nodiscard]] Result<std::vector<StageEvent>> stage_history(const store::Project& project, int64_t task);

/// hf: the model's own files, a folder that any program can read. onnx: model.onnx (an encoder's, see models/onnx.h)
/// and beside it everything of the model but its weights: configuration and tokenizer.
enum class ModelFormat { hf, onnx };
[[nodiscard]] std::optional<ModelFormat> model_format_named(std::string_view name);
/// Writes a model into a folder; the files that were written. Errors: store "model.damaged_blob"; usage
/// "models.no_encoder" (a linear model is no ONNX graph); cancelled.
[[nodiscard]] Result<std::vector<ModelFile>> export_model(const store::Project& project, int64_t model,
                                                          const fs::path& folder, ModelFormat format = ModelFormat::hf,
                                                          const Work& work = {});
/// What identifies a model's weights: the hash of their file, or the Merkle root over those of its shards in order.
[[nodiscard]] Digest weights_digest(const std::vector<ModelFile>& files);
/// What a folder holds that can be taken in.
struct ModelFolder {
  std::string name;    ///< the folder's own
  std::string family;  ///< as Model::family
  int64_t layers = 0;  ///< 0: it has none (a linear model)
  int64_t hidden = 0;
  std::string tokenizer;            ///< "WordPiece", "BPE", "Unigram"; of a linear model empty
  std::vector<std::string> labels;  ///< of a classifier
  int64_t parameters = 0;
  std::vector<std::string> files;  ///< names in the folder, of what is taken in
  int64_t bytes = 0;               ///< of these files
};
/// Looks at a linear model's folder, or an encoder's as people download them, checked as it must be to be taken in;
/// nothing is copied. Errors: bad_input "model.damaged", and those of text::EncoderFolder and text::Tokenizer.
[[nodiscard]] Result<ModelFolder> look_at_folder(const fs::path& folder);
/// Enters a model folder from outside: its files are copied into blobs/. An empty name means the folder's own. Errors:
/// those of look_at_folder(); bad_input "model.not_finite" with the name of the tensor; cancelled.
[[nodiscard]] Result<Model> add_model(store::Project& project, const fs::path& folder, const std::string& name,
                                      int64_t task = 0, const Work& work = {});

struct VerifiedModels {
  int64_t models = 0;
  int64_t files = 0;
  std::vector<std::string> problems;
};
/// Every file of every model is there and has the hash that was written down.
[[nodiscard]] Result<VerifiedModels> verify_models(const store::Project& project, const Work& work);

}  // namespace millwright::models

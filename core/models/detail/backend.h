// What computes a model's answers: memory of this process, or the engine.
#pragma once

#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "labels/label_value.h"
#include "models/registry.h"
#include "store/project.h"

namespace millwright::models::detail {

/// What a model says of a text.
struct Answer {
  std::string label;  ///< as labels/label_value.h writes it
  double confidence =
      0;  ///< of the label; several: of the least sure one; spans likewise, NaN of none; NaN of a number
  std::vector<double> probabilities;  ///< of each label, where it tells labels of a whole text
};

class Backend {
 public:
  virtual ~Backend() = default;
  [[nodiscard]] virtual labels::TaskKind kind() const { return labels::TaskKind::single_label; }
  [[nodiscard]] virtual const std::vector<std::string>& labels() const = 0;
  /// Of several labels those are told whose probability is at least this.
  [[nodiscard]] virtual double threshold() const { return 0.5; }
  /// What the model says of itself: "fields", "snapshot", …
  [[nodiscard]] virtual const Json& about() const = 0;
  /// So many texts at once cost less than one by one.
  [[nodiscard]] virtual size_t batch() const = 0;
  /// texts × labels, row-major.
  [[nodiscard]] virtual Status probabilities(std::span<const std::string> texts, std::vector<double>& out,
                                             const std::stop_token& stop) = 0;
  /// One for each text. Of models that tell labels of a whole text by their probabilities.
  [[nodiscard]] virtual Status answer(std::span<const std::string> texts, std::vector<Answer>& out,
                                      const std::stop_token& stop);

 private:
  std::vector<double> probabilities_;
};

/// What asking spans or a number for probabilities comes to: usage "predict.no_probabilities".
[[nodiscard]] Status no_probabilities();
[[nodiscard]] Answer spans_answer(labels::LabelValue value, std::span<const double> confidences);
[[nodiscard]] Answer number_answer(double number);

[[nodiscard]] Result<std::unique_ptr<Backend>> linear_backend(const store::Project& project, const Model& model);
[[nodiscard]] Result<std::unique_ptr<Backend>> lexicon_backend(const store::Project& project, const Model& model);
/// Starts an engine for the model.
[[nodiscard]] Result<std::unique_ptr<Backend>> engine_backend(const store::Project& project, const Model& model);

/// A model's files under their names, as links into blobs/, in a folder of its own that goes with this object.
class ModelFolder {
 public:
  [[nodiscard]] static Result<ModelFolder> make(const store::Project& project, const Model& model);
  ModelFolder(ModelFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ModelFolder& operator=(ModelFolder&&) = delete;
  ~ModelFolder();
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  explicit ModelFolder(fs::path path) : path_(std::move(path)) {}
  fs::path path_;
};

}  // namespace millwright::models::detail

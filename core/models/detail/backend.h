// What computes a model's probabilities: memory of this process, or the engine.
#pragma once

#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "models/registry.h"
#include "store/project.h"

namespace millwright::models::detail {

class Backend {
 public:
  virtual ~Backend() = default;
  [[nodiscard]] virtual const std::vector<std::string>& labels() const = 0;
  /// What the model says of itself: "fields", "snapshot", …
  [[nodiscard]] virtual const Json& about() const = 0;
  /// So many texts at once cost less than one by one.
  [[nodiscard]] virtual size_t batch() const = 0;
  /// texts × labels, row-major.
  [[nodiscard]] virtual Status probabilities(std::span<const std::string> texts, std::vector<double>& out,
                                             const std::stop_token& stop) = 0;
};

[[nodiscard]] Result<std::unique_ptr<Backend>> linear_backend(const store::Project& project, const Model& model);
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

#include "detail/backend.h"
#include "store/blobs.h"
#include "text/linear_classifier.h"

namespace millwright::models::detail {
namespace {

class Linear final : public Backend {
 public:
  explicit Linear(text::LinearClassifier classifier) : classifier_(std::move(classifier)) {}
  const std::vector<std::string>& labels() const override { return classifier_.labels(); }
  const Json& about() const override { return classifier_.about(); }
  size_t batch() const override { return 1; }
  Status probabilities(std::span<const std::string> texts, std::vector<double>& out, const std::stop_token&) override {
    out.clear();
    for (const std::string& text : texts) {
      const auto row = classifier_.probabilities(text, scratch_);
      out.insert(out.end(), row.begin(), row.end());
    }
    return {};
  }

 private:
  text::LinearClassifier classifier_;
  text::LinearScratch scratch_;
};

}  // namespace

Result<std::unique_ptr<Backend>> linear_backend(const store::Project& project, const Model& model) {
  const auto path = [&](std::string_view name) {
    for (const ModelFile& file : model.files)
      if (file.name == name) return store::path_of_blob(project, file.sha256);
    return fs::path();
  };
  const fs::path config = path("config.json"), vocabulary = path("vocabulary.txt"), tensors = path("model.safetensors");
  if (config.empty() || vocabulary.empty() || tensors.empty())
    return fail(ErrorKind::store, "store.damaged", "The model {model} lacks files.", {{"model", model.name}});
  MW_ASSIGN(text::LinearClassifier classifier, text::LinearClassifier::load(config, vocabulary, tensors));
  return std::unique_ptr<Backend>(std::make_unique<Linear>(std::move(classifier)));
}

}  // namespace millwright::models::detail

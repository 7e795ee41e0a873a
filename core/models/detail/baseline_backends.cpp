// The baselines at work: in the memory of this process.
#include "detail/backend.h"
#include "store/blobs.h"
#include "text/lexicon.h"
#include "text/linear_classifier.h"

namespace millwright::models::detail {
namespace {

class Linear final : public Backend {
 public:
  explicit Linear(text::LinearClassifier classifier) : classifier_(std::move(classifier)) {}
  labels::TaskKind kind() const override {
    switch (classifier_.problem()) {
      case text::Problem::multi_label:
        return labels::TaskKind::multi_label;
      case text::Problem::regression:
        return labels::TaskKind::number;
      case text::Problem::single_label:
        break;
    }
    return labels::TaskKind::single_label;
  }
  const std::vector<std::string>& labels() const override {
    static const std::vector<std::string> none;
    return classifier_.problem() == text::Problem::regression ? none : classifier_.labels();
  }
  double threshold() const override { return classifier_.threshold(); }
  const Json& about() const override { return classifier_.about(); }
  size_t batch() const override { return 1; }
  Status probabilities(std::span<const std::string> texts, std::vector<double>& out, const std::stop_token&) override {
    if (classifier_.problem() == text::Problem::regression) return no_probabilities();
    out.clear();
    for (const std::string& text : texts) {
      const auto row = classifier_.probabilities(text, scratch_);
      out.insert(out.end(), row.begin(), row.end());
    }
    return {};
  }

  Status answer(std::span<const std::string> texts, std::vector<Answer>& out, const std::stop_token& stop) override {
    if (classifier_.problem() != text::Problem::regression) return Backend::answer(texts, out, stop);
    out.clear();
    for (const std::string& text : texts) out.push_back(number_answer(classifier_.value(text, scratch_)));
    return {};
  }

 private:
  text::LinearClassifier classifier_;
  text::LinearScratch scratch_;
};

class Lexicon final : public Backend {
 public:
  explicit Lexicon(text::Lexicon lexicon) : lexicon_(std::move(lexicon)) {}
  labels::TaskKind kind() const override { return labels::TaskKind::spans; }
  const std::vector<std::string>& labels() const override { return lexicon_.labels(); }
  const Json& about() const override { return lexicon_.about(); }
  size_t batch() const override { return 1; }
  Status probabilities(std::span<const std::string>, std::vector<double>&, const std::stop_token&) override {
    return no_probabilities();
  }
  Status answer(std::span<const std::string> texts, std::vector<Answer>& out, const std::stop_token&) override {
    out.clear();
    for (const std::string& text : texts) {
      labels::LabelValue value{labels::TaskKind::spans, {}, {}, 0};
      std::vector<double> confidences;
      for (const text::LexiconSpan& span : lexicon_.spans(text)) {
        value.spans.push_back({span.begin, span.end, lexicon_.labels()[span.label]});
        confidences.push_back(span.confidence);
      }
      out.push_back(spans_answer(std::move(value), confidences));
    }
    return {};
  }

 private:
  text::Lexicon lexicon_;
};

/// Where a file of the model lies; empty where it has none of that name.
fs::path path_of(const store::Project& project, const Model& model, std::string_view name) {
  for (const ModelFile& file : model.files)
    if (file.name == name) return store::path_of_blob(project, file.sha256);
  return {};
}

tl::unexpected<Error> lacks_files(const Model& model) {
  return fail(ErrorKind::store, "store.damaged", "The model {model} lacks files.", {{"model", model.name}});
}

}  // namespace

Result<std::unique_ptr<Backend>> linear_backend(const store::Project& project, const Model& model) {
  const fs::path config = path_of(project, model, "config.json"),
                 vocabulary = path_of(project, model, "vocabulary.txt");
  const fs::path tensors = path_of(project, model, "model.safetensors");
  if (config.empty() || vocabulary.empty() || tensors.empty()) return lacks_files(model);
  MW_ASSIGN(text::LinearClassifier classifier, text::LinearClassifier::load(config, vocabulary, tensors));
  return std::unique_ptr<Backend>(std::make_unique<Linear>(std::move(classifier)));
}

Result<std::unique_ptr<Backend>> lexicon_backend(const store::Project& project, const Model& model) {
  const fs::path config = path_of(project, model, "config.json"), phrases = path_of(project, model, "phrases.jsonl");
  if (config.empty() || phrases.empty()) return lacks_files(model);
  MW_ASSIGN(text::Lexicon lexicon, text::Lexicon::load(config, phrases));
  return std::unique_ptr<Backend>(std::make_unique<Lexicon>(std::move(lexicon)));
}

}  // namespace millwright::models::detail

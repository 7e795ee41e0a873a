#include <algorithm>
#include <numeric>

#include "models/prediction.h"
#include "store/blobs.h"

namespace millwright::models {

Result<Predictor> Predictor::load(const store::Project& project, const Model& model) {
  if (model.family != "linear")
    return fail(ErrorKind::bad_input, "model.needs_engine", "The model {model} is a {family}; only the engine runs it.",
                {{"model", model.name}, {"family", model.family}});
  const auto path = [&](std::string_view name) {
    for (const ModelFile& file : model.files)
      if (file.name == name) return store::path_of_blob(project, file.sha256);
    return fs::path();
  };
  const fs::path config = path("config.json"), vocabulary = path("vocabulary.txt"), tensors = path("model.safetensors");
  if (config.empty() || vocabulary.empty() || tensors.empty())
    return fail(ErrorKind::store, "store.damaged", "The model {model} lacks files.", {{"model", model.name}});
  MW_ASSIGN(text::LinearClassifier classifier, text::LinearClassifier::load(config, vocabulary, tensors));
  return Predictor(std::move(classifier));
}

Predictor::Prediction Predictor::predict(std::string_view text, bool with_scores) {
  const text::BestLabel best = classifier_.predict(text, scratch_);
  Prediction prediction{labels()[best.label], best.confidence, {}};
  if (with_scores)
    for (size_t k = 0; k < labels().size(); ++k) prediction.scores.emplace_back(labels()[k], scratch_.probabilities[k]);
  return prediction;
}

text::BestLabel Predictor::best(std::string_view text) { return classifier_.predict(text, scratch_); }

std::vector<text::BestLabel> Predictor::best_of(std::string_view text, size_t k) {
  const auto probabilities = classifier_.probabilities(text, scratch_);
  std::vector<uint32_t> order(probabilities.size());
  std::iota(order.begin(), order.end(), 0U);
  k = std::min(k, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<ptrdiff_t>(k), order.end(), [&](uint32_t a, uint32_t b) {
    return probabilities[a] != probabilities[b] ? probabilities[a] > probabilities[b] : a < b;
  });
  std::vector<text::BestLabel> best;
  for (size_t i = 0; i < k; ++i) best.push_back({order[i], probabilities[order[i]]});
  return best;
}

std::vector<std::string> Predictor::fields() const {
  std::vector<std::string> fields;
  const Json& about = classifier_.about();
  const auto found = about.is_object() ? about.find("fields") : about.end();
  if (found != about.end() && found->is_array())
    for (const Json& field : *found)
      if (field.is_string()) fields.push_back(field.get<std::string>());
  return fields;
}

}  // namespace millwright::models

#include <algorithm>
#include <array>
#include <numeric>

#include "detail/backend.h"
#include "models/prediction.h"

namespace millwright::models {

Predictor::Predictor(std::unique_ptr<detail::Backend> backend) : backend_(std::move(backend)) {}
Predictor::Predictor(Predictor&&) noexcept = default;
Predictor& Predictor::operator=(Predictor&&) noexcept = default;
Predictor::~Predictor() = default;

Result<Predictor> Predictor::load(const store::Project& project, const Model& model) {
  MW_ASSIGN(auto backend, model.family == "linear"    ? detail::linear_backend(project, model)
                          : model.family == "lexicon" ? detail::lexicon_backend(project, model)
                                                      : detail::engine_backend(project, model));
  return Predictor(std::move(backend));
}

text::BestLabel best_label(std::span<const double> probabilities) {
  const auto best = std::max_element(probabilities.begin(), probabilities.end());
  if (best == probabilities.end()) return {};
  return {static_cast<uint32_t>(best - probabilities.begin()), *best};
}

namespace {

Predictor::Prediction prediction_of(detail::Answer answer, const std::vector<std::string>& labels, bool with_scores) {
  Predictor::Prediction prediction{std::move(answer.label), answer.confidence, {}};
  if (with_scores)
    for (size_t k = 0; k < answer.probabilities.size(); ++k)
      prediction.scores.emplace_back(labels[k], answer.probabilities[k]);
  return prediction;
}

/// Calls `use(at, n)` for so many texts as suit at once, until it returns false; stops where that is wanted.
template <class Use>
Status in_batches(size_t texts, size_t batch, const Work& work, const Use& use) {
  constexpr size_t kBetweenChecks = 1024;  // rows between two looks at the stop token
  size_t checked = 0;
  for (size_t at = 0; at < texts;) {
    if (at >= checked) {
      if (work.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped before it was done.");
      work.report({"predict", static_cast<int64_t>(at), static_cast<int64_t>(texts), "rows"});
      checked = at + kBetweenChecks;
    }
    const size_t n = std::min(batch, texts - at);
    MW_ASSIGN(const bool wanted, use(at, n));
    if (!wanted) return {};
    at += n;
  }
  return {};
}

}  // namespace

Result<Predictor::Prediction> Predictor::predict(std::string_view text, bool with_scores) {
  const std::array<std::string, 1> one{std::string(text)};
  std::vector<detail::Answer> answers;
  MW_TRY(backend_->answer(one, answers, {}));
  return prediction_of(std::move(answers.front()), labels(), with_scores);
}

Result<text::BestLabel> Predictor::best(std::string_view text) {
  const std::array<std::string, 1> one{std::string(text)};
  MW_TRY(backend_->probabilities(one, probabilities_, {}));
  return best_label(probabilities_);
}

Result<std::vector<text::BestLabel>> Predictor::best_of(std::string_view text, size_t k) {
  const std::array<std::string, 1> one{std::string(text)};
  MW_TRY(backend_->probabilities(one, probabilities_, {}));
  std::vector<uint32_t> order(probabilities_.size());
  std::iota(order.begin(), order.end(), 0U);
  k = std::min(k, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<ptrdiff_t>(k), order.end(), [&](uint32_t a, uint32_t b) {
    return probabilities_[a] != probabilities_[b] ? probabilities_[a] > probabilities_[b] : a < b;
  });
  std::vector<text::BestLabel> best;
  for (size_t i = 0; i < k; ++i) best.push_back({order[i], probabilities_[order[i]]});
  return best;
}

Status Predictor::answer_all(std::span<const std::string> texts, bool with_scores, const Work& work,
                             const std::function<bool(size_t, Prediction)>& each) {
  std::vector<detail::Answer> answers;
  return in_batches(texts.size(), batch(), work, [&](size_t at, size_t n) -> Result<bool> {
    MW_TRY(backend_->answer(texts.subspan(at, n), answers, work.stop));
    for (size_t i = 0; i < n; ++i)
      if (!each(at + i, prediction_of(std::move(answers[i]), labels(), with_scores))) return false;
    return true;
  });
}

Status Predictor::predict_all(std::span<const std::string> texts, const Work& work,
                              const std::function<bool(size_t, std::span<const double>)>& each) {
  const size_t classes = labels().size();
  return in_batches(texts.size(), batch(), work, [&](size_t at, size_t n) -> Result<bool> {
    MW_TRY(backend_->probabilities(texts.subspan(at, n), probabilities_, work.stop));
    for (size_t i = 0; i < n; ++i)
      if (!each(at + i, std::span(probabilities_).subspan(i * classes, classes))) return false;
    return true;
  });
}

labels::TaskKind Predictor::kind() const { return backend_->kind(); }
size_t Predictor::batch() const { return backend_->batch(); }
const std::vector<std::string>& Predictor::labels() const { return backend_->labels(); }

std::vector<std::string> Predictor::fields() const {
  std::vector<std::string> fields;
  const Json& about = backend_->about();
  const auto found = about.is_object() ? about.find("fields") : about.end();
  if (found != about.end() && found->is_array())
    for (const Json& field : *found)
      if (field.is_string()) fields.push_back(field.get<std::string>());
  return fields;
}

}  // namespace millwright::models

// A linear text classifier as it is kept and used: vectorizer, sparse weights, calibration, labels. It predicts
// wherever core runs; only training it is the engine's.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/json.h"
#include "base/result.h"
#include "text/problem.h"
#include "text/tfidf.h"

namespace millwright::text {

/// Weights by feature: those of feature f are begin[f] … begin[f + 1], labels increasing. What is not there is zero.
struct SparseWeights {
  std::vector<uint32_t> begin{0};
  std::vector<uint16_t> label;
  std::vector<float> weight;
};

struct LinearScratch {
  TfidfScratch tfidf;
  std::vector<float> scores;
  std::vector<double> probabilities;
};

/// What scores mean where they are not those of labels of which a text has one.
struct LinearReading {
  Problem problem = Problem::single_label;
  double slope = 1, offset = 0;    ///< multi_label: probability = 1 / (1 + exp(−(slope · score + offset)))
  double threshold = 0.5;          ///< multi_label: a label is said from this probability on
  double mean = 0, deviation = 1;  ///< regression: value = mean + deviation · score
  [[nodiscard]] double probability(double score) const;
};

struct LinearParts {
  TfidfVectorizer vectorizer;
  std::vector<std::string> labels;
  SparseWeights weights;
  std::vector<float> bias;         ///< one for each label; a number has one label, which is no name
  double inverse_temperature = 1;  ///< probabilities = softmax(inverse_temperature · scores)
  Json about;                      ///< where it comes from: options, seed, snapshot; kept as it is
  LinearReading reading;
};

struct BestLabel {
  uint32_t label = 0;
  double confidence = 0;
};

/// A model folder holds config.json, vocabulary.txt (one term a line, words first) and model.safetensors (idf F32
/// [features], bias F32 [labels], weight.begin U32 [features + 1], weight.label U16 [n], weight.value F32 [n]).
class LinearClassifier {
 public:
  explicit LinearClassifier(LinearParts parts);
  LinearClassifier(LinearClassifier&&) noexcept;
  LinearClassifier& operator=(LinearClassifier&&) noexcept;
  ~LinearClassifier();

  /// Each file whole or not at all.
  [[nodiscard]] Status save(const fs::path& folder) const;
  /// From a folder that need not be trusted: every size, index and number is checked. Error: bad_input "model.damaged".
  [[nodiscard]] static Result<LinearClassifier> load(const fs::path& folder);
  /// The same from the three files, wherever they lie.
  [[nodiscard]] static Result<LinearClassifier> load(const fs::path& config, const fs::path& vocabulary,
                                                     const fs::path& tensors);

  /// One score (margin) for each label; in `scratch` until the next call. Ties go to the label that comes first.
  [[nodiscard]] std::span<const float> scores(std::string_view text, LinearScratch& scratch) const;
  [[nodiscard]] std::span<const float> scores(const SparseRow& row, LinearScratch& scratch) const;
  /// Calibrated probabilities, one for each label: they sum to 1 (single_label) or are each label's own (multi_label).
  /// Of a number there are none.
  [[nodiscard]] std::span<const double> probabilities(std::string_view text, LinearScratch& scratch) const;
  [[nodiscard]] BestLabel predict(std::string_view text, LinearScratch& scratch) const;
  /// Regression: the number, in the unit in which it was learned; finite.
  [[nodiscard]] double value(std::string_view text, LinearScratch& scratch) const;

  [[nodiscard]] Problem problem() const;
  /// Multi_label: the probability from which on a label is said.
  [[nodiscard]] double threshold() const;
  [[nodiscard]] const LinearReading& reading() const;

  [[nodiscard]] const std::vector<std::string>& labels() const;
  [[nodiscard]] const TfidfVectorizer& vectorizer() const;
  [[nodiscard]] double inverse_temperature() const;
  void set_inverse_temperature(double value);
  [[nodiscard]] Json& about();
  [[nodiscard]] const Json& about() const;
  /// Weights that are kept, and biases.
  [[nodiscard]] uint64_t parameters() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// softmax(inverse_temperature · scores), in double.
void softmax(std::span<const float> scores, double inverse_temperature, std::vector<double>& out);
/// The largest; the first of equals.
[[nodiscard]] uint32_t argmax(std::span<const float> scores);

}  // namespace millwright::text

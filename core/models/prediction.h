// Putting a model to work: one text, lines of a file, or a whole batch whose predictions are kept.
#pragma once

#include <cstdint>
#include <functional>
#include <istream>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/work.h"
#include "labels/label_value.h"
#include "models/registry.h"
#include "store/project.h"
#include "text/linear_classifier.h"

namespace millwright::models {

namespace detail {
class Backend;
}

/// A model at work. A linear one is held in memory here; an encoder is the engine's, in a process that lives as long as
/// the predictor. Loading checks the model's files. Not thread-safe: load one for each thread.
class Predictor {
 public:
  /// Errors: store "store.damaged"; job "job.no_engine", "process.ended" where the engine cannot run the model.
  [[nodiscard]] static Result<Predictor> load(const store::Project& project, const Model& model);
  Predictor(Predictor&&) noexcept;
  Predictor& operator=(Predictor&&) noexcept;
  ~Predictor();

  struct Prediction {
    std::string label;      ///< as labels/label_value.h writes it
    double confidence = 0;  ///< of several labels, or spans, that of the least sure one; NaN of a number, or of no span
    std::vector<std::pair<std::string, double>> scores;  ///< every label's probability, where asked for
  };
  [[nodiscard]] labels::TaskKind kind() const;
  [[nodiscard]] Result<Prediction> predict(std::string_view text, bool with_scores = false);
  /// Many texts in their order, as many at once as suit the model. `each` gets a text's place and what the model says;
  /// it returns false to stop. Error: cancelled.
  [[nodiscard]] Status answer_all(std::span<const std::string> texts, bool with_scores, const Work& work,
                                  const std::function<bool(size_t, Prediction)>& each);
  /// Index of the best label and its probability.
  [[nodiscard]] Result<text::BestLabel> best(std::string_view text);
  /// Indexes and probabilities of the k best, best first.
  [[nodiscard]] Result<std::vector<text::BestLabel>> best_of(std::string_view text, size_t k);
  /// The same with the probability of each label, of models that tell labels of a whole text. Errors: cancelled, usage
  /// "predict.no_probabilities" (spans, a number).
  [[nodiscard]] Status predict_all(std::span<const std::string> texts, const Work& work,
                                   const std::function<bool(size_t, std::span<const double>)>& each);
  /// So many texts at once cost less than one by one; 1: it makes no difference.
  [[nodiscard]] size_t batch() const;
  [[nodiscard]] const std::vector<std::string>& labels() const;
  /// The fields that it was trained on, where it says so.
  [[nodiscard]] std::vector<std::string> fields() const;

 private:
  explicit Predictor(std::unique_ptr<detail::Backend> backend);
  std::unique_ptr<detail::Backend> backend_;
  std::vector<double> probabilities_;
};
/// The most probable label; the first of equals.
[[nodiscard]] text::BestLabel best_label(std::span<const double> probabilities);

/// Rows of a stream: JSON Lines, or CSV with a header (a first line that begins with "{" is JSON). The model reads
/// `fields`, joined by blanks, as in training; a value that is missing or null is left out. `row` counts from 1. `each`
/// returns false to stop. Rows that are there already are predicted together. Errors: bad_input "predict.field" (no
/// such column), "predict.line" with its number.
struct RowPrediction {
  int64_t row = 0;
  Predictor::Prediction prediction;
};
[[nodiscard]] Status predict_stream(Predictor& predictor, std::istream& input, const std::vector<std::string>& fields,
                                    bool with_scores, const std::function<bool(const RowPrediction&)>& each,
                                    const Work& work);

/// A batch's records predicted; with `save` they are kept as a facts file and listed for monitoring and queues.
struct BatchPredictions {
  int64_t file = 0;  ///< row of prediction_file; 0: not kept
  int64_t rows = 0;
  double mean_confidence = 0;  ///< NaN where a row has none (numbers, texts without spans)
};
struct RecordPrediction {
  RecordRef record;
  Predictor::Prediction prediction;
};
/// `each` may be empty; it returns false to stop showing (what is saved is complete). The fields are those of the
/// model's task. Errors: usage "predict.no_task" for a model without one, "predict.other_asset".
[[nodiscard]] Result<BatchPredictions> predict_batch(store::Project& project, const Model& model, int64_t batch,
                                                     bool save, bool with_scores,
                                                     const std::function<bool(const RecordPrediction&)>& each,
                                                     const Work& work);

/// Kept predictions of a batch, newest file of this model (model 0: of any).
struct SavedPrediction {
  RecordRef record;
  int32_t label = -1;  ///< index into labels
  double confidence = 0;
};
struct SavedPredictions {
  int64_t model = 0;
  std::vector<std::string> labels;
  std::vector<SavedPrediction> rows;
};
[[nodiscard]] Result<std::optional<SavedPredictions>> saved_predictions(const store::Project& project, int64_t batch,
                                                                        int64_t model = 0);

}  // namespace millwright::models

// An objective at work on a job's rows: what a step learns from them, how good the model is at it, and what is written
// down at the end. One class for each objective, in detail/*_task.cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/json.h"
#include "base/result.h"
#include "base/work.h"
#include "engine/encoder_input.h"
#include "engine/encoder_model.h"
#include "engine/training_rows.h"
#include "text/tokenizer.h"

namespace millwright::engine {

/// How good a model is on the validation split: more `score` is better, and at the same score less `loss`.
struct Judgement {
  double score = 0, loss = 0;
};

/// What is known about a model once it is trained.
struct TaskReport {
  Json metrics = Json::object();  ///< {"validation": {…}, "test": {…}}
  Json notes = Json::object();    ///< for whoever uses the model: "temperature", "threshold"
  Json calibration;               ///< how they were fitted; null where nothing was
  std::string predictions;        ///< JSON Lines, one for each row of validation and test
};

struct TaskSettings {
  int64_t max_length = 128;  ///< tokens; longer texts are cut
  bool balanced = false;     ///< rows of rare labels weigh more
  double mask_probability = 0.15;
  uint64_t seed = 0;
};

class TrainingTask {
 public:
  virtual ~TrainingTask() = default;

  /// Tokens of each training row.
  [[nodiscard]] const std::vector<uint32_t>& lengths() const { return lengths_; }
  /// Adds a training row to a part; returns what it adds to the weight by which the loss is divided. What is drawn at
  /// random depends on seed, epoch and row alone.
  [[nodiscard]] virtual double append(MicroBatch& part, uint32_t row, int64_t epoch) const = 0;

  /// Rows to judge by.
  [[nodiscard]] virtual size_t validation_rows() const = 0;
  [[nodiscard]] virtual std::string_view score_name() const = 0;  ///< "accuracy", "f1", …
  [[nodiscard]] virtual Result<Judgement> judge(EncoderModel& model, const std::stop_token& stop) const = 0;

  /// Changes trained weights into those that are written, where they differ (a number's unit).
  virtual void settle(std::vector<float>& /*weights*/) const {}
  /// With the weights that are written, in fp32: what anybody gets who loads the model.
  [[nodiscard]] virtual Result<TaskReport> report(EncoderModel& model, const std::stop_token& stop) const = 0;

  /// Takes a teacher's probabilities, training rows × labels. Only where teachable() says so.
  [[nodiscard]] virtual bool teachable() const { return false; }
  virtual void set_teacher(std::vector<float> /*probabilities*/) {}

  /// All that decides what is learned.
  virtual void identify(Sha256& hash) const = 0;

 protected:
  std::vector<uint32_t> lengths_;
};

/// Tokenises the rows for their objective. `rows` and `layout` must live as long. Errors: cancelled; bad_input
/// "train.no_mask" (the tokenizer has no mask token), "tokenizer.text_too_long".
[[nodiscard]] Result<std::unique_ptr<TrainingTask>> make_training_task(const TrainingRows& rows,
                                                                       const text::Tokenizer& tokenizer,
                                                                       const EncoderLayout& layout,
                                                                       const TaskSettings& settings, const Work& work);

/// What the model says about texts, computed in batches: texts × labels, tokens × labels, or texts × hidden. Errors:
/// cancelled, those of EncoderModel::forward().
[[nodiscard]] Result<std::vector<float>> run_model(EncoderModel& model, const text::EncoderConfig& config,
                                                   std::span<const EncodedText> texts, Output what,
                                                   const std::stop_token& stop);

}  // namespace millwright::engine

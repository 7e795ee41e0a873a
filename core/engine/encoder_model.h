// An encoder on a device: what the module that links libtorch offers to the rest of the engine. Nothing of libtorch's
// types shows here, and no exception comes out of it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "engine/encoder_layout.h"
#include "engine/objective.h"
#include "engine/ranks.h"

namespace millwright::engine {

enum class Dtype : uint8_t { fp32, bf16, fp16, fp64, int8 };  ///< int8: to predict on the processor
[[nodiscard]] std::string_view name_of(Dtype dtype);          ///< "fp32", …
/// Error: usage "usage".
[[nodiscard]] Result<Dtype> dtype_named(const std::string& name);

/// Texts as tokens, one after the other without padding.
struct PackedBatch {
  std::vector<int64_t> ids, types, positions;
  std::vector<int32_t> begin{0};  ///< of each text; one more than there are texts
  [[nodiscard]] size_t texts() const { return begin.size() - 1; }
  [[nodiscard]] size_t tokens() const { return ids.size(); }
};

/// A part of an optimizer step that is computed at once. Its loss is Σ weight · loss / StepSettings::weight_sum, over
///   texts (classification, multi_label, regression), tokens with a label (token_classification, masked_lm), or pairs
///   of texts that follow each other (sentence_embedding).
struct MicroBatch {
  PackedBatch texts;
  std::vector<int64_t>
      label;  ///< by text, token (-1: none) or pair (pairs of one label are not held against each other)
  std::vector<float> target;  ///< texts × outputs: 0 or 1 (multi_label), the number to tell (regression), or a
                              ///< teacher's probabilities (classification; empty without one)
  std::vector<float> weight;  ///< by text, or by pair
};

struct OptimizerSettings {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weight_decay = 0.01;
  double layer_decay = 1;     ///< learning rate of a layer beside that of the one above it
  int64_t frozen_layers = 0;  ///< embeddings and so many layers keep their weights
};

/// What is made small.
struct LossSettings {
  Objective objective = Objective::classification;
  double label_smoothing = 0;  ///< ε of (1 - ε) · -log p(label) + ε · mean of -log p
  double teacher_weight = 0;   ///< share of the teacher's probabilities beside the labels
  double teacher_temperature =
      1;  ///< T: the teacher's part is T² · cross-entropy at that temperature (Hinton et al. 2015)
  double similarity_scale = 20;  ///< factor of the cosines of sentence embeddings
};

struct StepSettings {
  int64_t step = 1;  ///< from 1
  double learning_rate = 0;
  double clip_norm = 0;  ///< 0: none
  uint64_t dropout_seed = 0;
  double weight_sum = 1;
};

struct StepOutcome {
  double loss = 0;
  double gradient_norm = 0;
};

/// What a part costs without learning from it.
struct Assessment {
  double loss = 0;
  int64_t right = 0;  ///< tokens of a masked-language part whose most probable word is the hidden one
};

/// Everything that a training needs to go on from where it was.
struct TrainingState {
  std::vector<float> weights, first, second;  ///< as EncoderLayout lays them out; the moments of AdamW
  std::vector<int64_t> row_steps;             ///< of each row of the word embeddings: the last step that it has seen
  std::vector<double> learning_rates;         ///< of the steps so far: rows that rested catch up with them
};

/// The same where it lies: a copy of it would be the largest part of a training's memory.
struct TrainingStateView {
  std::span<const float> weights, first, second;
  std::span<const int64_t> row_steps;
  std::span<const double> learning_rates;
};

enum class Output : uint8_t {
  logits,       ///< texts × labels, or tokens × labels (token classification), or tokens × vocabulary (masked_lm)
  mean_hidden,  ///< texts × hidden: the mean over a text's tokens
  hidden        ///< tokens × hidden
};

struct EncoderSettings {
  std::string device = "cpu";
  Dtype dtype = Dtype::fp32;
  bool trains = false;
  OptimizerSettings optimizer;
  LossSettings loss;
  Ranks ranks;  ///< a model that trains adds its gradients to those of the others
};

class EncoderModel {
 public:
  virtual ~EncoderModel() = default;

  /// Row-major results for a batch, without dropout. Errors: job "train.out_of_memory",
  /// "train.device_gone", "engine.torch".
  [[nodiscard]] virtual Result<std::vector<float>> forward(const PackedBatch& batch, Output what) = 0;
  /// One step of the optimizer over all parts together, of all ranks. When it fails nothing has changed: job
  /// "train.out_of_memory" (try smaller parts), "train.diverged" (loss or gradient not finite), "train.lost_rank",
  /// "train.device_gone", "engine.torch".
  [[nodiscard]] virtual Result<StepOutcome> step(std::span<const MicroBatch> parts, const StepSettings& settings) = 0;

  /// The loss of a part without dropout. Errors as forward()'s.
  [[nodiscard]] virtual Result<Assessment> assess(const MicroBatch& part, double weight_sum) = 0;

  /// The first rank's value, which is asked for by all of them at once.
  [[nodiscard]] virtual Result<int64_t> agree(int64_t value) = 0;

  [[nodiscard]] virtual Result<std::vector<float>> weights() = 0;
  [[nodiscard]] virtual Status set_weights(std::span<const float> weights) = 0;
  /// Sets the weights, and lets the optimizer begin anew.
  [[nodiscard]] virtual Status restart(std::span<const float> weights) = 0;
  /// Shows `look` where the training stands, and gives what it returns. On a GPU it is copied for that.
  [[nodiscard]] virtual Status look_at_state(const std::function<Status(const TrainingStateView&)>& look) = 0;
  [[nodiscard]] virtual Status set_state(const TrainingState& state) = 0;
  /// Bytes in use on the device, and their peak; 0 where it cannot be told.
  [[nodiscard]] virtual uint64_t memory() const = 0;
};

}  // namespace millwright::engine

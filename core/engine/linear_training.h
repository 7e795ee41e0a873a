// The linear baseline: n-grams → TF-IDF → one-against-rest SVM → calibrated probabilities; for a number, ridge
// regression.
#pragma once

#include <functional>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "base/work.h"
#include "engine/svm.h"
#include "engine/training_rows.h"
#include "text/linear_classifier.h"

namespace millwright::engine {

struct LinearTraining {
  text::LinearClassifier model;
  std::vector<SvmEpoch> curve;
  int classes_not_converged = 0;
  std::string_view calibrated_on;                  ///< "validation" or "internal"; empty: a number is not calibrated
  double log_loss_before = 0, log_loss_after = 0;  ///< of the rows it was calibrated on, where each has one label
};

/// Learns what the rows' objective says: classification, multi_label (each label against the rest, made probabilities
/// by one sigmoid for all of them, with a threshold) or regression. `options` as jobs::check_options() completed them.
/// Errors: cancelled; bad_input "text.no_terms", "train.too_large" (a number beyond 1e100); job "train.diverged".
[[nodiscard]] Result<LinearTraining> train_linear(const TrainingRows& rows, const Json& options, uint64_t seed,
                                                  const Work& work,
                                                  const std::function<void(const SvmEpoch&)>& on_epoch = {});

/// Threads for an option where 0 means one for each core that this process may use.
[[nodiscard]] int threads_for(int64_t option);

}  // namespace millwright::engine

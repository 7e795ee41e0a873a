// The linear baseline: n-grams → TF-IDF → one-against-rest SVM → calibrated probabilities.
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
  std::string_view calibrated_on;                  ///< "validation" or "internal"
  double log_loss_before = 0, log_loss_after = 0;  ///< of the rows it was calibrated on
};

/// `options` as jobs::check_options() completed them. Errors: cancelled; bad_input "text.no_terms"; job
/// "train.diverged".
[[nodiscard]] Result<LinearTraining> train_linear(const TrainingRows& rows, const Json& options, uint64_t seed,
                                                  const Work& work,
                                                  const std::function<void(const SvmEpoch&)>& on_epoch = {});

/// Threads for an option where 0 means one for each core that this process may use.
[[nodiscard]] int threads_for(int64_t option);

}  // namespace millwright::engine

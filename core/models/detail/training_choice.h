// What a request for a training names, found and checked: before a snapshot is looked at and before anything is
// written.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "detail/algorithm_choice.h"
#include "labels/label_value.h"
#include "models/registry.h"
#include "models/training.h"
#include "store/project.h"

namespace millwright::models::detail {

struct TrainingChoice : AlgorithmChoice {
  std::optional<Model> teacher;  ///< what it learns from beside the labels

  [[nodiscard]] std::string objective() const { return options.value("objective", std::string("classification")); }
  /// The words of records without a label are of use, too.
  [[nodiscard]] bool reads_unlabeled() const {
    return objective() == "masked-lm" || options.value("pretrain_epochs", int64_t{0}) > 0;
  }
};

/// What a task of a kind is there to teach: "classification", "multi-label", "token-classification", "regression".
[[nodiscard]] std::string_view objective_of(labels::TaskKind kind);
/// Whether an objective is among those that an algorithm learns.
[[nodiscard]] bool learns(const jobs::Algorithm& algorithm, std::string_view objective);
/// For a task of a kind, whose objective is taken where the request names none. Errors: those of start_training() that
/// stand in the request alone.
[[nodiscard]] Result<TrainingChoice> choose(const store::Project& project, const TrainRequest& request,
                                            labels::TaskKind kind);
/// Whether a task's labels can teach an objective, and the algorithm can learn it. Error: usage "train.objective".
[[nodiscard]] Status check_objective(labels::TaskKind kind, const jobs::Algorithm& algorithm,
                                     const std::string& objective);

/// How many different labels (of a number: values) the training split of a kind of task has to have. Error: bad_input
/// "train.too_few".
[[nodiscard]] Status check_label_count(labels::TaskKind kind, int64_t labels);

}  // namespace millwright::models::detail

// Distillation (Hinton et al. 2015): what a trained model says about the texts that another is to learn from.
#pragma once

#include <string>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "base/work.h"
#include "engine/training_rows.h"

namespace millwright::engine::detail {

/// softmax(logits / temperature) of the model in `folder` over the training rows, rows × rows.labels. Errors: those of
/// the folder; bad_input "train.teacher" where it does not classify or lacks one of the labels; cancelled.
[[nodiscard]] Result<std::vector<float>> teacher_probabilities(const fs::path& folder, const TrainingRows& rows,
                                                               double temperature, const std::string& device,
                                                               const Work& work);

}  // namespace millwright::engine::detail

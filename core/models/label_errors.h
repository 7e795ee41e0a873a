// Labels that are probably wrong, by a cross-validation and confident learning (statistics/confident_learning.h).
#pragma once

#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/work.h"
#include "models/cross_validation.h"
#include "store/project.h"

namespace millwright::models {

struct SuspectedLabel {
  RecordRef record;
  std::string label;            ///< as given
  double label_confidence = 0;  ///< its probability, out of sample
  std::string predicted;        ///< what the model says instead
  double confidence = 0;        ///< its probability
};
/// Most suspicious first: the smallest p(given) − p(predicted). Records that somebody has labeled since the snapshot,
/// or whose label was taken back or is in conflict now, are left out: they have been looked at.
[[nodiscard]] Result<std::vector<SuspectedLabel>> suspected_labels(const store::Project& project,
                                                                   const CrossValidation& made, const Work& work);

}  // namespace millwright::models

// Which given labels are probably wrong: confident learning (Northcutt, Jiang & Chuang, "Confident Learning: Estimating
// Uncertainty in Dataset Labels", JAIR 70, 2021) on out-of-sample probabilities. Classes are numbered from 0.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "statistics/classification.h"

namespace millwright::statistics {

/// t_j (the paper's equation 2): mean probability of class j over the rows whose given label is j. `self_confidence`
/// holds each row's probability of its given label. A class without rows has the threshold infinity: nothing reaches
/// it.
[[nodiscard]] std::vector<double> confident_thresholds(std::span<const int32_t> labels,
                                                       std::span<const double> self_confidence, size_t classes);

/// The most probable of the classes that reach their threshold, the first of equals; −1 where none does. A threshold
/// counts as reached from 1e-6 below it: it is a mean of rounded numbers.
[[nodiscard]] int32_t confident_class(std::span<const float> probabilities, std::span<const double> thresholds);

/// C (equation 1): rows by given label and confident class; `confident` may hold −1: such rows are not counted. Each
/// class that has rows counts at least one of them as right, so that no row of the matrix is empty.
[[nodiscard]] ConfusionMatrix confident_joint(std::span<const int32_t> labels, std::span<const int32_t> confident,
                                              size_t classes);

/// How many of the given labels are wrong by the joint distribution of given and true label (equation 3): C with each
/// row scaled to the number of rows given that label, off the diagonal.
[[nodiscard]] double estimated_label_errors(const ConfusionMatrix& joint, std::span<const int32_t> labels);

/// What cross-validation says of one row.
struct OutOfSample {
  int32_t label = 0;            ///< as given
  double label_confidence = 0;  ///< its probability
  int32_t predicted = 0;        ///< the most probable class
  double confidence = 0;        ///< its probability
  int32_t confident = -1;       ///< confident_class()
  /// p(given) − max p(other), where the row is suspected: −1 … 0; the smaller, the worse.
  [[nodiscard]] double margin() const { return label_confidence - confidence; }
  /// Off the diagonal of C, and the model does not say what was given.
  [[nodiscard]] bool suspected() const { return confident >= 0 && confident != label && predicted != label; }
};

/// Places of the suspected rows, smallest margin first (the paper's "normalized margin"), of equals the first row
/// first.
[[nodiscard]] std::vector<size_t> rank_label_errors(std::span<const OutOfSample> rows);

}  // namespace millwright::statistics

#include "statistics/confident_learning.h"

#include <algorithm>
#include <limits>

namespace millwright::statistics {
namespace {

constexpr double kSlack = 1e-6;

std::vector<int64_t> count_by_class(std::span<const int32_t> labels, size_t classes) {
  std::vector<int64_t> counts(classes);
  for (const int32_t label : labels) ++counts[static_cast<size_t>(label)];
  return counts;
}

}  // namespace

std::vector<double> confident_thresholds(std::span<const int32_t> labels, std::span<const double> self_confidence,
                                         size_t classes) {
  std::vector<double> sums(classes);
  for (size_t row = 0; row < labels.size(); ++row) sums[static_cast<size_t>(labels[row])] += self_confidence[row];
  const std::vector<int64_t> counts = count_by_class(labels, classes);
  for (size_t k = 0; k < classes; ++k)
    sums[k] = counts[k] > 0 ? sums[k] / static_cast<double>(counts[k]) : std::numeric_limits<double>::infinity();
  return sums;
}

int32_t confident_class(std::span<const float> probabilities, std::span<const double> thresholds) {
  int32_t best = -1;
  for (size_t k = 0; k < probabilities.size(); ++k)
    if (static_cast<double>(probabilities[k]) >= thresholds[k] - kSlack &&
        (best < 0 || probabilities[k] > probabilities[static_cast<size_t>(best)]))
      best = static_cast<int32_t>(k);
  return best;
}

ConfusionMatrix confident_joint(std::span<const int32_t> labels, std::span<const int32_t> confident, size_t classes) {
  ConfusionMatrix joint(classes);
  for (size_t row = 0; row < labels.size(); ++row)
    if (confident[row] >= 0) joint.add(labels[row], confident[row]);
  const std::vector<int64_t> counts = count_by_class(labels, classes);
  for (size_t k = 0; k < classes; ++k)
    if (counts[k] > 0 && joint.at(k, k) == 0) joint.add(static_cast<int32_t>(k), static_cast<int32_t>(k));
  return joint;
}

double estimated_label_errors(const ConfusionMatrix& joint, std::span<const int32_t> labels) {
  const std::vector<int64_t> counts = count_by_class(labels, joint.classes());
  double errors = 0;
  for (size_t given = 0; given < joint.classes(); ++given) {
    int64_t row = 0;
    for (size_t k = 0; k < joint.classes(); ++k) row += joint.at(given, k);
    if (row > 0)
      errors += static_cast<double>(counts[given]) * static_cast<double>(row - joint.at(given, given)) /
                static_cast<double>(row);
  }
  return errors;
}

std::vector<size_t> rank_label_errors(std::span<const OutOfSample> rows) {
  std::vector<size_t> places;
  for (size_t i = 0; i < rows.size(); ++i)
    if (rows[i].suspected()) places.push_back(i);
  std::stable_sort(places.begin(), places.end(),
                   [&](size_t a, size_t b) { return rows[a].margin() < rows[b].margin(); });
  return places;
}

}  // namespace millwright::statistics

#include "detail/backend.h"

#include <algorithm>
#include <limits>

#include "models/prediction.h"

namespace millwright::models::detail {
namespace {

/// Every label that is probable enough; as sure as of the label that it is least sure about.
Answer several(const std::vector<std::string>& labels, std::span<const double> probabilities, double threshold) {
  labels::LabelValue value{labels::TaskKind::multi_label, {}, {}, 0};
  Answer answer;
  answer.confidence = 1;
  for (size_t k = 0; k < labels.size(); ++k) {
    const double p = probabilities[k];
    if (p >= threshold) value.names.push_back(labels[k]);
    answer.confidence = std::min(answer.confidence, p >= threshold ? p : 1 - p);
  }
  std::sort(value.names.begin(), value.names.end());
  answer.label = labels::text_of(value);
  return answer;
}

}  // namespace

Status Backend::answer(std::span<const std::string> texts, std::vector<Answer>& out, const std::stop_token& stop) {
  const std::vector<std::string>& names = labels();
  MW_TRY(probabilities(texts, probabilities_, stop));
  out.clear();
  for (size_t i = 0; i < texts.size(); ++i) {
    const std::span<const double> row = std::span(probabilities_).subspan(i * names.size(), names.size());
    if (kind() == labels::TaskKind::multi_label) {
      out.push_back(several(names, row, threshold()));
    } else {
      const text::BestLabel best = best_label(row);
      out.push_back({names[best.label], best.confidence, {}});
    }
    out.back().probabilities.assign(row.begin(), row.end());
  }
  return {};
}

Status no_probabilities() {
  return fail(ErrorKind::usage, "predict.no_probabilities", "This model does not tell labels of a whole text.");
}

Answer spans_answer(labels::LabelValue value, std::span<const double> confidences) {
  Answer answer{labels::text_of(value), std::numeric_limits<double>::quiet_NaN(), {}};
  if (!confidences.empty()) answer.confidence = *std::min_element(confidences.begin(), confidences.end());
  return answer;
}

Answer number_answer(double number) {
  return {labels::text_of(labels::LabelValue{labels::TaskKind::number, {}, {}, number}),
          std::numeric_limits<double>::quiet_NaN(),
          {}};
}

}  // namespace millwright::models::detail

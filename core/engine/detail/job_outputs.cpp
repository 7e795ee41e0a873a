#include "detail/job_outputs.h"

#include <algorithm>
#include <filesystem>
#include <numeric>

#include "base/hash.h"
#include "statistics/calibration.h"
#include "statistics/classification.h"

namespace millwright::engine::detail {

namespace {
constexpr size_t kTop = 3;  // best labels kept with each prediction
}  // namespace

Json figures(const std::vector<int32_t>& truth, const std::vector<int32_t>& predicted,
             const std::vector<double>& confidence, size_t classes) {
  const auto matrix = statistics::ConfusionMatrix::of(truth, predicted, classes);
  std::vector<uint8_t> correct;
  for (size_t i = 0; i < truth.size(); ++i) correct.push_back(truth[i] == predicted[i] ? 1 : 0);
  return {{"n", truth.size()},
          {"accuracy", number_or_null(statistics::accuracy(matrix))},
          {"macro_f1", number_or_null(statistics::macro_f1(matrix))},
          {"ece", number_or_null(statistics::expected_calibration_error(confidence, correct))}};
}

Json best_of(std::span<const double> probabilities, const std::vector<std::string>& labels) {
  std::vector<uint32_t> order(probabilities.size());
  std::iota(order.begin(), order.end(), 0U);
  const size_t n = std::min(kTop, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<ptrdiff_t>(n), order.end(), [&](uint32_t a, uint32_t b) {
    return probabilities[a] != probabilities[b] ? probabilities[a] > probabilities[b] : a < b;
  });
  Json top = Json::array();
  for (size_t i = 0; i < n; ++i) top.push_back({labels[order[i]], probabilities[order[i]]});
  return top;
}

Result<Json> describe_file(const jobs::JobFolder& folder, const std::string& name) {
  MW_ASSIGN(const Digest digest, sha256_of_file(folder.file(name)));
  std::error_code error;
  return Json{{"name", name}, {"sha256", to_hex(digest)}, {"bytes", fs::file_size(folder.file(name), error)}};
}

}  // namespace millwright::engine::detail

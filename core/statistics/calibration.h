// Whether a classifier's confidence can be believed, and how to mend it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace millwright::statistics {

inline constexpr int kCalibrationBins = 15;

struct ReliabilityBin {
  double low = 0;
  double high = 0;
  int64_t count = 0;
  double confidence = 0;  ///< mean; 0 where the bin is empty
  double accuracy = 0;
};
/// Bins of equal width, (low, high]; confidence 0 falls into the first. `correct` is 0 or 1 and as long as
/// `confidence`.
[[nodiscard]] std::vector<ReliabilityBin> reliability(std::span<const double> confidence,
                                                      std::span<const uint8_t> correct, int bins = kCalibrationBins);
/// Expected calibration error (Guo et al. 2017): Σ count/n · |accuracy − confidence|. NaN where there are no rows.
[[nodiscard]] double expected_calibration_error(std::span<const ReliabilityBin> bins);
[[nodiscard]] double expected_calibration_error(std::span<const double> confidence, std::span<const uint8_t> correct,
                                                int bins = kCalibrationBins);

/// Temperature scaling (Guo et al. 2017): the one number t > 0 for which softmax(scores / t) has the least negative log
/// likelihood. `scores` row-major rows × classes (logits, or margins of one-against-rest classifiers), `labels` the
/// true classes. Newton's method on log t with bisection as a net; 1 where there is nothing to fit.
struct Temperature {
  double temperature = 1;
  double log_loss_before = 0;  ///< mean, natural logarithm
  double log_loss_after = 0;
};
[[nodiscard]] Temperature fit_temperature(std::span<const float> scores, size_t classes,
                                          std::span<const int32_t> labels);

/// Platt's sigmoid P(positive | s) = 1 / (1 + exp(a·s + b)) (Platt 1999, in the form of Lin, Lin & Weng 2007, with
/// their regularised targets).
struct Sigmoid {
  double a = -1;
  double b = 0;
  [[nodiscard]] double operator()(double score) const;
};
[[nodiscard]] Sigmoid fit_sigmoid(std::span<const double> scores, std::span<const uint8_t> positive);

/// softmax(scores / temperature) in place, stable.
void softmax(std::span<float> scores, double temperature = 1);

}  // namespace millwright::statistics

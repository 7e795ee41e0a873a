#include "statistics/calibration.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace millwright::statistics {
namespace {

/// Mean negative log likelihood at inverse temperature b, with its first two derivatives in b.
struct Loss {
  double value = 0;
  double first = 0;
  double second = 0;
};

Loss loss_at(double b, std::span<const float> scores, size_t classes, std::span<const int32_t> labels) {
  Loss loss;
  int64_t rows = 0;
  for (size_t r = 0; r < labels.size(); ++r) {
    if (labels[r] < 0 || static_cast<size_t>(labels[r]) >= classes) continue;
    const auto row = scores.subspan(r * classes, classes);
    const double top = *std::max_element(row.begin(), row.end());
    double sum = 0, mean = 0, square = 0;
    for (const float s : row) {
      const double d = static_cast<double>(s) - top;
      const double e = std::exp(b * d);
      sum += e;
      mean += e * d;
      square += e * d * d;
    }
    mean /= sum;
    square /= sum;
    const double own = static_cast<double>(row[static_cast<size_t>(labels[r])]) - top;
    loss.value += std::log(sum) - b * own;
    loss.first += mean - own;
    loss.second += square - mean * mean;
    ++rows;
  }
  const double n = std::max<double>(1, static_cast<double>(rows));
  return {loss.value / n, loss.first / n, loss.second / n};
}

}  // namespace

std::vector<ReliabilityBin> reliability(std::span<const double> confidence, std::span<const uint8_t> correct,
                                        int bins) {
  std::vector<ReliabilityBin> table(static_cast<size_t>(std::max(1, bins)));
  const auto n = static_cast<double>(table.size());
  for (size_t i = 0; i < table.size(); ++i) {
    table[i].low = static_cast<double>(i) / n;
    table[i].high = static_cast<double>(i + 1) / n;
  }
  for (size_t i = 0; i < std::min(confidence.size(), correct.size()); ++i) {
    if (std::isnan(confidence[i])) continue;
    const double place = std::ceil(std::clamp(confidence[i], 0.0, 1.0) * n) - 1;
    auto& bin = table[static_cast<size_t>(std::clamp(place, 0.0, n - 1))];
    ++bin.count;
    bin.confidence += confidence[i];
    bin.accuracy += correct[i] != 0 ? 1 : 0;
  }
  for (auto& bin : table) {
    if (bin.count == 0) continue;
    bin.confidence /= static_cast<double>(bin.count);
    bin.accuracy /= static_cast<double>(bin.count);
  }
  return table;
}

double expected_calibration_error(std::span<const ReliabilityBin> bins) {
  double sum = 0;
  int64_t rows = 0;
  for (const auto& bin : bins) {
    sum += static_cast<double>(bin.count) * std::abs(bin.accuracy - bin.confidence);
    rows += bin.count;
  }
  return rows > 0 ? sum / static_cast<double>(rows) : std::numeric_limits<double>::quiet_NaN();
}

double expected_calibration_error(std::span<const double> confidence, std::span<const uint8_t> correct, int bins) {
  return expected_calibration_error(reliability(confidence, correct, bins));
}

Temperature fit_temperature(std::span<const float> scores, size_t classes, std::span<const int32_t> labels) {
  Temperature fit;
  if (classes < 2 || labels.empty() || scores.size() < labels.size() * classes) return fit;
  // The loss is convex in b = 1/t; its derivative changes sign at most once. Newton in b, kept inside a bracket.
  constexpr double kLeast = 1e-3, kMost = 1e3;
  double low = kLeast, high = kMost, b = 1;
  Loss at = loss_at(b, scores, classes, labels);
  fit.log_loss_before = at.value;
  for (int step = 0; step < 60; ++step) {
    (at.first > 0 ? high : low) = b;
    double next = at.second > 0 ? b - at.first / at.second : std::sqrt(low * high);
    if (!(next > low && next < high)) next = std::sqrt(low * high);
    const bool done = std::abs(next - b) <= 1e-10 * b;
    b = next;
    at = loss_at(b, scores, classes, labels);
    if (done) break;
  }
  fit.temperature = 1 / b;
  fit.log_loss_after = at.value;
  return fit;
}

double Sigmoid::operator()(double score) const {
  const double f = a * score + b;
  return f >= 0 ? std::exp(-f) / (1 + std::exp(-f)) : 1 / (1 + std::exp(f));
}

Sigmoid fit_sigmoid(std::span<const double> scores, std::span<const uint8_t> positive) {
  const size_t n = std::min(scores.size(), positive.size());
  double plus = 0;
  for (size_t i = 0; i < n; ++i) plus += positive[i] != 0 ? 1 : 0;
  const double minus = static_cast<double>(n) - plus;
  const double high = (plus + 1) / (plus + 2), low = 1 / (minus + 2);
  Sigmoid s{0, std::log((minus + 1) / (plus + 1))};
  const auto objective = [&](const Sigmoid& at) {
    double sum = 0;
    for (size_t i = 0; i < n; ++i) {
      const double t = positive[i] != 0 ? high : low;
      const double f = at.a * scores[i] + at.b;
      sum += f >= 0 ? t * f + std::log1p(std::exp(-f)) : (t - 1) * f + std::log1p(std::exp(f));
    }
    return sum;
  };
  double value = objective(s);
  for (int step = 0; step < 100; ++step) {
    double h11 = 1e-12, h22 = 1e-12, h21 = 0, g1 = 0, g2 = 0;
    for (size_t i = 0; i < n; ++i) {
      const double p = s(scores[i]);
      const double weight = p * (1 - p);
      h11 += scores[i] * scores[i] * weight;
      h22 += weight;
      h21 += scores[i] * weight;
      const double d = (positive[i] != 0 ? high : low) - p;
      g1 += scores[i] * d;
      g2 += d;
    }
    if (std::abs(g1) < 1e-9 && std::abs(g2) < 1e-9) break;
    const double determinant = h11 * h22 - h21 * h21;
    const double da = -(h22 * g1 - h21 * g2) / determinant;
    const double db = -(-h21 * g1 + h11 * g2) / determinant;
    const double slope = g1 * da + g2 * db;
    double stride = 1;
    for (; stride >= 1e-10; stride /= 2) {
      const Sigmoid tried{s.a + stride * da, s.b + stride * db};
      const double tried_value = objective(tried);
      if (tried_value < value + 1e-4 * stride * slope) {
        s = tried;
        value = tried_value;
        break;
      }
    }
    if (stride < 1e-10) break;
  }
  return s;
}

void softmax(std::span<float> scores, double temperature) {
  if (scores.empty()) return;
  const double top = *std::max_element(scores.begin(), scores.end());
  double sum = 0;
  for (float& s : scores) {
    const double e = std::exp((static_cast<double>(s) - top) / temperature);
    s = static_cast<float>(e);
    sum += e;
  }
  for (float& s : scores) s = static_cast<float>(static_cast<double>(s) / sum);
}

}  // namespace millwright::statistics

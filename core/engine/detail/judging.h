// What is said of a split's rows held against what is true of them: figures, and the lines of predictions.jsonl. In one
// form whatever model said it; knows no encoder.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "engine/token_tags.h"
#include "engine/training_rows.h"

namespace millwright::engine::detail {

/// A line of predictions begins with these.
[[nodiscard]] Json line_of(const SplitRows& rows, Split split, size_t row);

/// {"p50","p95"} of milliseconds; null where there are none.
[[nodiscard]] Json latency_of(const std::vector<double>& milliseconds);

/// Precision, recall and F1 of counts; 0 where a denominator is 0, as scikit-learn's zero_division=0.
struct Hits {
  int64_t right = 0, predicted = 0, real = 0;
  [[nodiscard]] double precision() const;
  [[nodiscard]] double recall() const;
  [[nodiscard]] double f1() const;
  void count(bool is, bool said);
};

/// Where no rows tell a better one.
inline constexpr double kPlainThreshold = 0.5;

/// Whether a row of a multi-label split has a label.
[[nodiscard]] bool has_label(const SplitRows& rows, size_t row, size_t label);
/// The threshold with the most micro F1, half-way between two probabilities; `real` says of each whether its label is
/// one of its row.
[[nodiscard]] double best_threshold(std::span<const double> probabilities, const std::vector<bool>& real);
/// `probabilities` is rows × labels. {"n","micro_f1","macro_f1","subset_accuracy","hamming_loss","per_class"}.
[[nodiscard]] Json judge_labels(const SplitRows& rows, Split split, const std::vector<std::string>& labels,
                                std::span<const double> probabilities, double threshold, std::string& lines);

struct NumberErrors {
  double mean_absolute = 0, mean_square = 0;
  double r2 = 0;       ///< 1 - Σ(y - ŷ)² / Σ(y - ȳ)²; NaN where all values are the same
  double pearson = 0;  ///< NaN where one side does not vary
};
[[nodiscard]] NumberErrors errors_of(const SplitRows& rows, std::span<const double> answers);
/// {"n","mae","rmse","r2","pearson"}.
[[nodiscard]] Json judge_numbers(const SplitRows& rows, Split split, std::span<const double> answers,
                                 std::string& lines);

/// A span counts where begin, end and label are all right.
void count_spans(Hits& hits, const std::vector<Span>& real, const std::vector<FoundSpan>& found);
/// `found` has a list for each row. {"n","spans","precision","recall","f1","per_class"}.
[[nodiscard]] Json judge_spans(const SplitRows& rows, Split split, const std::vector<std::string>& labels,
                               const std::vector<std::vector<FoundSpan>>& found, std::string& lines);

}  // namespace millwright::engine::detail

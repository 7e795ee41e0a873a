// Figures of models that tell several labels, spans or a number: computed from judged rows, with intervals over
// resampled rows (percentile bootstrap, Efron & Tibshirani 1993).
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "base/hash.h"
#include "models/evaluation.h"

namespace millwright::models {
namespace {

using labels::LabelValue;
using labels::TaskKind;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr int64_t kFewestResamples = 200, kMostResamples = 2000;
constexpr int64_t kWork = 40'000'000;  // rows that are drawn over all resamples

/// What was found of a label, or of all.
struct Hits {
  int64_t right = 0, predicted = 0, real = 0;
  // 0 where a denominator is 0, as scikit-learn's zero_division=0.
  [[nodiscard]] double precision() const { return ratio(right, predicted); }
  [[nodiscard]] double recall() const { return ratio(right, real); }
  [[nodiscard]] double f1() const { return ratio(2 * right, predicted + real); }
  void operator+=(const Hits& other) {
    right += other.right;
    predicted += other.predicted;
    real += other.real;
  }

 private:
  static double ratio(int64_t part, int64_t whole) {
    return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
  }
};

/// One row against its truth.
struct JudgedValue {
  std::vector<std::pair<uint32_t, Hits>> by_label;  ///< of the labels that either side names
  Hits all;
  bool right = false;
  double truth = 0, predicted = 0;  ///< numbers
};

using Names = std::map<std::string, uint32_t>;

JudgedValue compare(const LabelValue& truth, const LabelValue& predicted, const Names& names) {
  JudgedValue out;
  out.truth = truth.number;
  out.predicted = predicted.number;
  std::map<uint32_t, Hits> hits;
  for (const std::string& name : truth.names) {
    ++hits[names.at(name)].real;
    if (std::binary_search(predicted.names.begin(), predicted.names.end(), name)) ++hits[names.at(name)].right;
  }
  for (const std::string& name : predicted.names) ++hits[names.at(name)].predicted;
  for (const labels::LabeledSpan& span : truth.spans) {
    ++hits[names.at(span.label)].real;
    if (std::find(predicted.spans.begin(), predicted.spans.end(), span) != predicted.spans.end())
      ++hits[names.at(span.label)].right;
  }
  for (const labels::LabeledSpan& span : predicted.spans) ++hits[names.at(span.label)].predicted;
  for (const auto& [label, one] : hits) out.all += one;
  out.by_label.assign(hits.begin(), hits.end());
  out.right = out.all.right == out.all.real && out.all.right == out.all.predicted;
  return out;
}

/// In the order of figures_of().
std::vector<double> figures_of_labels(const std::vector<JudgedValue>& rows, std::span<const uint32_t> drawn,
                                      TaskKind kind, size_t labels) {
  Hits all;
  std::vector<Hits> by_label(labels);
  int64_t right = 0, wrong_cells = 0;
  for (const uint32_t i : drawn) {
    const JudgedValue& row = rows[i];
    all += row.all;
    right += row.right ? 1 : 0;
    wrong_cells += row.all.real + row.all.predicted - 2 * row.all.right;
    if (kind == TaskKind::multi_label)
      for (const auto& [label, hits] : row.by_label) by_label[label] += hits;
  }
  const auto n = static_cast<double>(drawn.size());
  const double accuracy = static_cast<double>(right) / n;
  if (kind == TaskKind::spans) return {all.f1(), all.precision(), all.recall(), accuracy};
  double macro = 0, there = 0;
  for (const Hits& hits : by_label) {
    if (hits.real + hits.predicted == 0) continue;
    macro += hits.f1();
    ++there;
  }
  const double cells = n * static_cast<double>(std::max<size_t>(1, labels));
  return {all.f1(), there > 0 ? macro / there : 0, accuracy, static_cast<double>(wrong_cells) / cells};
}

std::vector<double> figures_of_numbers(const std::vector<JudgedValue>& rows, std::span<const uint32_t> drawn) {
  const auto n = static_cast<double>(drawn.size());
  double mean = 0, mean_answer = 0;
  for (const uint32_t i : drawn) {
    mean += rows[i].truth / n;
    mean_answer += rows[i].predicted / n;
  }
  double absolute = 0, square = 0, real = 0, said = 0, together = 0;
  for (const uint32_t i : drawn) {
    const double miss = rows[i].predicted - rows[i].truth;
    const double a = rows[i].truth - mean, b = rows[i].predicted - mean_answer;
    absolute += std::abs(miss);
    square += miss * miss;
    real += a * a;
    said += b * b;
    together += a * b;
  }
  return {real > 0 ? 1 - square / real : kNone, absolute / n, std::sqrt(square / n),
          real > 0 && said > 0 ? together / std::sqrt(real * said) : kNone};
}

std::vector<double> figures_of_rows(const std::vector<JudgedValue>& rows, std::span<const uint32_t> drawn,
                                    TaskKind kind, size_t labels) {
  return kind == TaskKind::number ? figures_of_numbers(rows, drawn) : figures_of_labels(rows, drawn, kind, labels);
}

std::vector<Figure> with_intervals(const std::vector<JudgedValue>& rows, TaskKind kind, size_t labels) {
  std::vector<Figure> out;
  std::vector<uint32_t> drawn(rows.size());
  std::iota(drawn.begin(), drawn.end(), 0U);
  const std::span<const std::string_view> names = figures_of(kind);
  const std::vector<double> plain =
      rows.empty() ? std::vector<double>(names.size(), kNone) : figures_of_rows(rows, drawn, kind, labels);
  const auto n = static_cast<int64_t>(rows.size());
  const int64_t resamples = n == 0 ? 0 : std::clamp(kWork / n, kFewestResamples, kMostResamples);
  std::vector<std::vector<double>> drawn_figures(names.size());
  Random random(0);
  for (int64_t b = 0; b < resamples; ++b) {
    for (uint32_t& i : drawn) i = static_cast<uint32_t>(random.below(rows.size()));
    const std::vector<double> figures = figures_of_rows(rows, drawn, kind, labels);
    for (size_t k = 0; k < names.size(); ++k)
      if (std::isfinite(figures[k])) drawn_figures[k].push_back(figures[k]);
  }
  for (size_t k = 0; k < names.size(); ++k)
    out.push_back(
        {std::string(names[k]),
         {plain[k], statistics::quantile(drawn_figures[k], 0.025), statistics::quantile(drawn_figures[k], 0.975)}});
  return out;
}

}  // namespace

Result<Evaluation> judge_values(TaskKind kind, const std::vector<std::string>& labels,
                                const std::vector<Judged>& rows) {
  std::vector<LabelValue> values;
  Names names;
  for (const std::string& label : labels) {
    MW_ASSIGN(values.emplace_back(), labels::read_label(kind, label));
    for (const std::string& name : labels::names_in(values.back())) names.emplace(name, 0);
  }
  Evaluation out;
  out.kind = kind;
  out.accuracy = out.macro_f1 = {kNone, kNone, kNone};
  out.ece = out.latency_p50_ms = out.latency_p95_ms = kNone;
  for (auto& [name, number] : names) {
    number = static_cast<uint32_t>(out.labels.size());
    out.labels.push_back(name);
  }
  std::vector<JudgedValue> judged;
  std::vector<Hits> by_label(names.size());
  for (const Judged& row : rows) {
    if (row.truth < 0) continue;
    judged.push_back(
        compare(values.at(static_cast<size_t>(row.truth)), values.at(static_cast<size_t>(row.predicted)), names));
    for (const auto& [label, hits] : judged.back().by_label) by_label[label] += hits;
  }
  out.n = static_cast<int64_t>(judged.size());
  out.figures = with_intervals(judged, kind, names.size());
  for (size_t k = 0; k < by_label.size(); ++k)
    out.per_class.push_back(
        {out.labels[k], by_label[k].precision(), by_label[k].recall(), by_label[k].f1(), by_label[k].real});
  return out;
}

}  // namespace millwright::models

#include "detail/judging.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "statistics/classification.h"

namespace millwright::engine::detail {
namespace {

double ratio(int64_t part, int64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

Json figures_of(const std::string& label, const Hits& hits) {
  return {{"label", label},
          {"precision", hits.precision()},
          {"recall", hits.recall()},
          {"f1", hits.f1()},
          {"n", hits.real}};
}

Json to_json(const Span& span, const std::vector<std::string>& labels) {
  return {{"begin", span.begin},
          {"end", span.end},
          {"label", span.label < 0 ? Json() : Json(labels[static_cast<size_t>(span.label)])}};
}

bool is_among(const std::vector<Span>& spans, const Span& one) {
  return std::find(spans.begin(), spans.end(), one) != spans.end();
}

}  // namespace

Json line_of(const SplitRows& rows, Split split, size_t row) {
  return {{"record", rows.record[row]}, {"split", name_of(split)}};
}

Json latency_of(const std::vector<double>& milliseconds) {
  if (milliseconds.empty()) return {{"p50", nullptr}, {"p95", nullptr}};
  return {{"p50", number_or_null(statistics::quantile(milliseconds, 0.5))},
          {"p95", number_or_null(statistics::quantile(milliseconds, 0.95))}};
}

double Hits::precision() const { return ratio(right, predicted); }
double Hits::recall() const { return ratio(right, real); }
double Hits::f1() const { return ratio(2 * right, predicted + real); }
void Hits::count(bool is, bool said) {
  real += is ? 1 : 0;
  predicted += said ? 1 : 0;
  right += is && said ? 1 : 0;
}

bool has_label(const SplitRows& rows, size_t row, size_t label) {
  const std::vector<int32_t>& labels = rows.labels[row];
  return std::find(labels.begin(), labels.end(), static_cast<int32_t>(label)) != labels.end();
}

double best_threshold(std::span<const double> probabilities, const std::vector<bool>& real) {
  std::vector<std::pair<double, bool>> all;
  Hits hits;
  for (size_t i = 0; i < probabilities.size(); ++i) {
    all.emplace_back(probabilities[i], real[i]);
    hits.real += real[i] ? 1 : 0;
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  double best = kPlainThreshold, best_f1 = 0;
  for (size_t i = 0; i < all.size(); ++i) {
    ++hits.predicted;
    hits.right += all[i].second ? 1 : 0;
    const double next = i + 1 < all.size() ? all[i + 1].first : 0;
    if (next == all[i].first || hits.f1() <= best_f1) continue;
    best_f1 = hits.f1();
    best = (all[i].first + next) / 2;
  }
  return best;
}

Json judge_labels(const SplitRows& rows, Split split, const std::vector<std::string>& labels,
                  std::span<const double> probabilities, double threshold, std::string& lines) {
  std::vector<Hits> by_label(labels.size());
  Hits all;
  int64_t exact = 0, wrong = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    Json real = Json::array(), predicted = Json::array(), scores = Json::object();
    int64_t wrong_here = 0;
    for (size_t k = 0; k < labels.size(); ++k) {
      const double p = probabilities[i * labels.size() + k];
      const bool is = has_label(rows, i, k), said = p >= threshold;
      by_label[k].count(is, said);
      all.count(is, said);
      wrong_here += is != said ? 1 : 0;
      if (is) real.push_back(labels[k]);
      if (said) predicted.push_back(labels[k]);
      if (is || said) scores[labels[k]] = p;
    }
    exact += wrong_here == 0 ? 1 : 0;
    wrong += wrong_here;
    Json line = line_of(rows, split, i);
    line["labels"] = std::move(real);
    line["predicted"] = std::move(predicted);
    line["scores"] = std::move(scores);
    lines += to_text(line) + '\n';
  }
  double macro = 0;
  Json per_label = Json::array();
  for (size_t k = 0; k < labels.size(); ++k) {
    macro += by_label[k].f1() / static_cast<double>(labels.size());
    per_label.push_back(figures_of(labels[k], by_label[k]));
  }
  const auto n = static_cast<double>(rows.size());
  return {{"n", rows.size()},
          {"micro_f1", all.f1()},
          {"macro_f1", macro},
          {"subset_accuracy", static_cast<double>(exact) / n},
          {"hamming_loss", static_cast<double>(wrong) / (n * static_cast<double>(labels.size()))},
          {"per_class", per_label}};
}

NumberErrors errors_of(const SplitRows& rows, std::span<const double> answers) {
  const auto n = static_cast<double>(rows.size());
  double mean = 0, mean_answer = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    mean += rows.value[i] / n;
    mean_answer += answers[i] / n;
  }
  NumberErrors out;
  double real = 0, said = 0, together = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const double miss = answers[i] - rows.value[i], a = rows.value[i] - mean, b = answers[i] - mean_answer;
    out.mean_absolute += std::abs(miss) / n;
    out.mean_square += miss * miss / n;
    real += a * a;
    said += b * b;
    together += a * b;
  }
  out.r2 = real > 0 ? 1 - out.mean_square * n / real : std::nan("");
  out.pearson = real > 0 && said > 0 ? together / std::sqrt(real * said) : std::nan("");
  return out;
}

Json judge_numbers(const SplitRows& rows, Split split, std::span<const double> answers, std::string& lines) {
  for (size_t i = 0; i < rows.size(); ++i) {
    Json line = line_of(rows, split, i);
    line["value"] = rows.value[i];
    line["predicted"] = answers[i];
    lines += to_text(line) + '\n';
  }
  const NumberErrors errors = errors_of(rows, answers);
  return {{"n", rows.size()},
          {"mae", errors.mean_absolute},
          {"rmse", std::sqrt(errors.mean_square)},
          {"r2", number_or_null(errors.r2)},
          {"pearson", number_or_null(errors.pearson)}};
}

void count_spans(Hits& hits, const std::vector<Span>& real, const std::vector<FoundSpan>& found) {
  hits.real += static_cast<int64_t>(real.size());
  hits.predicted += static_cast<int64_t>(found.size());
  for (const FoundSpan& one : found) hits.right += is_among(real, one.span) ? 1 : 0;
}

Json judge_spans(const SplitRows& rows, Split split, const std::vector<std::string>& labels,
                 const std::vector<std::vector<FoundSpan>>& found, std::string& lines) {
  Hits all;
  std::map<int32_t, Hits> by_label;
  for (size_t i = 0; i < rows.size(); ++i) {
    count_spans(all, rows.spans[i], found[i]);
    Json real = Json::array(), predicted = Json::array();
    for (const Span& span : rows.spans[i]) {
      ++by_label[span.label].real;
      real.push_back(to_json(span, labels));
    }
    for (const FoundSpan& one : found[i]) {
      Hits& hits = by_label[one.span.label];
      ++hits.predicted;
      hits.right += is_among(rows.spans[i], one.span) ? 1 : 0;
      predicted.push_back(to_json(one.span, labels));
      predicted.back()["confidence"] = one.confidence;
    }
    Json line = line_of(rows, split, i);
    line["spans"] = std::move(real);
    line["predicted"] = std::move(predicted);
    lines += to_text(line) + '\n';
  }
  Json per_label = Json::array();
  for (const auto& [label, hits] : by_label)
    if (label >= 0) per_label.push_back(figures_of(labels[static_cast<size_t>(label)], hits));
  return {{"n", rows.size()},       {"spans", all.real}, {"precision", all.precision()},
          {"recall", all.recall()}, {"f1", all.f1()},    {"per_class", per_label}};
}

}  // namespace millwright::engine::detail

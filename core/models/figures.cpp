// Figures of an evaluation: computed from judged rows, written as JSON and read back.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/clock.h"
#include "models/evaluation.h"

namespace millwright::models {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

Json estimate_json(const statistics::Estimate& estimate) {
  return {{"value", number_or_null(estimate.value)},
          {"low", number_or_null(estimate.low)},
          {"high", number_or_null(estimate.high)}};
}

double number(const Json& object, std::string_view key) {
  if (!object.is_object()) return kNone;
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : kNone;
}
int64_t whole(const Json& object, std::string_view key) {
  if (!object.is_object()) return 0;
  const auto found = object.find(key);
  return found != object.end() && found->is_number_integer() ? found->get<int64_t>() : 0;
}
const Json& part(const Json& object, std::string_view key) {
  static const Json none;
  if (!object.is_object()) return none;
  const auto found = object.find(key);
  return found == object.end() ? none : *found;
}
statistics::Estimate estimate_from(const Json& json) {
  return {number(json, "value"), number(json, "low"), number(json, "high")};
}
std::string text(const Json& object, std::string_view key) {
  const Json& found = part(object, key);
  return found.is_string() ? found.get<std::string>() : std::string();
}

}  // namespace

Evaluation judge(const std::vector<std::string>& labels, const std::vector<Judged>& rows) {
  Evaluation out;
  out.labels = labels;
  out.latency_p50_ms = out.latency_p95_ms = kNone;
  std::vector<int32_t> truth, predicted;
  std::vector<double> confidence;
  std::vector<uint8_t> correct;
  for (const Judged& row : rows) {
    if (row.truth < 0) continue;
    truth.push_back(row.truth);
    predicted.push_back(row.predicted);
    confidence.push_back(row.confidence);
    correct.push_back(row.truth == row.predicted ? 1 : 0);
  }
  const auto matrix = statistics::ConfusionMatrix::of(truth, predicted, labels.size());
  out.n = static_cast<int64_t>(truth.size());
  const statistics::BootstrapScores scores = statistics::bootstrap(matrix);
  out.accuracy = scores.accuracy;
  out.macro_f1 = scores.macro_f1;
  out.reliability = statistics::reliability(confidence, correct);
  out.ece = statistics::expected_calibration_error(out.reliability);
  const std::vector<statistics::ClassScores> classes = statistics::per_class(matrix);
  for (size_t k = 0; k < labels.size(); ++k)
    out.per_class.push_back({labels[k], classes[k].precision, classes[k].recall, classes[k].f1, classes[k].support});
  out.confusion.assign(matrix.counts().begin(), matrix.counts().end());
  return out;
}

std::span<const std::string_view> figures_of(labels::TaskKind kind) {
  static constexpr std::string_view kMulti[] = {"micro_f1", "macro_f1", "accuracy", "hamming_loss"};
  static constexpr std::string_view kSpans[] = {"f1", "precision", "recall", "accuracy"};
  static constexpr std::string_view kNumber[] = {"r2", "mae", "rmse", "pearson"};
  switch (kind) {
    case labels::TaskKind::single_label:
      return {};
    case labels::TaskKind::multi_label:
      return kMulti;
    case labels::TaskKind::spans:
      return kSpans;
    case labels::TaskKind::number:
      return kNumber;
  }
  return {};
}

std::optional<Headline> headline_of(const Json& metrics) {
  for (const char* name : {"micro_f1", "f1", "r2", "accuracy"})
    if (const Json& found = part(metrics, name); found.is_object()) return Headline{name, estimate_from(found)};
  return std::nullopt;
}

std::string_view title_of_figure(std::string_view name) {
  constexpr std::pair<std::string_view, std::string_view> kTitles[] = {{"micro_f1", "micro F1"},
                                                                       {"macro_f1", "macro F1"},
                                                                       {"f1", "F1"},
                                                                       {"r2", "R²"},
                                                                       {"mae", "mean absolute error"},
                                                                       {"rmse", "root mean square error"},
                                                                       {"pearson", "correlation"},
                                                                       {"hamming_loss", "Hamming loss"}};
  for (const auto& [key, title] : kTitles)
    if (key == name) return title;
  return name;
}

namespace {

Json latency_json(const Evaluation& e) {
  return {{"p50", number_or_null(e.latency_p50_ms)}, {"p95", number_or_null(e.latency_p95_ms)}};
}

Json other_kind_json(const Evaluation& e, Json per_class) {
  Json json = {{"on", e.on_what}, {"kind", labels::name_of(e.kind)}, {"n", e.n}};
  for (const Figure& figure : e.figures) json[figure.name] = estimate_json(figure.value);
  if (e.kind != labels::TaskKind::number) json["per_class"] = std::move(per_class);
  json["latency_ms"] = latency_json(e);
  return json;
}

}  // namespace

Json to_json(const Evaluation& e) {
  Json per_class = Json::array();
  for (const LabelFigures& figures : e.per_class)
    per_class.push_back({{"label", figures.label},
                         {"precision", number_or_null(figures.precision)},
                         {"recall", number_or_null(figures.recall)},
                         {"f1", number_or_null(figures.f1)},
                         {"support", figures.support}});
  if (e.kind != labels::TaskKind::single_label) return other_kind_json(e, std::move(per_class));
  Json rows = Json::array();
  const size_t k = e.labels.size();
  for (size_t row = 0; row < k; ++row) {
    const auto begin = e.confusion.begin() + static_cast<ptrdiff_t>(row * k);
    rows.push_back(std::vector<int64_t>(begin, begin + static_cast<ptrdiff_t>(k)));
  }
  Json reliability = Json::array();
  for (const statistics::ReliabilityBin& bin : e.reliability)
    reliability.push_back({{"low", bin.low},
                           {"high", bin.high},
                           {"count", bin.count},
                           {"confidence", bin.confidence},
                           {"accuracy", bin.accuracy}});
  return {{"on", e.on_what},
          {"kind", labels::name_of(e.kind)},
          {"n", e.n},
          {"accuracy", estimate_json(e.accuracy)},
          {"macro_f1", estimate_json(e.macro_f1)},
          {"ece", number_or_null(e.ece)},
          {"per_class", per_class},
          {"confusion", {{"labels", e.labels}, {"counts", rows}}},
          {"reliability", reliability},
          {"latency_ms", latency_json(e)}};
}

Result<Evaluation> evaluation_from_json(const Json& json) {
  Evaluation e;
  e.on_what = text(json, "on");
  e.kind = labels::task_kind_from(text(json, "kind")).value_or(labels::TaskKind::single_label);
  for (const std::string_view name : figures_of(e.kind))
    e.figures.push_back({std::string(name), estimate_from(part(json, name))});
  e.n = whole(json, "n");
  e.accuracy = estimate_from(part(json, "accuracy"));
  e.macro_f1 = estimate_from(part(json, "macro_f1"));
  e.ece = number(json, "ece");
  e.latency_p50_ms = number(part(json, "latency_ms"), "p50");
  e.latency_p95_ms = number(part(json, "latency_ms"), "p95");
  for (const Json& row : part(json, "per_class"))
    e.per_class.push_back({text(row, "label"), number(row, "precision"), number(row, "recall"), number(row, "f1"),
                           whole(row, "support")});
  for (const Json& bin : part(json, "reliability"))
    e.reliability.push_back({number(bin, "low"), number(bin, "high"), whole(bin, "count"), number(bin, "confidence"),
                             number(bin, "accuracy")});
  if (e.kind != labels::TaskKind::single_label) {
    for (const LabelFigures& figures : e.per_class) e.labels.push_back(figures.label);
    return e;
  }
  const Json& confusion = part(json, "confusion");
  for (const Json& label : part(confusion, "labels"))
    if (label.is_string()) e.labels.push_back(label.get<std::string>());
  for (const Json& row : part(confusion, "counts"))
    for (const Json& count : row) e.confusion.push_back(count.is_number_integer() ? count.get<int64_t>() : 0);
  if (e.confusion.size() != e.labels.size() * e.labels.size() || e.per_class.size() != e.labels.size())
    return fail(ErrorKind::store, "evaluation.damaged", "The figures of an evaluation are damaged.");
  return e;
}

}  // namespace millwright::models

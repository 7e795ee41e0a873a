#include "detail/report_json.h"

#include <algorithm>
#include <array>

#include "base/clock.h"

namespace millwright::monitoring {
namespace {

constexpr std::array kKinds = {FieldKind::numeric, FieldKind::categorical, FieldKind::time, FieldKind::text,
                               FieldKind::id};
constexpr std::array kVerdicts = {DriftVerdict::drift, DriftVerdict::none, DriftVerdict::too_few,
                                  DriftVerdict::unjudged};

Json to_json(const statistics::DriftScore& score) {
  return {{"value", number_or_null(score.value)},
          {"p", number_or_null(score.p)},
          {"threshold", number_or_null(score.threshold)}};
}

Json to_json(const FieldReport& field) {
  const auto& d = field.drift;
  Json scores = Json::object();
  for (const auto& score : d.scores) scores[score.name] = to_json(score);
  return {{"name", field.name},
          {"kind", name_of(field.kind)},
          {"n_reference", d.n_reference},
          {"n_current", d.n_current},
          {"missing_reference", field.missing_reference},
          {"missing_current", field.missing_current},
          {"distinct", d.distinct},
          {"verdict", statistics::name_of(d.verdict)},
          {"p", number_or_null(d.p)},
          {"p_adjusted", number_or_null(d.p_adjusted)},
          {"effect", number_or_null(d.effect)},
          {"effect_name", d.effect_name},
          {"smallest_detectable", number_or_null(d.smallest_detectable)},
          {"decided_by", d.decided_by.empty() ? Json(nullptr) : Json(d.decided_by)},
          {"scores", std::move(scores)}};
}

Json explain(DriftRules rules) {
  Json text = {
      {"ks", "Two-sample Kolmogorov-Smirnov: value is D, two-sided; p exact for n*m <= 10,000, else asymptotic."},
      {"wasserstein", "W1 in the field's unit; times in seconds, texts in bytes of length."},
      {"wasserstein_normed", "W1 over the standard deviation of the reference."},
      {"psi",
       "Population stability index, natural logarithm, over ten quantile bins of the reference (categories, and "
       "numbers "
       "with up to 10 distinct values: each a bin); shares below 0.0001 count as 0.0001."},
      {"jensen_shannon", "Jensen-Shannon distance (root of the divergence), base 2, over the same bins; no floor."},
      {"chi_square",
       "Homogeneity of the two windows without continuity correction; rare categories pooled to an expected count of "
       "5."},
      {"unseen", "Share of current rows whose value the reference does not have."},
      {"missing", "Share missing now less share missing before; p of the z-test for two proportions."},
      {"effect", "Numbers: D. Others: Cramer's V as it would be with windows of equal size."},
      {"smallest_detectable",
       "In the unit of the effect, found with probability 0.8 at alpha over the number of judged fields. Numbers: "
       "(K(1-alpha) + z(0.8)/2) * sqrt((n+m)/(n*m)); others: sqrt(lambda*(n+m)/(4*n*m)), lambda the noncentrality of "
       "chi-square."},
      {"too_few",
       "Rows too few to show an effect of 0.5 with probability 0.8 at alpha; decided by the numbers of rows alone."}};
  switch (rules) {
    case DriftRules::calibrated:
      text["rule"] =
          "Numbers with more than 10 distinct values: Kolmogorov-Smirnov. Others with up to 1,000 categories: "
          "chi-square. "
          "Drift where p adjusted by Benjamini-Hochberg over the judged fields is at most alpha.";
      break;
    case DriftRules::evidently:
      text["rule"] =
          "Defaults of Evidently 0.7. Up to 1,000 reference rows: Kolmogorov-Smirnov p <= 0.05 for numbers with more "
          "than 5 "
          "distinct values, else chi-square of current counts against reference shares (chi_square_fit) p < 0.05, "
          "z-test "
          "with 2 values. Above: W1 over sigma >= 0.1, else Jensen-Shannon distance >= 0.1 with the natural logarithm. "
          "The whole drifts when half of the fields do.";
      text["jensen_shannon"] =
          "Where it decides: natural logarithm, each value a bin. Else: base 2, over the bins of psi.";
      break;
    case DriftRules::nannyml:
      text["rule"] =
          "Defaults of NannyML 0.13: Jensen-Shannon distance, base 2, of each tenth of a window in order of arrival to "
          "the "
          "whole reference; threshold is mean + 3 standard deviations of the reference's own tenths; the value is that "
          "of "
          "the farthest tenth.";
      text["jensen_shannon"] =
          "Base 2; numbers in bins by Doane's rule over the reference and one bin for what lies outside; values that "
          "the "
          "reference does not have share one bin.";
      break;
  }
  return text;
}

double number(const Json& json, const char* key) {
  const auto at = json.find(key);
  return at != json.end() && at->is_number() ? at->get<double>() : statistics::kUndefined;
}
int64_t whole(const Json& json, const char* key) {
  const auto at = json.find(key);
  return at != json.end() && at->is_number_integer() ? at->get<int64_t>() : 0;
}
std::string text(const Json& json, const char* key) {
  const auto at = json.find(key);
  return at != json.end() && at->is_string() ? at->get<std::string>() : std::string();
}
template <class Values>
auto named(const Values& values, std::string_view name) {
  const auto at = std::find_if(values.begin(), values.end(), [&](auto v) { return name_of(v) == name; });
  return at == values.end() ? values.back() : *at;
}

FieldReport field_from_json(const Json& json) {
  FieldReport field;
  auto& d = field.drift;
  field.name = text(json, "name");
  field.kind = named(kKinds, text(json, "kind"));
  field.missing_reference = whole(json, "missing_reference");
  field.missing_current = whole(json, "missing_current");
  d.n_reference = whole(json, "n_reference");
  d.n_current = whole(json, "n_current");
  d.distinct = whole(json, "distinct");
  d.verdict = named(kVerdicts, text(json, "verdict"));
  d.p = number(json, "p");
  d.p_adjusted = number(json, "p_adjusted");
  d.effect = number(json, "effect");
  d.effect_name = text(json, "effect_name");
  d.smallest_detectable = number(json, "smallest_detectable");
  d.decided_by = text(json, "decided_by");
  if (const auto scores = json.find("scores"); scores != json.end() && scores->is_object())
    for (const auto& [name, score] : scores->items())
      if (score.is_object())
        d.scores.push_back({name, number(score, "value"), number(score, "p"), number(score, "threshold")});
  return field;
}

}  // namespace

std::string_view name_of(FieldKind kind) {
  switch (kind) {
    case FieldKind::numeric:
      return "numeric";
    case FieldKind::categorical:
      return "categorical";
    case FieldKind::time:
      return "time";
    case FieldKind::text:
      return "text";
    case FieldKind::id:
      return "id";
  }
  return "";
}

std::optional<DriftRules> rules_from(std::string_view name) {
  for (const auto rules : {DriftRules::calibrated, DriftRules::evidently, DriftRules::nannyml})
    if (statistics::name_of(rules) == name) return rules;
  return std::nullopt;
}

const FieldReport* DriftReport::find(std::string_view field) const {
  const auto at = std::find_if(fields.begin(), fields.end(), [&](const auto& f) { return f.name == field; });
  return at == fields.end() ? nullptr : &*at;
}

Json to_json(const DriftReport& report, bool with_explanation) {
  Json fields = Json::array();
  for (const auto& field : report.fields) fields.push_back(to_json(field));
  Json json = {{"drift", report.id.is_null() ? Json(nullptr) : Json(tail(report.id))},
               {"verdict", statistics::name_of(report.verdict.verdict)},
               {"drifted", report.verdict.drifted},
               {"judged", report.verdict.judged},
               {"share", report.verdict.share},
               {"asset", report.asset_name},
               {"reference", report.reference.text},
               {"current", report.current.text},
               {"where", report.where},
               {"where_current", report.where_current},
               {"new", report.new_values_of},
               {"rows_reference", report.rows_reference},
               {"rows_current", report.rows_current},
               {"rules", statistics::name_of(report.rules)},
               {"alpha", report.alpha},
               {"time", iso8601(report.time_ms)},
               {"seconds", report.seconds},
               {"fields", std::move(fields)}};
  if (with_explanation) json["explain"] = explain(report.rules);
  return json;
}

namespace detail {

Json to_json(const records::Window& window) {
  Json json = {{"window", window.text}, {"batches", window.batches}};
  json["from_us"] = window.from_us ? Json(*window.from_us) : Json(nullptr);
  json["to_us"] = window.to_us ? Json(*window.to_us) : Json(nullptr);
  return json;
}

records::Window window_from_json(const Json& json, int64_t asset) {
  records::Window window;
  window.asset = asset;
  if (!json.is_object()) return window;
  window.text = text(json, "window");
  if (const auto batches = json.find("batches"); batches != json.end() && batches->is_array())
    for (const auto& batch : *batches)
      if (batch.is_number_integer()) window.batches.push_back(batch.get<int64_t>());
  const auto time = [&](const char* key) -> std::optional<int64_t> {
    const auto at = json.find(key);
    return at != json.end() && at->is_number_integer() ? std::optional(at->get<int64_t>()) : std::nullopt;
  };
  window.from_us = time("from_us");
  window.to_us = time("to_us");
  return window;
}

std::optional<DriftReport> report_from_json(const Json& json) {
  const auto fields = json.is_object() ? json.find("fields") : json.end();
  if (fields == json.end() || !fields->is_array()) return std::nullopt;
  DriftReport report;
  report.asset_name = text(json, "asset");
  report.where = text(json, "where");
  report.where_current = text(json, "where_current");
  report.new_values_of = text(json, "new");
  report.rows_reference = whole(json, "rows_reference");
  report.rows_current = whole(json, "rows_current");
  report.rules = rules_from(text(json, "rules")).value_or(DriftRules::calibrated);
  report.alpha = number(json, "alpha");
  report.seconds = number(json, "seconds");
  report.verdict.verdict = named(kVerdicts, text(json, "verdict"));
  report.verdict.drifted = whole(json, "drifted");
  report.verdict.judged = whole(json, "judged");
  report.verdict.share = number(json, "share");
  for (const auto& field : *fields)
    if (field.is_object()) report.fields.push_back(field_from_json(field));
  return report;
}

}  // namespace detail
}  // namespace millwright::monitoring

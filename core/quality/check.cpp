#include "quality/check.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace millwright::quality {
namespace {

constexpr std::array<std::string_view, 3> kVerdicts = {"pass", "warn", "fail"};

std::string share_text(double share) {
  char out[32];
  const double percent = share * 100;
  std::snprintf(out, sizeof out, percent != 0 && percent < 0.1 ? "%.2g %%" : "%.1f %%", percent);
  return out;
}

std::string figure(const Check& check, double value) {
  if (check.unit == "share") return share_text(value);
  return std::to_string(static_cast<int64_t>(value));
}

std::string subject_of(const Check& check) {
  if (check.name == "schema") return "fields differ from the batch before";
  if (check.name == "missing_values") return "of the rows lack a required field";
  if (check.name == "duplicates") return "of the records repeat another's content";
  if (check.name == "conflicting_labels") return "of the labeled rows carry different labels on the same input";
  if (check.name == "label_completeness") return "of the rows have no label that the schema knows";
  if (check.name == "class_balance") return "classes have too few training rows";
  if (check.name == "leakage_exact") return "of the test rows have an input that is in the training split too";
  if (check.name == "leakage_group") return "groups lie in more than one split";
  if (check.name == "batches") return "batches do not pass their own gate";
  return check.name;
}

}  // namespace

std::string_view to_string(Verdict verdict) { return kVerdicts[static_cast<size_t>(verdict)]; }

std::optional<Verdict> verdict_from(std::string_view text) {
  for (size_t i = 0; i < kVerdicts.size(); ++i)
    if (kVerdicts[i] == text) return static_cast<Verdict>(i);
  return std::nullopt;
}

Verdict judge(const Check& check) {
  // Comparisons with NaN are false: a limit that is not set is never reached.
  if (check.value > check.fail_above || (check.fail_includes_limit && check.value == check.fail_above))
    return Verdict::fail;
  return check.value > check.warn_above ? Verdict::warn : Verdict::pass;
}

double deciding_limit(const Check& check) {
  if (check.verdict == Verdict::fail) return check.fail_above;
  return std::isnan(check.warn_above) ? check.fail_above : check.warn_above;
}

Verdict worst(const std::vector<Check>& checks) {
  Verdict found = Verdict::pass;
  for (const Check& check : checks) found = std::max(found, check.verdict);
  return found;
}

std::string describe(const Check& check) {
  std::string text = figure(check, check.value) + " " + subject_of(check);
  const char* joint = check.fail_includes_limit ? "fails from " : "fails above ";
  if (!std::isnan(check.fail_above))
    text += " (" + std::string(joint) + figure(check, check.fail_above) + ")";
  else if (!std::isnan(check.warn_above))
    text += " (warns above " + figure(check, check.warn_above) + ")";
  return text;
}

Json to_json(const Check& check) {
  Json sample = Json::array();
  for (const RecordRef& record : check.sample) sample.push_back(Json::array({record.batch, record.ordinal}));
  return Json{{"name", check.name},
              {"verdict", to_string(check.verdict)},
              {"value", number_or_null(check.value)},
              {"threshold", number_or_null(deciding_limit(check))},
              {"rows", check.rows},
              {"unit", check.unit},
              {"warn_above", number_or_null(check.warn_above)},
              {"fail_above", number_or_null(check.fail_above)},
              {"fail_includes_limit", check.fail_includes_limit},
              {"detail", check.detail},
              {"sample", sample}};
}

namespace {

double number_of(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_number()) return std::numeric_limits<double>::quiet_NaN();
  return found->get<double>();
}

std::string text_of(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

Result<Check> check_from_json(const Json& json) {
  const auto damaged = [] {
    return fail(ErrorKind::store, "store.damaged", "A gate report of this project cannot be read.");
  };
  if (!json.is_object()) return damaged();
  Check check;
  check.name = text_of(json, "name");
  const auto verdict = verdict_from(text_of(json, "verdict"));
  if (!verdict || check.name.empty()) return damaged();
  check.verdict = *verdict;
  check.value = number_of(json, "value");
  check.unit = text_of(json, "unit");
  check.warn_above = number_of(json, "warn_above");
  check.fail_above = number_of(json, "fail_above");
  if (const auto found = json.find("fail_includes_limit"); found != json.end() && found->is_boolean())
    check.fail_includes_limit = found->get<bool>();
  if (const auto found = json.find("rows"); found != json.end() && found->is_number_integer())
    check.rows = found->get<int64_t>();
  if (const auto found = json.find("detail"); found != json.end() && found->is_object()) check.detail = *found;
  if (const auto found = json.find("sample"); found != json.end() && found->is_array()) {
    for (const Json& entry : *found) {
      if (!entry.is_array() || entry.size() != 2 || !entry[0].is_number_integer() || !entry[1].is_number_integer())
        return damaged();
      if (check.sample.size() < kSampleRows) check.sample.push_back({entry[0].get<int64_t>(), entry[1].get<int64_t>()});
    }
  }
  return check;
}

}  // namespace millwright::quality

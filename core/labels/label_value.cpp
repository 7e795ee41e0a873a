#include "labels/label_value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace millwright::labels {
namespace {

constexpr std::array<std::string_view, 4> kNames = {"single_label", "multi_label", "spans", "number"};
constexpr std::string_view kBlank = " \t\r\n";

tl::unexpected<Error> bad_value(std::string_view text, std::string reason) {
  constexpr size_t kShown = 200;
  return fail(ErrorKind::usage, "labels.bad_value", "“{label}” is no label of this task: {reason}.",
              {{"label", std::string(text.substr(0, kShown))}, {"reason", std::move(reason)}});
}

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(kBlank);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

Result<std::vector<std::string>> names_of_list(std::string_view text) {
  std::vector<std::string> names;
  if (!text.starts_with('[')) {
    for (size_t begin = 0; begin <= text.size();) {
      const size_t end = std::min(text.find(',', begin), text.size());
      const std::string_view name = trimmed(text.substr(begin, end - begin));
      if (!name.empty()) names.emplace_back(name);
      begin = end + 1;
    }
    return names;
  }
  const auto json = parse_json(text, "a label");
  if (!json || !json->is_array()) return bad_value(text, "it is no JSON list");
  for (const Json& name : *json) {
    if (!name.is_string() || trimmed(name.get_ref<const std::string&>()).empty())
      return bad_value(text, "its entries are names of labels");
    names.push_back(name.get<std::string>());
  }
  return names;
}

Result<LabelValue> read_names(std::string_view text) {
  LabelValue value{TaskKind::multi_label, {}, {}, 0};
  MW_ASSIGN(value.names, names_of_list(text));
  std::sort(value.names.begin(), value.names.end());
  value.names.erase(std::unique(value.names.begin(), value.names.end()), value.names.end());
  return value;
}

std::optional<LabeledSpan> span_from(const Json& json) {
  if (!json.is_object()) return std::nullopt;
  const Json begin = json.value(json.contains("begin") ? "begin" : "start", Json());
  const Json end = json.value("end", Json());
  const Json label = json.value("label", Json());
  if (!begin.is_number_integer() || !end.is_number_integer() || !label.is_string()) return std::nullopt;
  return LabeledSpan{begin.get<int64_t>(), end.get<int64_t>(), label.get<std::string>()};
}

Result<LabelValue> read_spans(std::string_view text) {
  LabelValue value{TaskKind::spans, {}, {}, 0};
  const auto json = parse_json(text, "a label");
  if (!json || !json->is_array()) return bad_value(text, "it is no JSON list");
  for (const Json& entry : *json) {
    auto span = span_from(entry);
    if (!span) return bad_value(text, "its entries are objects with begin, end and label");
    if (span->begin < 0 || span->end <= span->begin) return bad_value(text, "a span ends before it begins");
    if (trimmed(span->label).empty()) return bad_value(text, "a span needs a label");
    value.spans.push_back(std::move(*span));
  }
  std::sort(value.spans.begin(), value.spans.end(),
            [](const LabeledSpan& a, const LabeledSpan& b) { return a.begin < b.begin; });
  for (size_t i = 1; i < value.spans.size(); ++i)
    if (value.spans[i].begin < value.spans[i - 1].end) return bad_value(text, "spans overlap");
  return value;
}

Result<LabelValue> read_number(std::string_view text) {
  LabelValue value{TaskKind::number, {}, {}, 0};
  if (text.starts_with('+')) text.remove_prefix(1);
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value.number);
  if (read.ec != std::errc() || read.ptr != end || !std::isfinite(value.number))
    return bad_value(text, "it is no decimal number");
  if (value.number == 0) value.number = 0;  // there is one zero
  return value;
}

}  // namespace

std::string_view name_of(TaskKind kind) { return kNames[static_cast<size_t>(kind)]; }

std::optional<TaskKind> task_kind_from(std::string_view name) {
  for (const TaskKind kind : kTaskKinds)
    if (name_of(kind) == name) return kind;
  return std::nullopt;
}

Result<LabelValue> read_label(TaskKind kind, std::string_view text) {
  if (trimmed(text).empty()) return fail(ErrorKind::usage, "labels.no_label", "Say which label.");
  switch (kind) {
    case TaskKind::single_label:
      return LabelValue{kind, {std::string(text)}, {}, 0};
    case TaskKind::multi_label:
      return read_names(trimmed(text));
    case TaskKind::spans:
      return read_spans(trimmed(text));
    case TaskKind::number:
      return read_number(trimmed(text));
  }
  return bad_value(text, "its task is of an unknown kind");
}

Json to_json(const LabelValue& value) {
  switch (value.kind) {
    case TaskKind::single_label:
      return value.names.empty() ? Json() : Json(value.names.front());
    case TaskKind::multi_label:
      return value.names;
    case TaskKind::spans: {
      Json spans = Json::array();
      for (const LabeledSpan& span : value.spans)
        spans.push_back({{"begin", span.begin}, {"end", span.end}, {"label", span.label}});
      return spans;
    }
    case TaskKind::number:
      return value.number;
  }
  return {};
}

std::string text_of(const LabelValue& value) {
  if (value.kind == TaskKind::single_label) return value.names.empty() ? std::string() : value.names.front();
  if (value.kind != TaskKind::number) return to_text(to_json(value));
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value.number);
  return {buffer, end.ptr};
}

std::string describe(const LabelValue& value) {
  if (value.kind == TaskKind::number) return text_of(value);
  std::string out;
  for (const std::string& name : value.names) out += (out.empty() ? "" : ", ") + name;
  for (const LabeledSpan& span : value.spans)
    out +=
        (out.empty() ? "" : ", ") + span.label + " at " + std::to_string(span.begin) + "–" + std::to_string(span.end);
  return out.empty() ? "none" : out;
}

std::vector<std::string> names_in(const LabelValue& value) {
  std::vector<std::string> names = value.names;
  for (const LabeledSpan& span : value.spans) names.push_back(span.label);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

bool fits(const LabelValue& value, int64_t code_points) {
  return value.spans.empty() || value.spans.back().end <= code_points;
}

}  // namespace millwright::labels

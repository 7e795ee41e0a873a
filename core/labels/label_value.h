// What a task asks of a record, and what a label then says. A label is kept as one text whatever the kind, so that
// acts, files, conflicts and snapshots need not know kinds: equal labels are equal texts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace millwright::labels {

enum class TaskKind : uint8_t {
  single_label,  ///< one label a record
  multi_label,   ///< any number of labels, perhaps none
  spans,         ///< labeled stretches of the text, perhaps none
  number         ///< a number; its label schema has no labels
};
inline constexpr TaskKind kTaskKinds[] = {TaskKind::single_label, TaskKind::multi_label, TaskKind::spans,
                                          TaskKind::number};
[[nodiscard]] std::string_view name_of(TaskKind kind);  ///< "single_label", "multi_label", "spans", "number"
[[nodiscard]] std::optional<TaskKind> task_kind_from(std::string_view name);

/// The code points [begin, end) of the task's text field.
struct LabeledSpan {
  int64_t begin = 0, end = 0;
  std::string label;
  bool operator==(const LabeledSpan&) const = default;
};

/// A label as it is understood. Which members are filled depends on the kind.
struct LabelValue {
  TaskKind kind = TaskKind::single_label;
  std::vector<std::string> names;  ///< single_label: the one; multi_label: sorted by bytes, each once
  std::vector<LabeledSpan> spans;  ///< in order, not overlapping
  double number = 0;
};

/// Reads a label as somebody writes it.
///   single_label  the label's name
///   multi_label   a JSON list of names, or names with commas between them; white space around them does not count
///   spans         a JSON list of {"begin","end","label"}, or "start" for "begin"; in any order, not overlapping
///   number        a decimal number
/// Error: usage "labels.bad_value" with what is wrong.
[[nodiscard]] Result<LabelValue> read_label(TaskKind kind, std::string_view text);
/// The one text that stands for it: ["a","b"], [{"begin":0,"end":5,"label":"a"}], 1.5. read_label() of it gives the
/// same.
[[nodiscard]] std::string text_of(const LabelValue& value);
/// The same as JSON: a string, a list, a number.
[[nodiscard]] Json to_json(const LabelValue& value);
/// The same for people: "a, b", "a at 0–5", "1.5"; "none" where there are none.
[[nodiscard]] std::string describe(const LabelValue& value);

/// The labels of the schema that it names, each once; none of a number.
[[nodiscard]] std::vector<std::string> names_in(const LabelValue& value);
/// Whether all spans lie in a text of so many code points.
[[nodiscard]] bool fits(const LabelValue& value, int64_t code_points);

}  // namespace millwright::labels

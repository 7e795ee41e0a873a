// The label schema of a task: names, keys and definitions, in versions. Labels given under an older version stay valid.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "labels/task.h"
#include "store/project.h"

namespace millwright::labels {

struct Label {
  std::string name;
  std::optional<std::string> key;  ///< one character; none where there are more labels than keys
  std::string definition;
  bool operator==(const Label&) const = default;
};

struct LabelSchema {
  int version = 0;
  std::vector<Label> labels;
  std::string by;
  int64_t time_ms = 0;
  [[nodiscard]] bool knows(std::string_view label) const;
  /// All that a label names is there.
  [[nodiscard]] bool knows(const LabelValue& label) const;
};

/// Keys that the labeling page uses for itself and that no label gets: s skip, u unsure, f flag, z undo, m my labels,
/// g guide, x similar items, h help.
inline constexpr std::string_view kCommandKeys = "sufzmgxh";
/// Gives each label without a key the next free one: 1 to 9, then the letters that are not command keys. Labels beyond
/// that have none: type-ahead finds them.
void assign_keys(std::vector<Label>& labels);

/// The newest version; version 0 without labels when there is none.
[[nodiscard]] Result<LabelSchema> current_schema(const store::Project& project, int64_t task);
/// Oldest first.
[[nodiscard]] Result<std::vector<LabelSchema>> schema_history(const store::Project& project, int64_t task);
/// Writes the next version when something differs. Errors: usage "task.number_labels", "schema.no_label",
/// "schema.duplicate_label", "schema.duplicate_key", "schema.command_key".
[[nodiscard]] Result<LabelSchema> set_schema(store::Project& project, int64_t task, std::vector<Label> labels);

}  // namespace millwright::labels

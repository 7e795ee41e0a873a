// labels/ is where expertise becomes data: tasks with their label schema and edge-case guide, what each person said
// about each record, queues of what is to be labeled next. Acts are appended, never changed: undo is an act too, and
// what is current is derived (current.h). A page and the command line use the same use case (labeling.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "labels/label_value.h"
#include "store/project.h"

namespace millwright::labels {

/// A labeling task on an asset's records: which fields are the input, what the labels are.
struct Task {
  int64_t id = 0;
  Uuid uuid;
  std::string name;
  int64_t asset = 0;
  TaskKind kind = TaskKind::single_label;
  std::string text_field;                  ///< shown large
  std::vector<std::string> fields;         ///< the input: what conflicts and leakage compare; text_field is the first
  std::optional<std::string> label_field;  ///< known after labels were taken from a field
  int64_t created_ms = 0;
  int schema_version = 0;  ///< 0: no labels yet; a task that asks for a number has one from the first day
  int guide_version = 0;   ///< 0: nothing in the guide yet
};

struct NewTask {
  std::string name;
  int64_t asset = 0;                ///< row of the asset
  std::vector<std::string> fields;  ///< at least one; the first is shown large
  std::vector<std::string> labels;  ///< may be empty: later, from the data
  TaskKind kind = TaskKind::single_label;
};

/// Errors: usage "task.exists", "task.no_field", "task.number_labels" (a number has no labels), bad_input
/// "task.no_such_field".
[[nodiscard]] Result<Task> create_task(store::Project& project, const NewTask& task);
[[nodiscard]] Result<std::vector<Task>> list_tasks(const store::Project& project);
/// By name, or by the tail of its id. An empty text means the only task there is (usage error "task.which" when there
/// are several). Error: bad_input "task.unknown".
[[nodiscard]] Result<Task> find_task(const store::Project& project, std::string_view name_or_id);
[[nodiscard]] Result<Task> read_task(const store::Project& project, int64_t task);

}  // namespace millwright::labels

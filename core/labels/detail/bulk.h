// Labels in bulk become one facts file, published with one audit entry.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "labels/from_field.h"
#include "labels/schema.h"
#include "labels/task.h"

namespace millwright::labels::detail {

struct BulkRows {
  std::vector<RecordRef> records;
  std::vector<int32_t> labels;  ///< into `names`
  std::vector<std::string> names;
};

struct BulkFile {
  std::string source;  ///< "field:section", or a file's name
  std::optional<int64_t> batch;
  std::string by;
  bool confirmed = true;
  std::optional<std::vector<Label>> make_schema;  ///< the task's first labels, made in the same transaction
  std::optional<std::string> label_field;         ///< becomes the task's, where it has none
};

/// Writes and publishes; records must be sorted. Returns the schema version that the labels carry.
[[nodiscard]] Result<int> publish_bulk(store::Project& project, const Task& task, const BulkFile& about,
                                       const BulkRows& rows);

}  // namespace millwright::labels::detail

// Labels that a field of the data holds already: taken over in bulk, as somebody's labels.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/work.h"
#include "labels/schema.h"
#include "labels/task.h"
#include "records/columns.h"
#include "store/project.h"

namespace millwright::labels {

struct Rejected {
  std::string record;  ///< as it was given, or TAIL-ORDINAL
  std::string label;
  std::string reason;  ///< a code: "unknown_label", "bad_label", "outside_text", "unknown_record", "no_record",
                       ///< "no_label", "unknown_status", …
};

struct BulkLabels {
  int64_t rows_read = 0;
  int64_t kept = 0;
  int64_t duplicate = 0;  ///< said before by the same person
  int64_t missing = 0;    ///< records without a value in the field
  int64_t rejected = 0;
  std::vector<Rejected> sample;  ///< of the rejected, at most 100
  int schema_version = 0;
  bool schema_made = false;  ///< the task had no labels: they were taken from the data
};

/// A field's values as labels of a task.
struct FieldLabels {
  std::vector<std::string> names;                  ///< labels in their one form, or as they stand where they are none
  std::vector<std::optional<LabelValue>> meaning;  ///< of each name; nullopt: it is no label of this kind
  std::vector<int32_t> codes;                      ///< into `names`, for each row of the scan; −1: missing
  /// By name: a label that the schema knows.
  [[nodiscard]] std::vector<bool> known(const LabelSchema& schema) const;
};
/// Error: bad_input "labels.no_such_field".
[[nodiscard]] Result<FieldLabels> labels_in_field(const records::ColumnScan& scan, TaskKind kind,
                                                  const std::string& field);

struct FromField {
  int64_t task = 0;
  std::string field;
  std::string by;                    ///< whose labels these are; must be given
  std::span<const int64_t> batches;  ///< empty: every batch of the task's asset
};

/// Each batch's labels become one facts file, published with one audit entry. A repeat changes nothing.
/// Errors: usage "labels.by_needed", bad_input "labels.no_such_field".
[[nodiscard]] Result<BulkLabels> label_from_field(store::Project& project, const FromField& request,
                                                  const Work& work = {});

}  // namespace millwright::labels

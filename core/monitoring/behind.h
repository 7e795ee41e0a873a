// From a shift to the records behind it: for a table that shows them, and for a labeling queue.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "monitoring/drift.h"
#include "records/asset.h"
#include "records/where.h"
#include "store/project.h"

namespace millwright::monitoring {

/// Part of a field of a drift report: brushed bars, or a range as it was typed.
struct FieldPart {
  std::string field;
  records::Where where;  ///< of this field alone; the report's own choice of rows holds too
};
/// `range` as typed: "a..b" (numbers, or ISO 8601 for times; a ≤ value ≤ b; either side may be left out), "missing", or
/// categories separated by commas. Errors: usage drift.range; bad_input drift.unknown_field.
[[nodiscard]] Result<FieldPart> part_of(const store::Project& project, const DriftReport& report,
                                        std::string_view field, std::string_view range);

/// The compared records of the current window behind a part, in order of arrival, each once; of these batches only,
/// where any are given.
[[nodiscard]] Result<std::vector<RecordRef>> records_behind(const store::Project& project, const DriftReport& report,
                                                            const FieldPart& part,
                                                            std::span<const int64_t> batches = {});

/// The same with what a model said of them: the newest kept predictions of each batch.
struct Behind {
  std::vector<records::SchemaField> fields;  ///< of the current window
  // Of equal length:
  std::vector<RecordRef> records;  ///< least certain first; those without a prediction last, in order of arrival
  std::vector<int32_t> label;      ///< into labels; −1: not predicted
  std::vector<double> confidence;  ///< NaN: not predicted
  std::vector<std::string> labels;
  bool predicted = false;  ///< there are predictions in the window at all
};
[[nodiscard]] Result<Behind> look_behind(const store::Project& project, const DriftReport& report,
                                         const FieldPart& part);

}  // namespace millwright::monitoring

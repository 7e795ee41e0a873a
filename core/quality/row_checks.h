// Checks over rows: pure functions of what they are given, and those of a batch that need nothing but its data.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/hash.h"
#include "base/ids.h"
#include "base/result.h"
#include "quality/check.h"
#include "quality/thresholds.h"
#include "records/batch.h"
#include "records/columns.h"
#include "store/project.h"

namespace millwright::quality {

/// "schema": against the batch of the asset before it. A breaking change fails, a new field warns; `value` counts the
/// fields that came, went or changed their type.
[[nodiscard]] Result<Check> check_schema(const store::Project& project, const records::BatchInfo& batch);
/// "missing_values": the share of rows without a value in the worst of the required fields.
[[nodiscard]] Result<Check> check_missing(const records::ColumnScan& scan, const std::vector<std::string>& required,
                                          const Thresholds& thresholds);
/// "duplicates": records of the window whose content an earlier one has. It is reported, not judged.
[[nodiscard]] Result<Check> check_duplicates(const store::Project& project, const records::Window& window);

/// Where the n-th row's record is found; called for samples only.
using RecordOf = std::function<RecordRef(size_t row)>;

/// "label_completeness": rows whose label is missing (−1) or not in the schema (`known` by code), over all rows.
[[nodiscard]] Check check_completeness(std::span<const int32_t> labels, const std::vector<bool>& known,
                                       const RecordOf& record, const Thresholds& thresholds);
/// "conflicting_labels": labeled rows whose input carries another label elsewhere, over all labeled rows. Rows with
/// Hash128{} or label −1 are left out.
[[nodiscard]] Check check_conflicts(std::span<const Hash128> inputs, std::span<const int32_t> labels,
                                    const RecordOf& record, const Thresholds& thresholds);
/// Several checks of one name, e.g. of several tasks: the worst verdict and value, rows added up, details by key.
[[nodiscard]] Check merge_checks(std::vector<std::pair<std::string, Check>> parts);

}  // namespace millwright::quality

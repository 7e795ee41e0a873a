// A report as it is stored and shown.
#pragma once

#include "base/json.h"
#include "monitoring/drift.h"

namespace millwright::monitoring::detail {

[[nodiscard]] Json to_json(const records::Window& window);
[[nodiscard]] records::Window window_from_json(const Json& json, int64_t asset);
/// Nothing where the document is not a report.
[[nodiscard]] std::optional<DriftReport> report_from_json(const Json& json);

}  // namespace millwright::monitoring::detail

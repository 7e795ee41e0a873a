// The two windows of a comparison, and which of their rows are compared.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "monitoring/drift.h"
#include "records/columns.h"

namespace millwright::monitoring::detail {

/// A window's columns, and the rows of it that are looked at.
struct Side {
  records::ColumnScan scan;
  std::optional<std::vector<int64_t>> chosen;  ///< ascending places; nullopt: all
  [[nodiscard]] int64_t rows() const { return chosen ? static_cast<int64_t>(chosen->size()) : scan.rows(); }
};
/// By the windows and the choices of rows that a report names; nothing else of it is read.
[[nodiscard]] Result<Side> open_reference(const store::Project& project, const DriftReport& report);
[[nodiscard]] Result<Side> open_current(const store::Project& project, const DriftReport& report);

}  // namespace millwright::monitoring::detail

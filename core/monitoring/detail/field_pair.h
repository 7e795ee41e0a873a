// One field in both windows, brought to a common kind.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "monitoring/drift.h"
#include "records/asset.h"
#include "records/columns.h"

namespace millwright::monitoring::detail {

/// A window's columns, and the rows of it that are looked at.
struct Side {
  records::ColumnScan scan;
  std::optional<std::vector<int64_t>> chosen;  ///< nullopt: all
  [[nodiscard]] int64_t rows() const { return chosen ? static_cast<int64_t>(chosen->size()) : scan.rows(); }
};
[[nodiscard]] Result<Side> open_side(const store::Project& project, const records::Window& window,
                                     std::string_view where);

[[nodiscard]] FieldKind kind_of(const records::Roles& roles, std::string_view field,
                                const records::SchemaField* reference, const records::SchemaField* current);

/// Values of one window that are there, in order of arrival.
struct Values {
  std::vector<double> numbers;  ///< numeric; time in µs; text and id of text: lengths in bytes
  std::vector<int32_t> codes;   ///< categorical: places in FieldPair::categories
  int64_t missing = 0;          ///< and not finite
};
struct FieldPair {
  FieldKind kind = FieldKind::numeric;
  bool whole_numbers = false;
  std::vector<std::string> categories;
  Values reference, current;
};
[[nodiscard]] Result<FieldPair> load_pair(const Side& reference, const Side& current, const records::Roles& roles,
                                          std::string_view field);

}  // namespace millwright::monitoring::detail

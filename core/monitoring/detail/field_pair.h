// One field in both windows, brought to a common kind.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "detail/sides.h"
#include "monitoring/drift.h"
#include "records/asset.h"

namespace millwright::monitoring::detail {

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

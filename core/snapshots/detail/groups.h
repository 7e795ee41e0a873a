// Rows that belong together, put together: what a split or a fold takes or leaves as one.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "snapshots/split.h"

namespace millwright::snapshots::detail {

struct Group {
  Hash128 hash;
  int64_t rows = 0;
  int32_t stratum = 0;         ///< of most of its rows; the smallest number where two are level
  std::optional<Split> given;  ///< of most of its given rows
};
/// Each group once, sorted by hash.
[[nodiscard]] std::vector<Group> groups_of(std::span<const RowToSplit> rows);

}  // namespace millwright::snapshots::detail

// Split once. At a task's first snapshot the groups of each stratum are cut in the order of their keyed hash, key = the
// seed, so that the shares of rows are exact to one group; a group that comes later goes by its hash against the
// shares; nothing ever moves to another split. Splits given by the source are kept.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/result.h"
#include "store/project.h"

namespace millwright::snapshots {

enum class Split : uint8_t { train = 0, validation = 1, test = 2 };
inline constexpr std::array<Split, 3> kSplits = {Split::train, Split::validation, Split::test};
[[nodiscard]] std::string_view to_string(Split split);
[[nodiscard]] std::optional<Split> split_from(std::string_view text);

/// "80/10/10": parts of train, validation and test.
struct Shares {
  int64_t train = 80;
  int64_t validation = 10;
  int64_t test = 10;
  bool operator==(const Shares&) const = default;
  [[nodiscard]] int64_t total() const { return train + validation + test; }
};
/// Error: usage "split.shares" (three whole numbers, not negative, train not 0).
[[nodiscard]] Result<Shares> shares_from(std::string_view text);
[[nodiscard]] std::string shares_text(const Shares& shares);

/// The key of a group's hash: the seed and the word "split".
[[nodiscard]] SipKey split_key(int64_t seed);
/// Where a hash falls by the shares alone.
[[nodiscard]] Split split_by_hash(const Hash128& hash, const Shares& shares);

/// A row as the cut sees it.
struct RowToSplit {
  Hash128 group;               ///< keyed hash of the group's value, or of the input where no group is set
  int32_t stratum = 0;         ///< its label
  std::optional<Split> given;  ///< by its batch's source
};
struct GroupSplit {
  Hash128 group;
  Split split = Split::train;
  auto operator<=>(const GroupSplit&) const = default;
};
/// The first cut: each group once, sorted by hash. A group belongs to the stratum of most of its rows (the smallest
/// number where two are level). A group with given rows goes where most of these are; it takes no part in the cut.
[[nodiscard]] std::vector<GroupSplit> cut_groups(std::span<const RowToSplit> rows, const Shares& shares);

/// What a task's first snapshot fixed.
struct SplitPlan {
  int64_t seed = 0;
  Shares shares;
  std::optional<std::string> group_field;
  std::vector<GroupSplit> groups;  ///< sorted by hash
  /// The split of a row: given, else the group's from the first cut, else by its hash.
  [[nodiscard]] Split split_of(const RowToSplit& row) const;
};
[[nodiscard]] Result<std::optional<SplitPlan>> read_split_plan(const store::Project& project, int64_t task);

}  // namespace millwright::snapshots

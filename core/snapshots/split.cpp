#include "snapshots/split.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "detail/groups.h"
#include "store/facts_file.h"

namespace millwright::snapshots {
namespace {

constexpr std::array<std::string_view, 3> kNames = {"train", "validation", "test"};

}  // namespace

std::string_view to_string(Split split) { return kNames[static_cast<size_t>(split)]; }

std::optional<Split> split_from(std::string_view text) {
  for (const Split split : kSplits)
    if (to_string(split) == text) return split;
  return std::nullopt;
}

Result<Shares> shares_from(std::string_view text) {
  std::array<int64_t, 3> parts{};
  const char* at = text.data();
  const char* const end = at + text.size();
  bool good = true;
  for (size_t i = 0; i < parts.size() && good; ++i) {
    const auto [next, error] = std::from_chars(at, end, parts[i]);
    good = error == std::errc() && parts[i] >= 0 && parts[i] <= 1'000'000 &&
           (i + 1 < parts.size() ? next != end && *next == '/' : next == end);
    at = good && next != end ? next + 1 : next;
  }
  if (!good || parts[0] == 0)
    return fail(ErrorKind::usage, "split.shares", "\"{text}\" is no split.", {{"text", std::string(text)}},
                "Give the parts of train, validation and test as whole numbers: 80/10/10.");
  return Shares{parts[0], parts[1], parts[2]};
}

std::string shares_text(const Shares& shares) {
  return std::to_string(shares.train) + "/" + std::to_string(shares.validation) + "/" + std::to_string(shares.test);
}

SipKey split_key(int64_t seed) {
  return {static_cast<uint64_t>(seed), 0x73706C6974000000ULL};  // the bytes of "split"
}

Split split_by_hash(const Hash128& hash, const Shares& shares) {
  // The upper half of the hash as a fraction of 2^64, times the parts.
  __extension__ using Wide = unsigned __int128;
  const auto part = static_cast<int64_t>(static_cast<Wide>(hash.high) * static_cast<uint64_t>(shares.total()) >> 64);
  if (part < shares.train) return Split::train;
  return part < shares.train + shares.validation ? Split::validation : Split::test;
}

std::vector<GroupSplit> cut_groups(std::span<const RowToSplit> rows, const Shares& shares) {
  const std::vector<detail::Group> groups = detail::groups_of(rows);  // sorted by hash
  std::map<int32_t, int64_t> totals;
  for (const detail::Group& group : groups)
    if (!group.given) totals[group.stratum] += group.rows;
  std::map<int32_t, int64_t> behind;
  std::vector<GroupSplit> cut;
  cut.reserve(groups.size());
  for (const detail::Group& group : groups) {
    if (group.given) {
      cut.push_back({group.hash, *group.given});
      continue;
    }
    // A group goes where its middle lies, so that each boundary is missed by half a group at most. Doubled to stay
    // whole.
    const int64_t total = totals[group.stratum];
    int64_t& before = behind[group.stratum];
    const int64_t middle = (2 * before + group.rows) * shares.total();
    before += group.rows;
    Split split = Split::test;
    if (middle < 2 * total * shares.train)
      split = Split::train;
    else if (middle < 2 * total * (shares.train + shares.validation))
      split = Split::validation;
    cut.push_back({group.hash, split});
  }
  return cut;
}

namespace {

/// std::lower_bound() over sorted hashes. They are spread evenly: a hash itself tells about where to look, and the few
/// steps from there stay in the cache.
auto lower_bound_by_value(const std::vector<GroupSplit>& groups, const Hash128& hash) {
  const auto before = [](const GroupSplit& entry, const Hash128& wanted) { return entry.group < wanted; };
  __extension__ using Wide = unsigned __int128;
  const auto n = static_cast<ptrdiff_t>(groups.size());
  const auto guess = static_cast<ptrdiff_t>(static_cast<Wide>(hash.low) * static_cast<uint64_t>(n) >> 64);
  ptrdiff_t low = guess, high = guess;
  for (ptrdiff_t step = 32; low > 0 && !before(groups[static_cast<size_t>(low - 1)], hash); step *= 2) {
    high = low;
    low = std::max<ptrdiff_t>(0, low - step);
  }
  for (ptrdiff_t step = 32; high < n && before(groups[static_cast<size_t>(high)], hash); step *= 2) {
    low = high + 1;
    high = std::min(n, high + step);
  }
  return std::lower_bound(groups.begin() + low, groups.begin() + high, hash, before);
}

}  // namespace

Split SplitPlan::split_of(const RowToSplit& row) const {
  if (row.given) return *row.given;
  const auto found = lower_bound_by_value(groups, row.group);
  if (found != groups.end() && found->group == row.group) return found->split;
  return split_by_hash(row.group, shares);
}

Result<std::optional<SplitPlan>> read_split_plan(const store::Project& project, int64_t task) {
  MW_ASSIGN(auto query, project.db().prepare("SELECT seed, train, validation, test, group_field, file FROM split_plan "
                                             "WHERE task = ?"));
  query.with(task);
  MW_ASSIGN(const bool found, query.step());
  if (!found) return std::nullopt;
  SplitPlan plan;
  plan.seed = query.integer(0);
  plan.shares = {query.integer(1), query.integer(2), query.integer(3)};
  plan.group_field = query.optional_string(4);
  const auto file = query.optional_integer(5);
  query.reset();
  const auto damaged = [] { return fail(ErrorKind::store, "store.damaged", "The split of this task cannot be read."); };
  if (plan.shares.train <= 0 || plan.shares.validation < 0 || plan.shares.test < 0) return damaged();
  if (!file) return plan;
  MW_ASSIGN(const store::Facts facts, store::read_facts(project, *file));
  const auto* low = facts.find("low", store::FactsColumn::Kind::integer);
  const auto* high = facts.find("high", store::FactsColumn::Kind::integer);
  const auto* split = facts.find("split", store::FactsColumn::Kind::integer);
  if (low == nullptr || high == nullptr || split == nullptr) return damaged();
  plan.groups.reserve(low->integers.size());
  for (size_t i = 0; i < low->integers.size(); ++i) {
    if (split->integers[i] < 0 || split->integers[i] > 2) return damaged();
    plan.groups.push_back({{static_cast<uint64_t>(low->integers[i]), static_cast<uint64_t>(high->integers[i])},
                           static_cast<Split>(split->integers[i])});
  }
  if (!std::is_sorted(plan.groups.begin(), plan.groups.end())) std::sort(plan.groups.begin(), plan.groups.end());
  return plan;
}

}  // namespace millwright::snapshots

#include "detail/groups.h"

#include <algorithm>
#include <map>

namespace millwright::snapshots::detail {
namespace {

/// The key with the largest count; the smallest key where several are level.
template <class Key>
Key commonest(const std::map<Key, int64_t>& counts) {
  auto best = counts.begin();
  for (auto entry = counts.begin(); entry != counts.end(); ++entry)
    if (entry->second > best->second) best = entry;
  return best->first;
}

}  // namespace

std::vector<Group> groups_of(std::span<const RowToSplit> rows) {
  struct Hashed {
    Hash128 hash;
    uint32_t row = 0;
    auto operator<=>(const Hashed&) const = default;
  };
  std::vector<Hashed> order;
  order.reserve(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) order.push_back({rows[i].group, static_cast<uint32_t>(i)});
  std::sort(order.begin(), order.end());
  std::vector<Group> groups;
  for (size_t begin = 0; begin < order.size();) {
    size_t end = begin + 1;
    while (end < order.size() && order[end].hash == order[begin].hash) ++end;
    const RowToSplit& first = rows[order[begin].row];
    Group group{first.group, static_cast<int64_t>(end - begin), first.stratum, first.given};
    if (end - begin > 1) {
      std::map<int32_t, int64_t> strata;
      std::map<Split, int64_t> given;
      for (size_t i = begin; i < end; ++i) {
        ++strata[rows[order[i].row].stratum];
        if (rows[order[i].row].given) ++given[*rows[order[i].row].given];
      }
      group.stratum = commonest(strata);
      group.given = given.empty() ? std::nullopt : std::optional(commonest(given));
    }
    groups.push_back(group);
    begin = end;
  }
  return groups;
}

}  // namespace millwright::snapshots::detail

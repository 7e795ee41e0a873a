#include "snapshots/folds.h"

#include <algorithm>
#include <map>
#include <utility>

#include "detail/build.h"
#include "detail/groups.h"
#include "records/window.h"

namespace millwright::snapshots {
namespace {

constexpr int64_t kMostFolds = 1000;

/// The fields that the snapshot compared, and the field that it grouped by.
struct Kept {
  std::vector<std::string> fields;
  std::optional<std::string> group;
};

Result<Kept> kept_by(const Snapshot& snapshot) {
  try {
    Kept kept{snapshot.recipe.at("fields").get<std::vector<std::string>>(), std::nullopt};
    const Json& group = snapshot.recipe.at("split").at("group");
    if (group.is_string()) kept.group = group.get<std::string>();
    return kept;
  } catch (const nlohmann::json::exception&) {
    return fail(ErrorKind::store, "store.damaged", "The recipe of a snapshot cannot be read.");
  }
}

}  // namespace

std::vector<int32_t> cut_folds(std::span<const RowToSplit> rows, int32_t folds) {
  std::vector<detail::Group> groups =
      detail::groups_of(rows);  // sorted by hash, which is what draws lots among groups of one size
  std::stable_sort(groups.begin(), groups.end(), [](const detail::Group& a, const detail::Group& b) {
    return a.stratum != b.stratum ? a.stratum < b.stratum : a.rows > b.rows;
  });
  std::map<Hash128, int32_t> fold_of;
  std::vector<int64_t> in_all(static_cast<size_t>(folds)), in_stratum;
  const detail::Group* last = nullptr;
  for (const detail::Group& group : groups) {
    if (last == nullptr || last->stratum != group.stratum) in_stratum.assign(static_cast<size_t>(folds), 0);
    last = &group;
    // Few rows of the stratum first, then few rows at all: rare labels do not all fall into the first fold.
    size_t best = 0;
    for (size_t fold = 1; fold < in_all.size(); ++fold)
      if (std::pair(in_stratum[fold], in_all[fold]) < std::pair(in_stratum[best], in_all[best])) best = fold;
    in_stratum[best] += group.rows;
    in_all[best] += group.rows;
    fold_of.emplace(group.hash, static_cast<int32_t>(best));
  }
  std::vector<int32_t> out;
  out.reserve(rows.size());
  for (const RowToSplit& row : rows) out.push_back(fold_of.at(row.group));
  return out;
}

Result<std::vector<int32_t>> fold_rows(const store::Project& project, const Snapshot& snapshot,
                                       const SnapshotRows& rows, int64_t folds, uint64_t seed) {
  if (folds < 2 || folds > kMostFolds)
    return fail(ErrorKind::usage, "folds.number", "{n} is no number of folds: it takes 2 to {most}.",
                {{"n", std::to_string(folds)}, {"most", std::to_string(kMostFolds)}});
  MW_ASSIGN(const Kept kept, kept_by(snapshot));
  MW_ASSIGN(const auto window, records::window_of_batches(project, snapshot.batches));
  MW_ASSIGN(const auto scan, records::ColumnScan::open(project, window, records::Count::records));
  MW_ASSIGN(const auto places, detail::places_of(scan, rows.records));
  if (std::find(places.begin(), places.end(), -1) != places.end())
    return fail(ErrorKind::store, "store.damaged", "The snapshot names records that its batches do not have.");
  const SipKey key{seed, 0x666F6C6473000000ULL};  // the bytes of "folds"
  MW_ASSIGN(const auto groups, detail::group_keys(scan, kept.fields, kept.group, key, rows.records, places));
  std::vector<RowToSplit> to_cut(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) to_cut[i] = {groups[i], rows.label[i], std::nullopt};
  std::vector<int32_t> out = cut_folds(to_cut, static_cast<int32_t>(folds));
  std::vector<bool> used(static_cast<size_t>(folds));
  for (const int32_t fold : out) used[static_cast<size_t>(fold)] = true;
  if (std::find(used.begin(), used.end(), false) != used.end())
    return fail(ErrorKind::bad_input, "folds.too_few", "The rows cannot be cut into {n} folds: too few of them differ.",
                {{"n", std::to_string(folds)}}, "Take fewer folds, or freeze a snapshot with more rows.");
  return out;
}

}  // namespace millwright::snapshots

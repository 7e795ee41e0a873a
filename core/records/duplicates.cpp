#include "records/duplicates.h"

#include <algorithm>

#include "detail/row_builder.h"
#include "records/batch.h"

namespace millwright::records {
namespace {

/// Content key of each record of a window's batches.
struct Content {
  Hash128 key;
  RecordRef record;
};

Result<std::vector<Content>> contents_of(const store::Project& project, const Window& window) {
  std::vector<Content> all;
  for (const int64_t id : window.batches) {
    MW_ASSIGN(const auto file, open_batch(project, id));
    MW_ASSIGN(const auto keys, file->content_keys());
    MW_ASSIGN(const store::Repeats* repeats, file->repeats());
    for (size_t place = 0; place < keys.size(); ++place)
      all.push_back({keys[place], {id, detail::ordinal_of(static_cast<int64_t>(place), repeats->arrivals)}});
  }
  // Within a group in the order of the records, which is how they were put in.
  std::stable_sort(all.begin(), all.end(), [](const Content& a, const Content& b) { return a.key < b.key; });
  return all;
}

template <class Each>
void for_each_group(const std::vector<Content>& sorted, Each each) {
  for (size_t begin = 0; begin < sorted.size();) {
    size_t end = begin + 1;
    while (end < sorted.size() && sorted[end].key == sorted[begin].key) ++end;
    if (end - begin > 1) each(begin, end);
    begin = end;
  }
}

}  // namespace

Result<std::vector<ContentGroup>> same_content_groups(const store::Project& project, const Window& window,
                                                      int64_t limit) {
  MW_ASSIGN(const std::vector<Content> sorted, contents_of(project, window));
  std::vector<ContentGroup> groups;
  for_each_group(sorted, [&](size_t begin, size_t end) {
    ContentGroup group;
    for (size_t i = begin; i < end; ++i) group.push_back(sorted[i].record);
    groups.push_back(std::move(group));
  });
  std::sort(groups.begin(), groups.end(),
            [](const ContentGroup& a, const ContentGroup& b) { return a.front() < b.front(); });
  if (limit > 0 && static_cast<int64_t>(groups.size()) > limit) groups.resize(static_cast<size_t>(limit));
  return groups;
}

Result<DuplicateCounts> count_duplicates(const store::Project& project, const Window& window) {
  DuplicateCounts counts;
  for (const int64_t id : window.batches) {
    MW_ASSIGN(const BatchInfo info, batch_by_id(project, id));
    counts.arrivals += info.arrivals;
    counts.records += info.rows_kept;
    counts.repeated_arrivals += info.rows_duplicate;
  }
  MW_ASSIGN(const std::vector<Content> sorted, contents_of(project, window));
  for_each_group(
      sorted, [&](size_t begin, size_t end) { counts.same_content_records += static_cast<int64_t>(end - begin) - 1; });
  return counts;
}

}  // namespace millwright::records

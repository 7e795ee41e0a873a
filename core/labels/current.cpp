#include "labels/current.h"

#include <algorithm>
#include <limits>
#include <map>

#include "detail/said.h"

namespace millwright::labels {
namespace {

/// Newest of what several persons say about one record: by time, then as it was written down.
bool newer(const detail::Said& a, const detail::Said& b) {
  return a.time_ms != b.time_ms ? a.time_ms > b.time_ms : a.source > b.source;
}

CurrentLabel join(const detail::Said* begin, const detail::Said* end) {
  const detail::Said* newest = begin;
  CurrentLabel current;
  for (const detail::Said* said = begin; said != end; ++said) {
    if (newer(*said, *newest)) newest = said;
    current.conflict = current.conflict || said->label != begin->label;
  }
  const detail::Said& chosen = current.conflict ? *begin : *newest;
  current.record = begin->record;
  current.label = chosen.label;
  current.schema_version = chosen.schema_version;
  current.guide_version = chosen.guide_version;
  current.people = static_cast<int32_t>(end - begin);
  current.source = chosen.source < 0 ? LabelSource{0, -chosen.source} : LabelSource{chosen.source, 0};
  return current;
}

}  // namespace

const CurrentLabel* CurrentLabels::find(const RecordRef& record) const {
  const auto found = std::lower_bound(rows.begin(), rows.end(), record,
                                      [](const CurrentLabel& label, const RecordRef& r) { return label.record < r; });
  return found != rows.end() && found->record == record ? &*found : nullptr;
}

Result<CurrentLabels> current_labels(const store::Project& project, const CurrentRequest& request, const Work& work) {
  MW_ASSIGN(detail::Saids saids, detail::what_people_say(project, request, work));
  CurrentLabels current;
  current.names = std::move(saids.names);
  current.annotation_through = saids.annotation_through;
  current.file_through = saids.file_through;
  current.rows.reserve(saids.rows.size());
  const detail::Said* const end = saids.rows.data() + saids.rows.size();
  for (const detail::Said* begin = saids.rows.data(); begin != end;) {
    const detail::Said* next = begin + 1;
    while (next != end && next->record == begin->record) ++next;
    current.rows.push_back(join(begin, next));
    current.conflicts += current.rows.back().conflict ? 1 : 0;
    begin = next;
  }
  return current;
}

std::vector<LabelCount> count_by_label(const CurrentLabels& labels, TaskKind kind) {
  std::vector<int64_t> rows(labels.names.size());
  for (const CurrentLabel& row : labels.rows)
    if (!row.conflict) ++rows[static_cast<size_t>(row.label)];
  std::map<std::string, int64_t> by_name;
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto value = rows[i] > 0 ? std::optional(read_label(kind, labels.names[i])) : std::nullopt;
    if (value && *value)
      for (const std::string& name : names_in(**value)) by_name[name] += rows[i];
  }
  std::vector<LabelCount> counts;
  for (const auto& [name, count] : by_name) counts.push_back({name, count});
  std::sort(counts.begin(), counts.end(), [](const LabelCount& a, const LabelCount& b) {
    return a.records != b.records ? a.records > b.records : a.label < b.label;
  });
  return counts;
}

Result<LabelTotals> label_totals(const store::Project& project, std::optional<int64_t> task, int64_t since_ms) {
  LabelTotals totals;
  MW_ASSIGN(auto acts, project.db().prepare("SELECT count(*), coalesce(sum(time_ms >= ?1), 0) FROM annotation "
                                            "WHERE status = 'label' AND (?2 IS NULL OR task = ?2)"));
  acts.with(since_ms, task);
  MW_ASSIGN(const bool counted, acts.step());
  if (counted) {
    totals.by_persons = acts.integer(0);
    totals.since = acts.integer(1);
  }
  MW_ASSIGN(auto files, project.db().prepare("SELECT coalesce(sum(rows), 0) FROM label_file WHERE status = 'label' "
                                             "AND (?1 IS NULL OR task = ?1)"));
  files.with(task);
  MW_ASSIGN(const bool summed, files.step());
  if (summed) totals.in_bulk = files.integer(0);
  MW_ASSIGN(auto times, project.db().prepare("SELECT seconds FROM (SELECT seconds, status, task FROM annotation "
                                             "ORDER BY id DESC LIMIT 20000) WHERE status = 'label' AND seconds IS NOT "
                                             "NULL AND (?1 IS NULL OR task = ?1) LIMIT 1000"));
  times.with(task);
  std::vector<double> seconds;
  while (true) {
    MW_ASSIGN(const bool more, times.step());
    if (!more) break;
    seconds.push_back(times.real(0));
  }
  totals.median_seconds = std::numeric_limits<double>::quiet_NaN();
  if (!seconds.empty()) {
    std::sort(seconds.begin(), seconds.end());
    const size_t half = seconds.size() / 2;
    totals.median_seconds = seconds.size() % 2 == 1 ? seconds[half] : (seconds[half - 1] + seconds[half]) / 2;
  }
  return totals;
}

}  // namespace millwright::labels

#include "labels/verify.h"

#include <unordered_map>
#include <unordered_set>

#include "base/hash.h"
#include "base/json.h"
#include "detail/annotation_rows.h"
#include "detail/said.h"
#include "labels/queue.h"
#include "labels/task.h"
#include "store/audit.h"

namespace millwright::labels {
namespace {

/// Digests of all acts that the audit trail knows.
Result<std::unordered_set<std::string>> audited_acts(const store::Project& project, const Work& work) {
  std::unordered_set<std::string> digests;
  MW_TRY(store::read_audit(project, 0, [&](const store::AuditEntry& entry) {
    if (entry.action != "label.act") return !work.stopped();
    const auto json = parse_json(entry.detail, "audit.detail");
    if (json && json->is_object() && json->contains("digest") && (*json)["digest"].is_string())
      digests.insert((*json)["digest"].get<std::string>());
    return !work.stopped();
  }));
  if (work.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped.");
  return digests;
}

Status verify_files(const store::Project& project, const Task& task, VerifiedLabels& found) {
  MW_ASSIGN(const auto files, detail::label_files(project, task.id));
  for (const detail::LabelFile& file : files) {
    ++found.label_files;
    const auto facts = detail::read_label_file(project, file.file);
    if (!facts)
      found.problems.push_back("The labels of " + file.by + " from " + file.source + " cannot be read.");
    else if (static_cast<int64_t>(facts->batch.size()) != file.rows)
      found.problems.push_back("The labels of " + file.by + " from " + file.source +
                               " are not as many as were published.");
  }
  return {};
}

/// Items of a queue, and how many of them carry an act that stands.
Result<std::pair<int64_t, int64_t>> count_items(const store::Project& project, int64_t queue,
                                                const std::unordered_set<RecordRef>& settled) {
  std::pair<int64_t, int64_t> counts{0, 0};
  int64_t after = -1;
  while (true) {
    constexpr int64_t kPage = 16384;
    MW_ASSIGN(auto query, project.db().prepare("SELECT position, batch, ordinal FROM queue_item WHERE queue = ? "
                                               "AND position > ? ORDER BY position LIMIT ?"));
    query.with(queue, after, kPage);
    int64_t rows = 0;
    while (true) {
      MW_ASSIGN(const bool more, query.step());
      if (!more) break;
      after = query.integer(0);
      counts.second += settled.contains({query.integer(1), query.integer(2)}) ? 1 : 0;
      ++rows;
    }
    counts.first += rows;
    if (rows < kPage) return counts;
  }
}

Status verify_queues(const store::Project& project, const Task& task, const Work& work, VerifiedLabels& found) {
  MW_ASSIGN(const auto queues, list_queues(project, task.id));
  if (queues.empty()) return {};
  std::unordered_map<Uuid, std::pair<int64_t, RecordRef>> acts;  // those that stand, by id
  MW_TRY(detail::for_each_act(project, task.id, std::nullopt, [&](const Annotation& act) {
    if (act.status == ActStatus::undo && act.undoes) acts.erase(*act.undoes);
    if (act.status != ActStatus::undo && act.status != ActStatus::suggestion && act.queue)
      acts.emplace(act.uuid, std::pair(*act.queue, act.record));
    return !work.stopped();
  }));
  for (const Queue& queue : queues) {
    if (work.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped.");
    ++found.queues;
    std::unordered_set<RecordRef> settled;
    for (const auto& [uuid, act] : acts)
      if (act.first == queue.id) settled.insert(act.second);
    MW_ASSIGN(const auto counts, count_items(project, queue.id, settled));
    MW_ASSIGN(const Queue now, read_queue(project, queue.id));
    if (now.items != queue.items || now.done != queue.done) continue;  // somebody works at it
    if (counts != std::pair(queue.items, queue.done))
      found.problems.push_back("The queue " + queue.name + " counts " + std::to_string(queue.done) + " of " +
                               std::to_string(queue.items) + " items, but there are " + std::to_string(counts.second) +
                               " of " + std::to_string(counts.first) + ".");
  }
  return {};
}

}  // namespace

Result<VerifiedLabels> verify_labels(const store::Project& project, const Work& work) {
  VerifiedLabels found;
  MW_ASSIGN(const auto tasks, list_tasks(project));
  // Acts up to here are looked at; their audit entries were committed with them.
  MW_ASSIGN(const int64_t through, detail::last_annotation(project.db()));
  MW_ASSIGN(const auto audited, audited_acts(project, work));
  for (const Task& task : tasks) {
    MW_TRY(detail::for_each_act(project, task.id, through, [&](const Annotation& act) {
      ++found.annotations;
      if (!audited.contains(to_hex(digest_of(act))))
        found.problems.push_back("The label act " + to_string(act.uuid) + " is not what the audit trail says.");
      return !work.stopped();
    }));
    if (work.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped.");
    MW_TRY(verify_files(project, task, found));
    MW_TRY(verify_queues(project, task, work, found));
  }
  return found;
}

}  // namespace millwright::labels

#include "labels/queue.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/clock.h"
#include "base/hash.h"
#include "detail/annotation_rows.h"
#include "detail/known_records.h"
#include "labels/task.h"
#include "store/lookup.h"

namespace millwright::labels {
namespace {

constexpr std::array<std::string_view, 3> kOrders = {"given", "random", "uncertain"};
constexpr std::string_view kSelect =
    "SELECT id, uuid, task, name, item_order, origin, assigned, items, done, created_ms FROM queue ";

Result<Queue> read_row(const store::Statement& row) {
  Queue queue;
  queue.id = row.integer(0);
  queue.uuid = row.uuid(1);
  queue.task = row.integer(2);
  queue.name = row.string(3);
  queue.order = order_from(row.text(4)).value_or(Order::given);
  MW_ASSIGN(queue.origin, parse_json(row.text(5), "queue.origin"));
  queue.assigned = row.optional_string(6);
  queue.items = row.integer(7);
  queue.done = row.integer(8);
  queue.created_ms = row.integer(9);
  return queue;
}

Result<std::vector<Queue>> read_rows(store::Statement query) {
  std::vector<Queue> queues;
  while (true) {
    MW_ASSIGN(const bool more, query.step());
    if (!more) return queues;
    MW_ASSIGN(Queue queue, read_row(query));
    queues.push_back(std::move(queue));
  }
}

std::vector<QueueEntry> in_order(std::span<const QueueEntry> entries, Order order, uint64_t seed) {
  std::vector<QueueEntry> sorted(entries.begin(), entries.end());
  if (order == Order::random) {
    Random random(seed);
    random.shuffle(sorted.begin(), sorted.end());
  }
  if (order == Order::uncertain) {
    const auto key = [](const QueueEntry& e) { return e.score.value_or(std::numeric_limits<double>::infinity()); };
    std::stable_sort(sorted.begin(), sorted.end(),
                     [&](const QueueEntry& a, const QueueEntry& b) { return key(a) < key(b); });
  }
  return sorted;
}

Result<int64_t> make_queue(store::Transaction& t, const QueueRequest& request) {
  std::string name = request.name;
  if (name.empty()) {
    MW_ASSIGN(auto count, t.db().prepare("SELECT count(*) FROM queue WHERE task = ?"));
    count.with(request.task);
    MW_ASSIGN(const bool any, count.step());
    name = "queue " + std::to_string((any ? count.integer(0) : 0) + 1);
  }
  MW_ASSIGN(auto known, t.db().prepare("SELECT id FROM queue WHERE task = ? AND name = ?"));
  known.with(request.task, name);
  MW_ASSIGN(const bool found, known.step());
  if (found) {
    const int64_t id = known.integer(0);
    known.reset();
    if (request.assign) {
      MW_ASSIGN(auto assign, t.db().prepare("UPDATE queue SET assigned = ? WHERE id = ?"));
      assign.with(*request.assign, id);
      MW_TRY(assign.run());
    }
    return id;
  }
  MW_ASSIGN(auto insert, t.db().prepare("INSERT INTO queue(uuid, task, name, item_order, origin, assigned, created_ms) "
                                        "VALUES(?, ?, ?, ?, ?, ?, ?)"));
  insert.with(new_uuid(), request.task, name, to_string(request.order), to_text(request.origin), request.assign,
              t.time_ms());
  MW_TRY(insert.run());
  return t.db().last_insert_id();
}

struct Slice {
  size_t taken = 0;
  int64_t added = 0;
};

/// Adds entries for some milliseconds, so that the write lock is soon free for whoever labels.
Result<Slice> add_slice(store::Transaction& t, int64_t queue, std::span<const QueueEntry> entries) {
  constexpr double kSeconds = 0.003;
  const double begun = steady_seconds();
  MW_ASSIGN(auto last, t.db().prepare("SELECT coalesce(max(position), -1) FROM queue_item WHERE queue = ?"));
  last.with(queue);
  MW_ASSIGN(const bool any, last.step());
  int64_t position = any ? last.integer(0) + 1 : 0;
  last.reset();
  Slice slice;
  MW_ASSIGN(auto insert, t.db().prepare("INSERT INTO queue_item(queue, position, batch, ordinal, score) "
                                        "VALUES(?, ?, ?, ?, ?) ON CONFLICT(queue, batch, ordinal) DO NOTHING"));
  for (const QueueEntry& entry : entries) {
    if ((slice.taken & 15) == 15 && steady_seconds() - begun > kSeconds) break;
    insert.with(queue, position, entry.record.batch, entry.record.ordinal, entry.score);
    MW_TRY(insert.run());
    ++slice.taken;
    if (t.db().changes() == 0) continue;
    ++position;
    ++slice.added;
  }
  MW_ASSIGN(auto count, t.db().prepare("UPDATE queue SET items = items + ? WHERE id = ?"));
  count.with(slice.added, queue);
  MW_TRY(count.run());
  return slice;
}

}  // namespace

std::string_view to_string(Order order) { return kOrders[static_cast<size_t>(order)]; }

std::optional<Order> order_from(std::string_view text) {
  for (size_t i = 0; i < kOrders.size(); ++i)
    if (kOrders[i] == text) return static_cast<Order>(i);
  return std::nullopt;
}

Result<Queued> add_to_queue(store::Project& project, const QueueRequest& request, std::span<const QueueEntry> entries,
                            const Work& work) {
  if (entries.empty())
    return fail(ErrorKind::usage, "queue.nothing", "No record was chosen: there is nothing to queue.");
  MW_ASSIGN(const Task task, read_task(project, request.task));
  detail::KnownRecords known(project, task.asset);
  for (const QueueEntry& entry : entries) {
    MW_ASSIGN(const bool there, known.contains(entry.record));
    if (there) continue;
    const auto text = known.text(entry.record);
    return detail::unknown_record(text ? *text : "number " + std::to_string(entry.record.ordinal));
  }
  std::vector<QueueEntry> sorted = in_order(entries, request.order, request.seed);
  if (request.limit > 0 && static_cast<size_t>(request.limit) < sorted.size())
    sorted.resize(static_cast<size_t>(request.limit));
  const auto total = static_cast<int64_t>(sorted.size());
  Queued outcome;
  int64_t queue = 0;
  for (size_t next = 0; next < sorted.size();) {
    if (work.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped.");
    MW_ASSIGN(const Slice slice, project.write([&](store::Transaction& t) -> Result<Slice> {
      if (queue == 0) {
        MW_ASSIGN(queue, make_queue(t, request));
      }
      return add_slice(t, queue, std::span(sorted).subspan(next));
    }));
    next += slice.taken;
    outcome.added += slice.added;
    work.report({"queue", static_cast<int64_t>(next), total, "records"});
  }
  outcome.already = total - outcome.added;
  MW_ASSIGN(outcome.queue, read_queue(project, queue));
  if (outcome.added > 0) {
    MW_TRY(project.write([&](store::Transaction& t) -> Status {
      return t.audit("queue.add", tail(outcome.queue.uuid),
                     Json{{"name", outcome.queue.name}, {"added", outcome.added}, {"origin", request.origin}});
    }));
  }
  return outcome;
}

Result<std::vector<Queue>> list_queues(const store::Project& project, std::optional<int64_t> task) {
  MW_ASSIGN(auto query, project.db().prepare(std::string(kSelect) + "WHERE ?1 IS NULL OR task = ?1 ORDER BY id DESC"));
  query.with(task);
  return read_rows(std::move(query));
}

Result<Queue> find_queue(const store::Project& project, int64_t task, std::string_view name_or_id) {
  MW_ASSIGN(const auto queues, list_queues(project, task));
  if (name_or_id.empty()) {
    if (queues.empty())
      return fail(ErrorKind::bad_input, "queue.none", "This task has no queue yet.", {},
                  "Fill one: millwright-cli queue PROJECT add --task T --name Q");
    const auto open = std::find_if(queues.begin(), queues.end(), [](const Queue& q) { return q.done < q.items; });
    return open == queues.end() ? queues.front() : *open;
  }
  for (const Queue& queue : queues)
    if (queue.name == name_or_id) return queue;
  const auto found = store::find_by_tail(project, "queue", name_or_id, "queue");
  if (!found && found.error().code != "store.no_such_id") return tl::make_unexpected(found.error());
  if (found)
    for (const Queue& queue : queues)
      if (queue.id == found->id) return queue;
  return fail(ErrorKind::bad_input, "queue.unknown", "This task has no queue {queue}.",
              {{"queue", std::string(name_or_id)}});
}

Result<Queue> read_queue(const store::Project& project, int64_t queue) {
  MW_ASSIGN(auto query, project.db().prepare(std::string(kSelect) + "WHERE id = ?"));
  query.with(queue);
  MW_ASSIGN(const bool found, query.step());
  if (!found)
    return fail(ErrorKind::bad_input, "queue.unknown", "There is no queue {queue}.",
                {{"queue", std::to_string(queue)}});
  return read_row(query);
}

Result<Queue> assign_queue(store::Project& project, int64_t queue, std::optional<std::string> to) {
  MW_ASSIGN(const Queue known, read_queue(project, queue));
  MW_TRY(project.write([&](store::Transaction& t) -> Status {
    MW_ASSIGN(auto update, t.db().prepare("UPDATE queue SET assigned = ? WHERE id = ?"));
    update.with(to, queue);
    MW_TRY(update.run());
    return t.audit("queue.assign", tail(known.uuid), Json{{"to", to ? Json(*to) : Json(nullptr)}});
  }));
  return read_queue(project, queue);
}

Result<std::vector<QueueItem>> queue_items(const store::Project& project, int64_t queue, int64_t after, int limit) {
  MW_ASSIGN(const Queue known, read_queue(project, queue));
  std::vector<QueueItem> items;
  {
    MW_ASSIGN(auto query, project.db().prepare("SELECT position, batch, ordinal, score FROM queue_item "
                                               "WHERE queue = ? AND position > ? ORDER BY position LIMIT ?"));
    query.with(queue, after, limit);
    while (true) {
      MW_ASSIGN(const bool more, query.step());
      if (!more) break;
      QueueItem item;
      item.position = query.integer(0);
      item.record = {query.integer(1), query.integer(2)};
      if (!query.is_null(3)) item.score = query.real(3);
      items.push_back(item);
    }
  }
  for (QueueItem& item : items) {
    MW_ASSIGN(item.settled, detail::settled_in(project.db(), known.task, queue, item.record));
  }
  return items;
}

}  // namespace millwright::labels

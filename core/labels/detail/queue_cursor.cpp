#include "detail/queue_cursor.h"

#include <algorithm>

#include "base/clock.h"
#include "detail/annotation_rows.h"

namespace millwright::labels::detail {

Status count_done(store::Transaction& t, int64_t queue, int change) {
  MW_ASSIGN(auto update, t.db().prepare("UPDATE queue SET done = done + ? WHERE id = ?"));
  update.with(change, queue);
  return update.run();
}

Result<int64_t> done_of(const store::Database& db, int64_t queue) {
  MW_ASSIGN(auto query, db.prepare("SELECT done FROM queue WHERE id = ?"));
  query.with(queue);
  MW_ASSIGN(const bool found, query.step());
  return found ? query.integer(0) : 0;
}

Result<QueueCursor> QueueCursor::open(const store::Project& project, int64_t task, int64_t queue) {
  QueueCursor cursor(task, queue);
  // Go on where this person stopped; somebody new begins where about as many items are behind as are settled. Whatever
  // was left open before that place comes at the end.
  MW_ASSIGN(auto own,
            project.db().prepare("SELECT batch, ordinal FROM (SELECT id, batch, ordinal, queue FROM annotation "
                                 "WHERE task = ? AND actor = ? AND status <> 'undo' ORDER BY id DESC LIMIT "
                                 "1000) WHERE queue = ? ORDER BY id DESC LIMIT 1"));
  own.with(task, project.actor().name, queue);
  MW_ASSIGN(const bool found, own.step());
  if (found) {
    MW_ASSIGN(const auto position, cursor.position_of(project, {own.integer(0), own.integer(1)}));
    cursor.at_ = position.value_or(0) - 1;
  } else {
    MW_ASSIGN(const int64_t done, done_of(project.db(), queue));
    constexpr int64_t kBefore = 256;
    cursor.at_ = done > 4 * kBefore ? done - kBefore : -1;
  }
  return cursor;
}

Result<std::optional<int64_t>> QueueCursor::position_of(const store::Project& project, const RecordRef& record) const {
  for (const Item& item : held_)
    if (item.record == record) return item.position;
  MW_ASSIGN(auto query, project.db().prepare("SELECT position FROM queue_item WHERE queue = ? AND batch = ? "
                                             "AND ordinal = ?"));
  query.with(queue_, record.batch, record.ordinal);
  MW_ASSIGN(const bool found, query.step());
  return found ? std::optional(query.integer(0)) : std::nullopt;
}

bool QueueCursor::is_mine(int64_t position) const {
  const auto at = [&](const Item& item) { return item.position == position; };
  return std::any_of(held_.begin(), held_.end(), at) || std::any_of(candidates_.begin(), candidates_.end(), at);
}

Result<bool> QueueCursor::is_leased(const store::Database& db, int64_t position, std::string_view person,
                                    int64_t now) const {
  MW_ASSIGN(auto leased, db.prepare("SELECT 1 FROM queue_lease WHERE queue = ? AND position = ? AND actor <> ? "
                                    "AND until_ms > ? LIMIT 1"));
  leased.with(queue_, position, person, now);
  return leased.step();
}

void QueueCursor::saw_open(int64_t position) {
  if (lowest_open_ < 0) lowest_open_ = position;
}

void QueueCursor::begin_round() {
  // After a whole round nothing before the lowest open item needs a second look, however long the queue is.
  if (whole_round_) first_ = lowest_open_ < 0 ? at_ : lowest_open_ - 1;
  whole_round_ = true;
  lowest_open_ = -1;
  at_ = first_;
}

Result<bool> QueueCursor::read_page(const store::Project& project, size_t wanted) {
  constexpr int kPage = 64;
  std::vector<Item> page;
  {
    MW_ASSIGN(auto query, project.db().prepare("SELECT position, batch, ordinal, score FROM queue_item WHERE queue = ? "
                                               "AND position > ? ORDER BY position LIMIT ?"));
    query.with(queue_, at_, kPage);
    while (true) {
      MW_ASSIGN(const bool more, query.step());
      if (!more) break;
      Item item;
      item.position = query.integer(0);
      item.record = {query.integer(1), query.integer(2)};
      if (!query.is_null(3)) item.score = query.real(3);
      page.push_back(item);
    }
  }
  const int64_t now = now_ms();
  for (Item& item : page) {
    if (held_.size() + candidates_.size() >= wanted) return true;
    at_ = *item.position;
    if (is_mine(at_)) {
      saw_open(at_);
      continue;
    }
    MW_ASSIGN(const bool settled, settled_in(project.db(), task_, queue_, item.record));
    if (settled) continue;
    saw_open(at_);
    MW_ASSIGN(const bool leased, is_leased(project.db(), at_, project.actor().name, now));
    if (leased) continue;
    MW_ASSIGN(item.own, newest_own(project.db(), task_, item.record, project.actor().name));
    candidates_.push_back(std::move(item));
  }
  return !page.empty();
}

Status QueueCursor::look_ahead(const store::Project& project, size_t wanted) {
  bool wrapped = false;
  while (held_.size() + candidates_.size() < wanted) {
    MW_ASSIGN(const bool more, read_page(project, wanted));
    if (more) continue;
    if (wrapped) return {};
    // Only where items are left can one have been passed over: leased by somebody then, or undone since.
    MW_ASSIGN(auto counts, project.db().prepare("SELECT items - done FROM queue WHERE id = ?"));
    counts.with(queue_);
    MW_ASSIGN(const bool found, counts.step());
    if (!found || counts.integer(0) <= static_cast<int64_t>(held_.size() + candidates_.size())) return {};
    begin_round();
    wrapped = true;
  }
  return {};
}

Status QueueCursor::lease(store::Transaction& t, size_t wanted) {
  const int64_t until = t.time_ms() + kLeaseMs;
  while (held_.size() < wanted && !candidates_.empty()) {
    const Item& next = candidates_.front();
    MW_ASSIGN(const bool settled, settled_in(t.db(), task_, queue_, next.record));
    MW_ASSIGN(const bool leased, is_leased(t.db(), *next.position, t.actor().name, t.time_ms()));
    if (!settled && !leased) held_.push_back(next);
    candidates_.pop_front();
  }
  MW_ASSIGN(auto upsert, t.db().prepare("INSERT INTO queue_lease(queue, position, actor, device, until_ms) "
                                        "VALUES(?, ?, ?, ?, ?) ON CONFLICT(queue, position, actor) DO UPDATE SET "
                                        "device = excluded.device, until_ms = excluded.until_ms"));
  for (const Item& item : held_) {
    upsert.with(queue_, *item.position, t.actor().name, t.actor().device, until);
    MW_TRY(upsert.run());
  }
  return {};
}

Status QueueCursor::settle(store::Transaction& t, int64_t position) {
  std::erase_if(held_, [&](const Item& item) { return item.position == position; });
  MW_ASSIGN(auto remove, t.db().prepare("DELETE FROM queue_lease WHERE queue = ? AND position = ? AND actor = ?"));
  remove.with(queue_, position, t.actor().name);
  return remove.run();
}

Status QueueCursor::take_back(store::Transaction& t, const RecordRef& record) {
  MW_ASSIGN(auto query, t.db().prepare("SELECT position, score FROM queue_item WHERE queue = ? AND batch = ? "
                                       "AND ordinal = ?"));
  query.with(queue_, record.batch, record.ordinal);
  MW_ASSIGN(const bool found, query.step());
  if (!found) return {};
  Item item;
  item.record = record;
  item.position = query.integer(0);
  if (!query.is_null(1)) item.score = query.real(1);
  query.reset();
  MW_ASSIGN(item.own, newest_own(t.db(), task_, record, t.actor().name));
  std::erase_if(held_, [&](const Item& other) { return other.position == item.position; });
  std::erase_if(candidates_, [&](const Item& other) { return other.position == item.position; });
  held_.push_front(std::move(item));
  return lease(t, held_.size());
}

Status QueueCursor::release(store::Transaction& t) {
  for (const Item& item : held_) {
    MW_ASSIGN(auto remove, t.db().prepare("DELETE FROM queue_lease WHERE queue = ? AND position = ? AND actor = ?"));
    remove.with(queue_, *item.position, t.actor().name);
    MW_TRY(remove.run());
  }
  for (const Item& item : held_) at_ = std::min(at_, *item.position - 1);
  held_.clear();
  candidates_.clear();
  return {};
}

}  // namespace millwright::labels::detail

// Where a person is in a queue: what is next, leased to whom.
#pragma once

#include <deque>
#include <optional>

#include "labels/labeling.h"

namespace millwright::labels::detail {

/// Adds to a queue's counter of settled items.
[[nodiscard]] Status count_done(store::Transaction& t, int64_t queue, int change);
[[nodiscard]] Result<int64_t> done_of(const store::Database& db, int64_t queue);

/// Items are found without the write lock (look_ahead), then leased in a transaction that looks once more whether they
/// are still free. No step costs more as the queue grows, but for settled items passed over once.
class QueueCursor {
 public:
  [[nodiscard]] static Result<QueueCursor> open(const store::Project& project, int64_t task, int64_t queue);
  [[nodiscard]] int64_t queue() const { return queue_; }
  [[nodiscard]] const std::deque<Item>& held() const { return held_; }
  [[nodiscard]] bool has_candidates() const { return !candidates_.empty(); }
  [[nodiscard]] Result<std::optional<int64_t>> position_of(const store::Project& project,
                                                           const RecordRef& record) const;

  /// Finds free items until held and candidates together are `wanted`.
  [[nodiscard]] Status look_ahead(const store::Project& project, size_t wanted);
  /// Leases candidates until `wanted` are held, and prolongs what is held.
  [[nodiscard]] Status lease(store::Transaction& t, size_t wanted);
  /// The item at a position was acted on.
  [[nodiscard]] Status settle(store::Transaction& t, int64_t position);
  /// An undone item is the next one again.
  [[nodiscard]] Status take_back(store::Transaction& t, const RecordRef& record);
  [[nodiscard]] Status release(store::Transaction& t);

 private:
  QueueCursor(int64_t task, int64_t queue) : task_(task), queue_(queue) {}
  /// Reads one page of items after `at_`; true when one was there.
  [[nodiscard]] Result<bool> read_page(const store::Project& project, size_t wanted);
  [[nodiscard]] bool is_mine(int64_t position) const;
  [[nodiscard]] Result<bool> is_leased(const store::Database& db, int64_t position, std::string_view person,
                                       int64_t now) const;
  void saw_open(int64_t position);
  void begin_round();
  int64_t task_;
  int64_t queue_;
  int64_t at_ = -1;           // items up to this position were looked at
  int64_t first_ = -1;        // where the next round begins: all up to here was settled in the last one
  int64_t lowest_open_ = -1;  // lowest position of this round that was not settled
  bool whole_round_ = false;  // this round began at first_
  std::deque<Item> held_;
  std::deque<Item> candidates_;
};

}  // namespace millwright::labels::detail

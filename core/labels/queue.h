// Queues: which records are to be labeled, in which order, by whom.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/json.h"
#include "base/result.h"
#include "base/work.h"
#include "store/project.h"

namespace millwright::labels {

enum class Order { given, random, uncertain };
[[nodiscard]] std::string_view to_string(Order order);
[[nodiscard]] std::optional<Order> order_from(std::string_view text);

struct Queue {
  int64_t id = 0;
  Uuid uuid;
  int64_t task = 0;
  std::string name;
  Order order = Order::given;
  Json origin;  ///< the question that filled it
  std::optional<std::string> assigned;
  int64_t items = 0;
  int64_t done = 0;  ///< items that somebody labeled, skipped, flagged or was unsure about
  int64_t created_ms = 0;
};

struct QueueEntry {
  RecordRef record;
  std::optional<double> score;  ///< the model's confidence, 0 to 1
};

struct QueueRequest {
  int64_t task = 0;
  std::string name;  ///< an existing one is added to; empty: "queue 1", "queue 2" …
  Order order = Order::given;
  uint64_t seed = 0;  ///< for random
  Json origin = Json::object();
  std::optional<std::string> assign;  ///< the only one who gets its items
  int64_t limit = 0;                  ///< at most so many, the first in the order; 0: all
};

struct Queued {
  Queue queue;
  int64_t added = 0;
  int64_t already = 0;  ///< were in it
};

/// Puts records into a queue: as given, shuffled, or least certain first (those without a score last). Goes in slices,
/// so that nobody who labels waits; a repeat adds what is missing. Errors: usage "queue.nothing" (no records).
[[nodiscard]] Result<Queued> add_to_queue(store::Project& project, const QueueRequest& request,
                                          std::span<const QueueEntry> entries, const Work& work = {});
/// Newest first.
[[nodiscard]] Result<std::vector<Queue>> list_queues(const store::Project& project, std::optional<int64_t> task);
/// By name or by the tail of its id; empty: the newest that is not done, else the newest. Error: "queue.unknown".
[[nodiscard]] Result<Queue> find_queue(const store::Project& project, int64_t task, std::string_view name_or_id);
[[nodiscard]] Result<Queue> read_queue(const store::Project& project, int64_t queue);
[[nodiscard]] Result<Queue> assign_queue(store::Project& project, int64_t queue, std::optional<std::string> to);
/// Items after a position, in order: for paging. `after` −1: from the start.
struct QueueItem {
  int64_t position = 0;
  RecordRef record;
  std::optional<double> score;
  bool settled = false;
};
[[nodiscard]] Result<std::vector<QueueItem>> queue_items(const store::Project& project, int64_t queue, int64_t after,
                                                         int limit);

}  // namespace millwright::labels

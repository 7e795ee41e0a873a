// Filling a labeling queue: which records, by choice of rows, by what lies behind a shift, by suspicion, by name; in
// which order, with a model's confidence as score.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/work.h"
#include "labels/queue.h"
#include "monitoring/behind.h"
#include "store/project.h"

namespace millwright::monitoring {

struct QueueQuestion {
  int64_t task = 0;  ///< 0: the newest task on the asset of the drift report
  std::string name;  ///< an existing queue is added to; empty: named by itself
  // Which records: those named, else those behind a shift, else those suspected, else every record of the task's asset.
  std::vector<RecordRef> records;  ///< these, whatever else is said
  struct Shift {
    DriftReport report;
    FieldPart part;
  };
  std::optional<Shift> behind;
  /// Only those whose label the task's newest cross-validation suspects; "as given" is then the most suspicious first,
  /// and a record's score the probability of the label that it has.
  bool suspects = false;
  std::vector<int64_t> batches;  ///< only of these; empty: of all
  std::string where;             ///< only those that it chooses; empty: all
  bool unlabeled_only = false;   ///< only those that nobody has labeled
  /// nullopt: least certain first where predictions are kept, else as given.
  std::optional<labels::Order> order = labels::Order::given;
  int64_t model = 0;  ///< whose kept predictions give the scores; 0: the newest of each batch
  uint64_t seed = 0;  ///< for random
  int64_t limit = 0;  ///< at most so many, the first in the order (at random: a sample); 0: all
  std::optional<std::string> assign;
};

/// Errors: those of labels::add_to_queue; usage "queue.no_task", "queue.records_alone" (named records together with
/// another choice), "queue.suspects_alone" (with what lies behind a shift, or with a model); bad_input
/// "cross_validate.none", "queue.no_predictions" (an order or a model asks for them and none are kept), where.*.
[[nodiscard]] Result<labels::Queued> fill_queue(store::Project& project, const QueueQuestion& question,
                                                const Work& work = {});

}  // namespace millwright::monitoring

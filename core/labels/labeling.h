// Labeling: what the page and the command line do when a person labels. One key press is one synced transaction that
// appends the act, settles the queue's item and leases the next ones; nothing in it grows with the project.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "labels/annotation.h"
#include "labels/guide.h"
#include "labels/schema.h"
#include "labels/task.h"
#include "store/project.h"

namespace millwright::labels {

/// Leases of items shown to a person; after that another may get them.
inline constexpr int64_t kLeaseMs = 10 * 60 * 1000;

/// An item handed to a person. What others said about it is not in here: a second opinion does not see the first.
struct Item {
  RecordRef record;
  std::optional<int64_t> position;  ///< in the queue
  std::optional<double> score;      ///< confidence of the model that ordered the queue
  std::optional<Annotation> own;    ///< this person's last act on it that was not undone
};

/// What a person does with a record. `label`, as labels/label_value.h reads it, for label; `note` for flag (must not be
/// blank), optional elsewhere.
struct Act {
  RecordRef record;
  ActStatus status = ActStatus::label;  ///< label, skip, unsure or flag
  std::string label;
  std::string note;
  std::optional<double> seconds;  ///< spent on it, see AttentionTimer
};

struct Recorded {
  Annotation annotation;
  std::optional<Rule> draft;         ///< the draft rule that a flag's note became
  std::optional<Annotation> undone;  ///< what an undo took back
  int64_t queue_done = 0;            ///< of the queue, where there is one
};

/// One person at one task, with or without a queue. Bound to a Project connection, which must outlive it and whose
/// actor is the person; used by that connection's thread. To keep the screen ahead of the disk, call upcoming() with a
/// few items, paint from those, and let a thread of its own record().
class Labeling {
 public:
  /// Errors: bad_input "task.unknown", "queue.unknown", refused "queue.assigned" (the queue is somebody else's).
  [[nodiscard]] static Result<Labeling> open(store::Project& project, int64_t task,
                                             std::optional<int64_t> queue = std::nullopt);
  Labeling(Labeling&&) noexcept;
  Labeling& operator=(Labeling&&) noexcept;
  ~Labeling();

  [[nodiscard]] const Task& task() const;
  [[nodiscard]] const LabelSchema& schema() const;
  [[nodiscard]] std::optional<int64_t> queue() const;

  /// The next items of the queue for this person, at most `count`, in order, leased. Already settled items and those
  /// leased by others are passed over. Empty: nothing left, or no queue.
  [[nodiscard]] Result<std::vector<Item>> upcoming(int count);
  /// Appends the act. Errors: usage "labels.no_label", "labels.bad_value", "labels.outside_text" (a span),
  /// "labels.unknown_label" (not in the schema),
  /// "labels.note_needed", bad_input "labels.unknown_record". What is already the person's current label may be given
  /// again: a new act.
  [[nodiscard]] Result<Recorded> record(const Act& act);
  /// Takes back this person's last act in this task at this device that was not undone, in whatever session it was
  /// made; its item comes back as the next one. What came in by an import was not done here and stays. nullopt: there
  /// is nothing to undo.
  [[nodiscard]] Result<std::optional<Recorded>> undo();
  /// Gives the leases back: call when the person leaves the page.
  [[nodiscard]] Status release();

 private:
  struct State;
  explicit Labeling(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Appends many acts of one person, some milliseconds to a transaction. `each` hears of every act, done or refused;
/// refused ones stop nothing.
struct ManyRecorded {
  int64_t kept = 0;
  int64_t rejected = 0;
};
[[nodiscard]] Result<ManyRecorded> record_many(
    store::Project& project, int64_t task, std::span<const Act> acts,
    const std::function<void(size_t index, const Result<Annotation>&)>& each = {});

/// Seconds spent on an item without the time when nobody was there: a gap between two signs of life counts `idle_cap`
/// at most. Times are those of steady_seconds().
class AttentionTimer {
 public:
  explicit AttentionTimer(double idle_cap = 30.0) : cap_(idle_cap) {}
  /// A new item is on the screen.
  void start(double now);
  /// A key, a click, the mouse moved.
  void activity(double now);
  /// The window lost or got the focus: nothing counts while it is away.
  void pause(double now);
  [[nodiscard]] double seconds(double now) const;

 private:
  double cap_;
  double spent_ = 0;
  double last_ = 0;
  bool running_ = false;
};

}  // namespace millwright::labels

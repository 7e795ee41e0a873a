// What a labeling page does, without its widgets: items read ahead, acts painted at once and made durable behind,
// undo, pace. On the UI thread; writes go through the session's writing thread in the order of the key presses.
#pragma once

#include <QObject>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "item_view.h"
#include "labels/labeling.h"
#include "labels/queue.h"
#include "labels/schema.h"
#include "labels/task.h"
#include "ui_session/project_session.h"

namespace millwright::ui::detail {

struct DeskItem {
  labels::Item item;
  std::optional<ItemContent> content;  ///< none while it is being read
  bool visiting = false;               ///< brought back by a person, not by the queue
};

class Desk : public QObject {
  Q_OBJECT
 public:
  explicit Desk(ProjectSession& session, QObject* parent = nullptr);
  ~Desk() override;

  void open(int64_t task, std::optional<int64_t> queue);
  /// Gives the leases back and forgets what was read ahead.
  void leave();
  [[nodiscard]] bool is_open() const { return opened_; }
  [[nodiscard]] bool opening() const { return opening_; }
  [[nodiscard]] std::optional<int64_t> queue_id() const { return queue_ ? std::optional(queue_->id) : std::nullopt; }

  /// nullptr: nothing left, or not here yet (see reading()).
  [[nodiscard]] const DeskItem* current() const { return ahead_.empty() ? nullptr : &ahead_.front(); }
  [[nodiscard]] bool reading() const { return opening_ || refilling_; }
  [[nodiscard]] const std::optional<labels::Task>& task() const { return task_; }
  [[nodiscard]] const labels::LabelSchema& schema() const { return schema_; }
  [[nodiscard]] const std::optional<labels::Queue>& queue() const { return queue_; }

  /// The next item is current when this returns; the act is durable when saved() comes.
  void act(labels::ActStatus status, const QString& label = {}, const QString& note = {});
  void undo();
  /// An earlier item again, in front of the others.
  void visit(const RecordRef& record);
  /// More may be in the queue now.
  void refill();

  // Signs of life, for the seconds that an item took.
  void somebody_is_there();
  void nobody_is_there();

  /// Acts asked for in this session of the page that were not undone.
  [[nodiscard]] int acts() const { return acts_; }
  [[nodiscard]] int waiting_writes() const { return static_cast<int>(pending_.size()); }
  /// Seconds an item, median of the last ones; nullopt before the third.
  [[nodiscard]] std::optional<double> pace() const;
  [[nodiscard]] int64_t items_left() const;
  [[nodiscard]] QString last_label() const { return last_label_; }
  /// "net · libfoo": what was done last, for the remark under the item.
  [[nodiscard]] QString last_words() const { return last_words_; }

 Q_SIGNALS:
  void opened();
  void item_changed();
  void progress_changed();
  void saving();
  void saved();
  /// A flag's note became a draft.
  void drafted();
  void nothing_to_undo();
  void failed(const millwright::Error& error);

 private:
  struct Seat;
  struct Reader;
  struct Done {
    DeskItem item;
    double seconds = 0;
  };
  void take_ahead(std::vector<labels::Item> items);
  void read_contents();
  void front_changed();
  void took_back(const labels::Recorded& recorded, bool shown_already);
  void gave_up(DeskItem item, const Error& error);

  ProjectSession& session_;
  std::shared_ptr<Seat> seat_;      ///< used on the writing thread alone
  std::shared_ptr<Reader> reader_;  ///< used on reading threads, under its mutex
  std::optional<labels::Task> task_;
  labels::LabelSchema schema_;
  std::optional<labels::Queue> queue_;
  std::deque<DeskItem> ahead_;
  std::vector<Done> done_;
  std::multiset<RecordRef> pending_;  ///< acts under way
  std::vector<double> seconds_;
  labels::AttentionTimer timer_;
  quint64 generation_ = 0;  ///< answers of an earlier open() are dropped
  int acts_ = 0;
  QString last_label_, last_words_;
  bool opened_ = false, opening_ = false, refilling_ = false, exhausted_ = false;
};

}  // namespace millwright::ui::detail

#include "desk_pickers.h"

#include "ui_records/words.h"
#include "ui_widgets/buttons.h"
#include "ui_widgets/dialogs.h"
#include "ui_widgets/page_header.h"

namespace millwright::ui::detail {
namespace {

const QString kNewQueue = QStringLiteral("new");
const QString kSomebodyElse = QStringLiteral("\n");  // no name holds a line's end

}  // namespace

DeskPickers::DeskPickers(PageHeader* head) : QObject(head) {
  task_ = new Picker(tr("Task"));
  queue_ = new Picker(tr("Queue"));
  queue_->set_empty_text(tr("choose"));
  person_ = new Picker(tr("Labeling"));
  person_->setObjectName(QStringLiteral("labels.person"));
  for (auto* picker : {task_, queue_, person_}) head->add_control(picker);
  for (auto* picker : {task_, queue_}) picker->hide();
  connect(task_, &Picker::picked, this, &DeskPickers::task_picked);
  connect(queue_, &Picker::picked, this, &DeskPickers::pick_queue);
  connect(person_, &Picker::picked, this, &DeskPickers::pick_person);
}

void DeskPickers::show(const LabelsOverview& overview, const QString& person) {
  QVector<Picker::Item> tasks, queues, people;
  for (const auto& task : overview.tasks) tasks.push_back({text_of(task.name), text_of(task.name), {}});
  // How far the chosen one is stands beside the picker.
  for (const auto& queue : overview.queues) {
    const QString how_far =
        tr("%1 of %2").arg(figure(static_cast<qint64>(queue.done)), figure(static_cast<qint64>(queue.items)));
    queues.push_back(
        {QString::number(queue.id), text_of(queue.name), queue.id == overview.queue ? QString() : how_far});
  }
  if (overview.task) queues.push_back({kNewQueue, tr("New queue…"), {}});
  bool listed = false;
  for (const auto& one : overview.people) {
    people.push_back({text_of(one), text_of(one), {}});
    listed |= text_of(one) == person;
  }
  if (!listed) people.prepend({person, person, {}});
  people.push_back({kSomebodyElse, tr("Somebody else…"), {}});
  task_->set_items(tasks);
  task_->setVisible(tasks.size() > 1);
  if (const auto* task = overview.chosen_task()) task_->set_current(text_of(task->name));
  queue_now_ = overview.queue ? QString::number(*overview.queue) : QString();
  queue_->set_items(queues);
  queue_->setVisible(overview.task.has_value());
  queue_->set_current(queue_now_);
  person_now_ = person;
  person_->set_items(people);
  person_->set_current(person);
}

void DeskPickers::pick_queue(const QString& id) {
  if (id != kNewQueue) {
    queue_now_ = id;
    Q_EMIT queue_picked(id.toLongLong());
    return;
  }
  queue_->set_current(queue_now_);
  Q_EMIT new_queue_wanted();
}

void DeskPickers::pick_person(const QString& id) {
  if (id != kSomebodyElse) {
    Q_EMIT person_picked(id);
    return;
  }
  person_->set_current(person_now_);
  const auto typed =
      ask_text(person_, tr("Who is labeling?"), tr("The name stands on every label from now on."), tr("That is me"));
  if (typed) Q_EMIT person_picked(typed->trimmed());
}

}  // namespace millwright::ui::detail

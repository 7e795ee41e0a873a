// Which task and queue are worked on, and who is labeling: the pickers in the head of the Labels page.
#pragma once

#include <QObject>
#include <optional>

#include "labels_overview.h"

namespace millwright::ui {
class PageHeader;
class Picker;
}  // namespace millwright::ui

namespace millwright::ui::detail {

class DeskPickers : public QObject {
  Q_OBJECT
 public:
  explicit DeskPickers(PageHeader* head);
  void show(const LabelsOverview& overview, const QString& person);

 Q_SIGNALS:
  void task_picked(const QString& name);
  void queue_picked(qint64 queue);
  void new_queue_wanted();
  void person_picked(const QString& name);

 private:
  void pick_queue(const QString& id);
  void pick_person(const QString& id);
  QString queue_now_, person_now_;
  Picker* task_;
  Picker* queue_;
  Picker* person_;
};

}  // namespace millwright::ui::detail

// What is done to a whole task from the Labels page, beside labeling: a task or a queue made, labels out to a file and
// in.
#pragma once

#include <QObject>

#include "labels_overview.h"
#include "models/registry.h"
#include "ui_session/project_session.h"
#include "ui_widgets/theme.h"

namespace millwright::ui::detail {

class TaskWork : public QObject {
  Q_OBJECT
 public:
  /// parent: what dialogs belong to.
  TaskWork(ProjectSession& session, QWidget* parent);
  void create_task(const LabelsOverview& overview);
  // Of the chosen task; without one they do nothing.
  void fill_queue(const LabelsOverview& overview);
  /// Asks how, then queues a cross-validation of its newest snapshot: what it suspects, a queue can hold.
  void look_for_errors(const LabelsOverview& overview);
  void export_labels(const LabelsOverview& overview);
  void import_labels(const LabelsOverview& overview);

 Q_SIGNALS:
  void task_created(const QString& name);
  void queue_filled(qint64 queue);
  void imported();
  void said(const QString& text, millwright::ui::State state);
  void failed(const millwright::Error& error);

 private:
  void ask_how_to_look(const labels::Task& task, const std::vector<models::Model>& models);
  template <class Job, class Then>
  void work(const QString& what, Job job, Then then);
  ProjectSession& session_;
  QWidget* parent_;
};

}  // namespace millwright::ui::detail

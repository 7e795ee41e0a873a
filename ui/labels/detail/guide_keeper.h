// Keeps the guide of a task: reads it for the panel, saves what is edited there, and finds the labels that a changed
// rule touches.
#pragma once

#include <QObject>
#include <functional>
#include <optional>

#include "base/ids.h"
#include "labels/guide.h"
#include "ui_session/project_session.h"

namespace millwright::ui::detail {

class GuidePanel;

class GuideKeeper : public QObject {
  Q_OBJECT
 public:
  /// record: the one on the screen, which becomes the example of a new rule.
  GuideKeeper(ProjectSession& session, GuidePanel* panel, std::function<std::optional<RecordRef>()> record);
  void read(int64_t task);

 Q_SIGNALS:
  void failed(const millwright::Error& error);
  /// Labels that a changed rule touches were queued.
  void queued(qint64 labels);

 private:
  void save_rule(const std::optional<Uuid>& rule, const QString& title, const QString& decision, bool accept);
  void remove_rule(const Uuid& rule);
  template <class Job>
  void change(Job job);
  void look_at_touched(const Uuid& rule);
  void queue_touched();
  ProjectSession& session_;
  GuidePanel* panel_;
  std::function<std::optional<RecordRef>()> record_;
  std::optional<int64_t> task_;
  std::optional<Uuid> touched_rule_;
};

}  // namespace millwright::ui::detail

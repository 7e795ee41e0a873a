// Looks after the project's jobs while the workbench is open: starts what is queued, follows what runs, takes over what
// has ended, on a thread of its own. Pages hear of it here.
#pragma once

#include <QObject>
#include <functional>
#include <memory>
#include <vector>

#include "jobs/foreman.h"
#include "ui_session/project_session.h"

namespace millwright::ui {

using MakeForeman = std::function<Result<jobs::Foreman>(const store::Project&)>;

class JobCenter : public QObject {
  Q_OBJECT
 public:
  JobCenter(ProjectSession& session, MakeForeman make, QObject* parent = nullptr);
  ~JobCenter() override;
  void cancel(qint64 job);
  /// As last seen; running and queued ones, and those that ended since the project was opened.
  [[nodiscard]] std::vector<jobs::Job> jobs() const;
  [[nodiscard]] int active() const;

 Q_SIGNALS:
  void job_changed(const millwright::jobs::Job& job);
  /// What a running job has told: progress, metrics (points of the training curve), log lines.
  void job_events(qint64 job, const std::vector<millwright::jobs::Event>& events);
  void job_ended(const millwright::jobs::Job& job);
  void failed(const millwright::Error& error);

 private:
  struct State;
  void follow();
  void take(std::vector<jobs::Sighting> sightings);
  std::unique_ptr<State> state_;
};

}  // namespace millwright::ui

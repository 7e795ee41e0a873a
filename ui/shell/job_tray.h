// The lower edge: whether all is saved, what is under way with its time left, how fast the keyboard is answered, and
// errors that nobody has read yet.
#pragma once

#include <QHash>
#include <QPointer>
#include <QWidget>
#include <functional>
#include <optional>
#include <vector>

#include "jobs/pace.h"
#include "jobs/queue.h"
#include "ui_session/job_center.h"
#include "ui_session/project_session.h"
#include "ui_widgets/progress.h"

class QLabel;

namespace millwright::ui {

class Button;
class ElidedLabel;

class JobTray : public QWidget {
  Q_OBJECT
 public:
  explicit JobTray(QWidget* parent = nullptr);
  void follow(ProjectSession* session, JobCenter* jobs);
  void add_error(const Error& error);
  [[nodiscard]] int unread_errors() const { return unread_; }
  void set_latency(double p95_ms);

 Q_SIGNALS:
  void opened_errors();

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  struct Entry {
    QString what, phase;
    double share = -1;
    TimeLeft left;
    std::optional<jobs::Pace> pace;  ///< where the work says itself how it goes
    double begun = 0;
    bool stopping = false;
    std::function<void()> cancel;
  };
  void show_entries();
  void show_saved();
  void open_list();
  void open_errors();
  void update_job(const jobs::Job& job);

  QPointer<ProjectSession> session_;
  QPointer<JobCenter> jobs_;
  QHash<QString, Entry> entries_;
  QStringList order_;
  struct Said {
    qint64 when;
    QString text, hint;
  };
  std::vector<Said> errors_;
  int unread_ = 0;
  QLabel* saved_;
  ElidedLabel* text_;
  ProgressBar* bar_;
  QLabel* time_;
  Button* cancel_;
  Button* more_;
  Button* error_button_;
  QLabel* latency_;
};

/// A job's kind in the user's words: "train" → "Training".
[[nodiscard]] QString job_title(const jobs::Job& job);

}  // namespace millwright::ui

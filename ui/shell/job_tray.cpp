#include "job_tray.h"

#include <QDateTime>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QMenu>
#include <QPainter>
#include <QVBoxLayout>

#include "base/clock.h"
#include "ui_widgets/buttons.h"
#include "ui_widgets/card.h"
#include "ui_widgets/dialogs.h"
#include "ui_widgets/error_banner.h"
#include "ui_widgets/remark_words.h"

namespace millwright::ui {

QString job_title(const jobs::Job& job) {
  if (job.kind == "train") return JobTray::tr("Training");
  if (job.kind == "evaluate") return JobTray::tr("Evaluation");
  if (job.kind == "predict") return JobTray::tr("Prediction");
  if (job.kind == "embed") return JobTray::tr("Embedding");
  if (job.kind == "cross_validate") return JobTray::tr("Cross-validation");
  return QString::fromStdString(job.kind);
}

JobTray::JobTray(QWidget* parent) : QWidget(parent) {
  setFixedHeight(px(32));
  auto* all = new QHBoxLayout(this);
  all->setContentsMargins(px(14), 1, px(14), 0);
  all->setSpacing(px(16));
  saved_ = make_label({}, FontRole::caption, Tone::muted);
  all->addWidget(saved_);
  text_ = new ElidedLabel;
  text_->set_role(FontRole::caption, Tone::muted);
  bar_ = new ProgressBar;
  bar_->setFixedWidth(px(160));
  time_ = make_label({}, FontRole::caption, Tone::muted);
  cancel_ = quiet_button(tr("Cancel"));
  cancel_->setAccessibleName(tr("Cancel the work under way"));
  more_ = quiet_button({});
  more_->set_drop_arrow(true);
  all->addWidget(text_);
  all->addWidget(bar_);
  all->addWidget(time_);
  all->addWidget(cancel_);
  all->addWidget(more_);
  all->addStretch(1);
  error_button_ = quiet_button({});
  error_button_->set_icon_name(QStringLiteral("error"));
  error_button_->hide();
  all->addWidget(error_button_);
  latency_ = make_label({}, FontRole::caption, Tone::muted);
  latency_->setToolTip(tr("From a key press to the finished picture: 95 of 100 were at least this fast"));
  all->addWidget(latency_);
  connect(cancel_, &QPushButton::clicked, this, [this] {
    if (order_.isEmpty()) return;
    Entry& entry = entries_[order_.last()];
    entry.stopping = true;
    if (entry.cancel) entry.cancel();
    show_entries();
  });
  connect(more_, &QPushButton::clicked, this, &JobTray::open_list);
  connect(error_button_, &QPushButton::clicked, this, &JobTray::open_errors);
  connect(&Theme::instance(), &Theme::changed, this, [this] { setFixedHeight(px(32)); });
  show_entries();
}

void JobTray::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.fillRect(rect(), tokens().surface);
  painter.fillRect(QRect(0, 0, width(), 1), tokens().line);
}

void JobTray::follow(ProjectSession* session, JobCenter* jobs) {
  session_ = session;
  jobs_ = jobs;
  entries_.clear();
  order_.clear();
  saved_->clear();
  show_entries();
  if (session == nullptr) return;
  saved_->setText(session->read_only() ? tr("Read only") : tr("All saved"));
  connect(session, &ProjectSession::saving, this, [this] {
    set_tone(saved_, Tone::muted);
    saved_->setText(tr("Saving…"));
  });
  connect(session, &ProjectSession::saved, this, &JobTray::show_saved);
  connect(session, &ProjectSession::save_failed, this, [this] {
    set_tone(saved_, Tone::fail);
    saved_->setText(tr("Not saved"));
  });
  connect(session, &ProjectSession::work_started, this, [this](int id, const QString& what) {
    const QString key = QStringLiteral("work %1").arg(id);
    Entry entry;
    entry.what = what;
    entry.begun = steady_seconds();
    entry.cancel = [this, id] {
      if (session_) session_->cancel_work(id);
    };
    entries_[key] = entry;
    order_ << key;
    show_entries();
  });
  connect(session, &ProjectSession::work_progress, this, [this](int id, const Progress& progress) {
    const auto entry = entries_.find(QStringLiteral("work %1").arg(id));
    if (entry == entries_.end()) return;
    entry->phase = describe(progress);
    entry->share = progress.total > 0 ? static_cast<double>(progress.done) / static_cast<double>(progress.total) : -1;
    if (entry->share >= 0) entry->left.add(entry->share, steady_seconds() - entry->begun);
    show_entries();
  });
  connect(session, &ProjectSession::work_finished, this, [this](int id) {
    const QString key = QStringLiteral("work %1").arg(id);
    entries_.remove(key);
    order_.removeAll(key);
    show_entries();
  });
  if (jobs == nullptr) return;
  connect(jobs, &JobCenter::job_changed, this, &JobTray::update_job);
  connect(jobs, &JobCenter::job_events, this, [this](qint64 job, const std::vector<jobs::Event>& events) {
    const auto entry = entries_.find(QStringLiteral("job %1").arg(job));
    if (entry == entries_.end()) return;
    for (const auto& event : events) jobs::follow_pace(event, entry->pace);
    show_entries();
  });
}

void JobTray::update_job(const jobs::Job& job) {
  const QString key = QStringLiteral("job %1").arg(job.id);
  if (job.ended()) {
    entries_.remove(key);
    order_.removeAll(key);
    if (job.state == jobs::JobState::failed)
      add_error(Error{ErrorKind::job,
                      "job.failed",
                      "{title} failed: {why}",
                      {{"title", job_title(job).toStdString()}, {"why", job.message}},
                      {}});
    return show_entries();
  }
  if (!entries_.contains(key)) {
    Entry entry;
    entry.what = job_title(job);
    entry.begun = steady_seconds();
    entry.cancel = [this, id = job.id] {
      if (jobs_) jobs_->cancel(id);
    };
    entries_[key] = entry;
    order_ << key;
  }
  Entry& entry = entries_[key];
  entry.phase = job.state == jobs::JobState::queued ? tr("waiting")
                : job.progress                      ? describe(*job.progress)
                                                    : QString();
  const auto share = job.share();
  entry.share = share && job.state == jobs::JobState::running ? *share : -1;
  if (entry.share >= 0) entry.left.add(entry.share, steady_seconds() - entry.begun);
  show_entries();
}

void JobTray::show_saved() {
  set_tone(saved_, Tone::muted);
  saved_->setText(tr("Saved %1").arg(QLocale().toString(QTime::currentTime(), QStringLiteral("HH:mm:ss"))));
}

// The newest stands in the tray, the others behind its button.
void JobTray::show_entries() {
  const bool any = !order_.isEmpty();
  for (QWidget* part : {static_cast<QWidget*>(text_), static_cast<QWidget*>(bar_), static_cast<QWidget*>(time_),
                        static_cast<QWidget*>(cancel_)})
    part->setVisible(any);
  more_->setVisible(order_.size() > 1);
  if (!any) return;
  const Entry& entry = entries_[order_.last()];
  text_->set_text(entry.phase.isEmpty() ? entry.what : QStringLiteral("%1 · %2").arg(entry.what, entry.phase));
  bar_->set_share(entry.share);
  cancel_->setEnabled(!entry.stopping);
  QString time;
  if (entry.stopping)
    time = tr("stopping…");
  else if (entry.pace && entry.pace->seconds_left)
    time = message(time_left(*entry.pace->seconds_left));
  else if (const auto left = entry.left.left(); left && entry.share >= 0)
    time = tr("%1 left").arg(duration(std::max(1.0, *left)));
  time_->setText(time);
  more_->setText(tr("%n more", nullptr, static_cast<int>(order_.size()) - 1));
  more_->updateGeometry();
}

void JobTray::open_list() {
  QMenu menu(this);
  for (const auto& key : order_) {
    const Entry& entry = entries_[key];
    auto* action =
        menu.addAction(tr("Cancel %1").arg(entry.what + (entry.phase.isEmpty() ? QString() : " · " + entry.phase)));
    connect(action, &QAction::triggered, this, [this, key] {
      if (!entries_.contains(key)) return;
      entries_[key].stopping = true;
      if (entries_[key].cancel) entries_[key].cancel();
      show_entries();
    });
  }
  menu.exec(more_->mapToGlobal(QPoint(0, -menu.sizeHint().height())));
}

void JobTray::add_error(const Error& error) {
  if (error.kind == ErrorKind::cancelled) return;
  errors_.push_back({now_ms(), message(error), hint(error)});
  if (errors_.size() > 200) errors_.erase(errors_.begin());
  ++unread_;
  error_button_->setText(unread_ == 1 ? tr("1 unread error") : tr("%1 unread errors").arg(unread_));
  error_button_->setVisible(true);
  error_button_->updateGeometry();
}

void JobTray::open_errors() {
  Dialog dialog(tr("Errors"), tr("Done"), this);
  for (auto said = errors_.rbegin(); said != errors_.rend() && said - errors_.rbegin() < 12; ++said) {
    const QString time = QLocale().toString(QDateTime::fromMSecsSinceEpoch(said->when), QStringLiteral("HH:mm:ss"));
    auto* text = make_label(QStringLiteral("%1  %2").arg(time, said->text), FontRole::body, Tone::fail);
    text->setWordWrap(true);
    text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    dialog.body()->addWidget(text);
    if (said->hint.isEmpty()) continue;
    auto* hint = make_label(said->hint, FontRole::body, Tone::muted);
    hint->setWordWrap(true);
    dialog.body()->addWidget(hint);
  }
  unread_ = 0;
  error_button_->hide();
  dialog.exec();
  Q_EMIT opened_errors();
}

void JobTray::set_latency(double p95_ms) {
  latency_->setText(tr("key → paint p95 %1 ms").arg(QLocale().toString(p95_ms, 'f', p95_ms < 10 ? 1 : 0)));
}

}  // namespace millwright::ui

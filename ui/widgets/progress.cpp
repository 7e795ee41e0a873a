#include "progress.h"

#include <QCoreApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>

#include "buttons.h"
#include "card.h"

namespace millwright::ui {

void TimeLeft::reset() { points_.clear(); }

void TimeLeft::add(double share, double seconds) {
  if (!points_.isEmpty() && share < points_.last().share) points_.clear();
  points_.push_back({share, seconds});
  // The pace of the last third of the time counts, ten points at least.
  while (points_.size() > 10 && points_[1].seconds < seconds * 2 / 3) points_.removeFirst();
}

std::optional<double> TimeLeft::left() const {
  if (points_.size() < 2) return std::nullopt;
  const double took = points_.last().seconds - points_.first().seconds;
  const double did = points_.last().share - points_.first().share;
  if (took < 0.5 || did <= 0) return std::nullopt;
  return std::max(0.0, (1 - points_.last().share) * took / did);
}

ProgressBar::ProgressBar(QWidget* parent) : QWidget(parent) {
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  connect(&Theme::instance(), &Theme::changed, this, [this] { update(); });
}

void ProgressBar::set_share(double share) {
  share_ = share;
  setAccessibleDescription(share < 0 ? tr("under way") : percent(share, 0));
  if (share < 0 && timer_ == 0) timer_ = startTimer(40);
  if (share >= 0 && timer_ != 0) {
    killTimer(timer_);
    timer_ = 0;
  }
  update();
}

QSize ProgressBar::sizeHint() const { return {px(160), px(4)}; }

void ProgressBar::timerEvent(QTimerEvent*) {
  phase_ = (phase_ + 1) % 100;
  update();
}

void ProgressBar::hideEvent(QHideEvent* event) {
  if (timer_ != 0) killTimer(timer_);
  timer_ = 0;
  QWidget::hideEvent(event);
}

void ProgressBar::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(Qt::NoPen);
  const double height = px(4), top = (this->height() - height) / 2.0, radius = height / 2;
  painter.setBrush(tokens().line);
  painter.drawRoundedRect(QRectF(0, top, width(), height), radius, radius);
  painter.setBrush(tokens().accent);
  if (share_ >= 0) {
    painter.drawRoundedRect(QRectF(0, top, std::max(height, width() * std::min(share_, 1.0)), height), radius, radius);
    return;
  }
  const double part = width() * 0.28, way = width() - part;
  const double place = way * (phase_ < 50 ? phase_ : 100 - phase_) / 50.0;
  painter.drawRoundedRect(QRectF(place, top, part, height), radius, radius);
}

QString describe(const Progress& progress) {
  const auto word = [](const std::string& text) { return QCoreApplication::translate("progress", text.c_str()); };
  const QString phase = word(progress.phase);
  if (progress.unit == "bytes")
    return progress.total > 0 ? QStringLiteral("%1 · %2 / %3").arg(phase, bytes(progress.done), bytes(progress.total))
                              : QStringLiteral("%1 · %2").arg(phase, bytes(progress.done));
  if (progress.done == 0 && progress.total == 0) return phase;
  const QString unit = word(progress.unit);
  if (progress.total > 0)
    return QStringLiteral("%1 · %2 / %3 %4")
        .arg(phase, figure(qint64{progress.done}), figure(qint64{progress.total}), unit);
  return QStringLiteral("%1 · %2 %3").arg(phase, figure(qint64{progress.done}), unit);
}

ProgressStrip::ProgressStrip(QWidget* parent) : QWidget(parent) {
  auto* all = new QHBoxLayout(this);
  all->setContentsMargins(0, 0, 0, 0);
  all->setSpacing(px(12));
  text_ = new ElidedLabel;
  text_->set_role(FontRole::body, Tone::muted);
  bar_ = new ProgressBar;
  bar_->setFixedWidth(px(160));
  time_ = make_label({}, FontRole::body, Tone::muted);
  cancel_ = quiet_button(tr("Cancel"));
  all->addWidget(text_, 1);
  all->addWidget(bar_);
  all->addWidget(time_);
  all->addWidget(cancel_);
  connect(cancel_, &QPushButton::clicked, this, [this] {
    cancel_->setEnabled(false);
    time_->setText(tr("stopping…"));
    time_->show();
    Q_EMIT cancelled();
  });
  setVisible(false);
}

void ProgressStrip::start(const QString& what, bool can_cancel) {
  what_ = what;
  running_ = true;
  clock_.start();
  left_.reset();
  text_->set_text(what);
  time_->clear();
  bar_->set_share(-1);
  cancel_->setEnabled(true);
  cancel_->setVisible(can_cancel);
  show();
}

void ProgressStrip::update_progress(const Progress& progress) {
  if (!running_) return;
  text_->set_text(what_.isEmpty() ? describe(progress) : QStringLiteral("%1 · %2").arg(what_, describe(progress)));
  if (progress.total <= 0) return bar_->set_share(-1);
  const double share = static_cast<double>(progress.done) / static_cast<double>(progress.total);
  bar_->set_share(share);
  left_.add(share, static_cast<double>(clock_.elapsed()) / 1000);
  if (const auto seconds = left_.left(); seconds && cancel_->isEnabled() && tells_time_)
    time_->setText(tr("%1 left").arg(duration(std::max(1.0, *seconds))));
}

void ProgressStrip::set_tells_time(bool tells) {
  if (tells_time_ != tells && cancel_->isEnabled()) time_->clear();
  tells_time_ = tells;
  time_->setVisible(tells || !cancel_->isEnabled());
}

void ProgressStrip::finish() {
  running_ = false;
  hide();
}

}  // namespace millwright::ui

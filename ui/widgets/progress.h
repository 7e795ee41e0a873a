// How far long work is, and how long it will still take.
#pragma once

#include <QElapsedTimer>
#include <QWidget>
#include <optional>

#include "base/work.h"

class QLabel;

namespace millwright::ui {

class Button;
class ElidedLabel;

/// Time left from the pace so far: the mean over the last part of the work, so that a slow start does not count for
/// ever. Pure arithmetic; time is handed in.
class TimeLeft {
 public:
  void reset();
  /// share 0 … 1 at a time in seconds.
  void add(double share, double seconds);
  /// Seconds; nullopt while too little is known (less than half a second, or no step).
  [[nodiscard]] std::optional<double> left() const;

 private:
  struct Point {
    double share, seconds;
  };
  QVector<Point> points_;
};

/// A bar of 4 px; share < 0 means that the total is not known (it then moves to and fro).
class ProgressBar : public QWidget {
  Q_OBJECT
 public:
  explicit ProgressBar(QWidget* parent = nullptr);
  void set_share(double share);
  [[nodiscard]] QSize sizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;
  void timerEvent(QTimerEvent* event) override;
  void hideEvent(QHideEvent* event) override;

 private:
  double share_ = 0;
  int phase_ = 0;
  int timer_ = 0;
};

/// Words, bar, time left and cancel in one line.
class ProgressStrip : public QWidget {
  Q_OBJECT
 public:
  explicit ProgressStrip(QWidget* parent = nullptr);
  /// what: "Importing packages.csv"; empty where the progress says enough.
  void start(const QString& what, bool can_cancel = true);
  void update_progress(const Progress& progress);
  /// Whether it tells the time left by the pace so far: not where the work itself says it, elsewhere on the page.
  void set_tells_time(bool tells);
  void finish();
  [[nodiscard]] bool running() const { return running_; }

 Q_SIGNALS:
  void cancelled();

 private:
  QString what_;
  bool running_ = false, tells_time_ = true;
  QElapsedTimer clock_;
  TimeLeft left_;
  ElidedLabel* text_;
  ProgressBar* bar_;
  QLabel* time_;
  Button* cancel_;
};

/// "read 41,000 of 63,440 rows": the phase's word translated, figures in the user's locale.
[[nodiscard]] QString describe(const Progress& progress);

}  // namespace millwright::ui

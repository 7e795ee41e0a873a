// From a key press to the finished picture, measured on the program itself.
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QPointer>
#include <QWidget>
#include <vector>

namespace millwright::ui {

/// Watches the application's events: a key press starts the clock, the first update of the window after it stops it
/// once it has been painted and handed over.
class KeyLatency : public QObject {
  Q_OBJECT
 public:
  explicit KeyLatency(QWidget* window);
  /// Of the last 200 key presses; negative while there is none.
  [[nodiscard]] double p95_ms() const;
  [[nodiscard]] double p99_ms() const;
  [[nodiscard]] int count() const { return total_; }

 Q_SIGNALS:
  void measured(double p95_ms);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  [[nodiscard]] double quantile(double share) const;
  QPointer<QWidget> window_;
  QElapsedTimer clock_;
  bool waiting_ = false;
  std::vector<double> last_;
  int total_ = 0;
};

}  // namespace millwright::ui

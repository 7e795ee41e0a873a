#include "key_latency.h"

#include <QApplication>
#include <QEvent>
#include <QTimer>
#include <algorithm>

namespace millwright::ui {

namespace {
constexpr size_t kKept = 200;
constexpr double kTooLongMs = 2000;  // a key that changed nothing is answered by some later, unrelated update
}  // namespace

KeyLatency::KeyLatency(QWidget* window) : QObject(window), window_(window) { qApp->installEventFilter(this); }

bool KeyLatency::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::KeyPress && watched->isWidgetType() && !waiting_) {
    clock_.start();
    waiting_ = true;
    // A key that asks for no update is not measured.
    QTimer::singleShot(0, this, [this] { QTimer::singleShot(300, this, [this] { waiting_ = false; }); });
  } else if (waiting_ && watched == window_ && event->type() == QEvent::UpdateRequest) {
    waiting_ = false;
    // Behind the update in the queue: it has been painted then.
    QMetaObject::invokeMethod(
        this,
        [this] {
          const double ms = static_cast<double>(clock_.nsecsElapsed()) / 1e6;
          if (ms > kTooLongMs) return;
          if (last_.size() >= kKept) last_.erase(last_.begin());
          last_.push_back(ms);
          ++total_;
          Q_EMIT measured(p95_ms());
        },
        Qt::QueuedConnection);
  }
  return QObject::eventFilter(watched, event);
}

double KeyLatency::quantile(double share) const {
  if (last_.empty()) return -1;
  std::vector<double> sorted = last_;
  const auto place = sorted.begin() + static_cast<ptrdiff_t>(share * static_cast<double>(sorted.size() - 1));
  std::nth_element(sorted.begin(), place, sorted.end());
  return *place;
}

double KeyLatency::p95_ms() const { return quantile(0.95); }
double KeyLatency::p99_ms() const { return quantile(0.99); }

}  // namespace millwright::ui

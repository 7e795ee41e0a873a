// A brushed range, shared by charts that show the same field: brush one, and the others show it too.
#pragma once

#include <QObject>
#include <optional>

#include "ui_charts/chart.h"

namespace millwright::ui {

class BrushLink : public QObject {
  Q_OBJECT
 public:
  using QObject::QObject;
  [[nodiscard]] std::optional<Span> range() const { return range_; }
  void set_range(std::optional<Span> range) {
    if (range == range_) return;
    range_ = range;
    Q_EMIT changed();
  }

 Q_SIGNALS:
  void changed();

 private:
  std::optional<Span> range_;
};

}  // namespace millwright::ui

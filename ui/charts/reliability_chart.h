// Confidence against how often it was right.
#pragma once

#include <vector>

#include "ui_charts/chart.h"

namespace millwright::ui {

struct ReliabilityBin {
  double confidence = 0;  ///< mean confidence in the bin, 0 … 1
  double accuracy = 0;    ///< share that was right, 0 … 1
  qint64 count = 0;
};

class ReliabilityChart : public Chart {
  Q_OBJECT
 public:
  explicit ReliabilityChart(QWidget* parent = nullptr);
  ~ReliabilityChart() override;
  /// ece: expected calibration error, shown with the picture; NaN leaves it out.
  void set_data(std::vector<ReliabilityBin> bins, double ece);
  void clear();
  [[nodiscard]] bool is_empty() const override;
  [[nodiscard]] QString describe() const override;
  [[nodiscard]] QByteArray to_csv() const override;

 protected:
  [[nodiscard]] Axis x_axis() const override;
  [[nodiscard]] Axis y_axis() const override;
  [[nodiscard]] bool can_zoom() const override { return false; }
  void draw_marks(Canvas& canvas, const Frame& frame) override;
  void draw_words(QPainter& painter, const Frame& frame) override;
  void draw_overlay(QPainter& painter, const Frame& frame) override;
  void pointer_moved(const QPointF& where, const Frame& frame) override;
  void pointer_left() override;

 private:
  std::vector<ReliabilityBin> bins_;
  double ece_ = 0;
  int hover_ = -1;
};

}  // namespace millwright::ui

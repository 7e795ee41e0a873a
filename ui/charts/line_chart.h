// Lines over a common x: training curves that grow while one looks, series of a million points.
#pragma once

#include <vector>

#include "ui_charts/chart.h"

namespace millwright::ui {

enum class SeriesColor { reference, current, accent, muted, pass, fail };

class LineChart : public Chart {
  Q_OBJECT
 public:
  explicit LineChart(QWidget* parent = nullptr);
  ~LineChart() override;
  /// Adds a series and returns its number. unit: "%", "ms", or none.
  int add_series(const QString& name, SeriesColor color);
  void clear();
  /// x must not fall within a series. NaN in y leaves a gap.
  void append(int series, double x, double y);
  void set_points(int series, std::vector<double> x, std::vector<double> y);
  void set_axis_names(const QString& x, const QString& y);
  /// Fixed y range; otherwise from the data.
  void set_y_range(std::optional<Span> range);
  void set_value_format(std::function<QString(double)> format);
  void set_whole_x(bool integers);  ///< x counts something: epochs, steps

  [[nodiscard]] bool is_empty() const override;
  [[nodiscard]] QString describe() const override;
  [[nodiscard]] QByteArray to_csv() const override;

 protected:
  [[nodiscard]] Axis x_axis() const override;
  [[nodiscard]] Axis y_axis() const override;
  void draw_marks(Canvas& canvas, const Frame& frame) override;
  void draw_words(QPainter& painter, const Frame& frame) override;
  void draw_overlay(QPainter& painter, const Frame& frame) override;
  [[nodiscard]] QMarginsF extra_margins() const override;
  void pointer_moved(const QPointF& where, const Frame& frame) override;
  void pointer_left() override;
  bool key_pressed(QKeyEvent* event, const Frame& frame) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace millwright::ui

// A matrix as a picture: where a model errs.
#pragma once

#include <QStringList>
#include <vector>

#include "ui_charts/chart.h"

namespace millwright::ui {

struct MatrixData {
  QStringList rows;            ///< true labels
  QStringList columns;         ///< predicted labels
  std::vector<double> counts;  ///< row by row
  QString row_name, column_name;
};

/// Colour is the share of the row. Wheel zooms into a block (labels then have room), drag with the middle button moves,
/// arrows move a cell, Enter and click choose it.
class HeatmapChart : public Chart {
  Q_OBJECT
 public:
  explicit HeatmapChart(QWidget* parent = nullptr);
  ~HeatmapChart() override;
  void set_data(MatrixData data);
  void clear();
  [[nodiscard]] bool is_empty() const override;
  [[nodiscard]] QString describe() const override;
  [[nodiscard]] QByteArray to_csv() const override;

 Q_SIGNALS:
  void cell_chosen(int row, int column);

 protected:
  [[nodiscard]] Axis x_axis() const override;
  [[nodiscard]] Axis y_axis() const override;
  [[nodiscard]] Frame layout(QSizeF size) const override;
  void draw_marks(Canvas& canvas, const Frame& frame) override;
  void draw_words(QPainter& painter, const Frame& frame) override;
  void draw_overlay(QPainter& painter, const Frame& frame) override;
  void pointer_moved(const QPointF& where, const Frame& frame) override;
  void pointer_left() override;
  bool pointer_pressed(const QPointF& where, const Frame& frame, Qt::KeyboardModifiers modifiers) override;
  bool key_pressed(QKeyEvent* event, const Frame& frame) override;

 private:
  struct State;
  [[nodiscard]] Span y_view() const;
  std::unique_ptr<State> state_;
};

}  // namespace millwright::ui

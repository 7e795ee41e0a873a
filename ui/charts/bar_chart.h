// Categories of one or two samples as lying bars: names stay readable.
#pragma once

#include <QStringList>
#include <vector>

#include "ui_charts/chart.h"

namespace millwright::ui {

struct CategoryData {
  QStringList names;              ///< in the order to be shown
  std::vector<double> reference;  ///< rows per category
  std::vector<double> current;    ///< empty: one sample only
  QString reference_name, current_name;
  QString field;
};

/// Scrolls with the wheel where not all fit; click, Ctrl+click or Space selects; up and down move.
class BarChart : public Chart {
  Q_OBJECT
 public:
  explicit BarChart(QWidget* parent = nullptr);
  ~BarChart() override;
  void set_data(CategoryData data);
  void clear();
  /// Shares of each sample or counts. Default: shares with two samples, counts with one.
  void set_shares(bool shares);
  [[nodiscard]] QStringList selected() const;
  void set_selected(const QStringList& names);
  /// Rows behind the selection in each sample.
  [[nodiscard]] qint64 selected_reference() const;
  [[nodiscard]] qint64 selected_current() const;

  [[nodiscard]] bool is_empty() const override;
  [[nodiscard]] QString describe() const override;
  [[nodiscard]] QByteArray to_csv() const override;

 Q_SIGNALS:
  void selection_changed(const QStringList& names);

 protected:
  [[nodiscard]] Axis x_axis() const override;
  [[nodiscard]] Axis y_axis() const override;
  [[nodiscard]] Frame layout(QSizeF size) const override;
  [[nodiscard]] bool can_zoom() const override { return false; }
  void draw_marks(Canvas& canvas, const Frame& frame) override;
  void draw_words(QPainter& painter, const Frame& frame) override;
  void draw_overlay(QPainter& painter, const Frame& frame) override;
  [[nodiscard]] QMarginsF extra_margins() const override;
  void pointer_moved(const QPointF& where, const Frame& frame) override;
  void pointer_left() override;
  bool pointer_pressed(const QPointF& where, const Frame& frame, Qt::KeyboardModifiers modifiers) override;
  bool key_pressed(QKeyEvent* event, const Frame& frame) override;
  void wheelEvent(QWheelEvent* event) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace millwright::ui

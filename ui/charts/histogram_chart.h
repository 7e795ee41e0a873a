// Two samples of a numeric field over each other, with a brush.
#pragma once

#include <span>
#include <vector>

#include "ui_charts/brush.h"
#include "ui_charts/chart.h"

namespace millwright::ui {

/// Bins as fine as you like: the chart merges neighbours down to what is worth drawing at the present zoom (so handing
/// over thousands makes zooming in worthwhile, and brushing stays free of the number of rows).
struct HistogramData {
  std::vector<double> edges;      ///< ascending, one more than bins
  std::vector<double> reference;  ///< rows per bin
  std::vector<double> current;    ///< rows per bin; empty: one sample only
  QString reference_name, current_name;
  QString field;  ///< the axis's name, with its unit
  ScaleKind scale = ScaleKind::linear;
  std::function<QString(double)> format;  ///< of a value; default: figure()
};

/// Bins both samples in one pass, fine enough to zoom (4,096 bins; whole numbers get bins of their own while there are
/// few). NaN is left out; with log10 values ≤ 0 are left out too. O(n).
[[nodiscard]] HistogramData make_histogram(std::span<const double> reference, std::span<const double> current,
                                           ScaleKind scale = ScaleKind::linear);
/// log10 where the values are positive and span more than three decades between their 1st and 99th percentile.
[[nodiscard]] ScaleKind suggested_scale(std::span<const double> values);

struct BrushedRows {
  Span range;            ///< low inclusive; the last bin's high inclusive
  qint64 reference = 0;  ///< rows behind the brush
  qint64 current = 0;
};

class HistogramChart : public Chart {
  Q_OBJECT
 public:
  enum class Mode { bars, cumulative };
  explicit HistogramChart(QWidget* parent = nullptr);
  ~HistogramChart() override;
  void set_data(HistogramData data);
  void clear();
  void set_mode(Mode mode);
  /// Shares of each sample (the default: samples of different size can be compared) or counts.
  void set_shares(bool shares);
  void set_link(BrushLink* link);

  [[nodiscard]] std::optional<BrushedRows> brush() const;
  /// Snapped to the bins that are shown. Sends brushed().
  void set_brush(std::optional<Span> range);

  [[nodiscard]] bool is_empty() const override;
  [[nodiscard]] QString describe() const override;
  [[nodiscard]] QByteArray to_csv() const override;

 Q_SIGNALS:
  /// While the brush moves.
  void brush_moved(const millwright::ui::BrushedRows& rows);
  /// When it is let go, set by keyboard or by set_brush().
  void brushed(const millwright::ui::BrushedRows& rows);
  void brush_cleared();

 protected:
  [[nodiscard]] Axis x_axis() const override;
  [[nodiscard]] Axis y_axis() const override;
  void draw_marks(Canvas& canvas, const Frame& frame) override;
  void draw_words(QPainter& painter, const Frame& frame) override;
  void draw_overlay(QPainter& painter, const Frame& frame) override;
  [[nodiscard]] QMarginsF extra_margins() const override;
  void pointer_moved(const QPointF& where, const Frame& frame) override;
  void pointer_left() override;
  bool pointer_pressed(const QPointF& where, const Frame& frame, Qt::KeyboardModifiers modifiers) override;
  void pointer_dragged(const QPointF& where, const Frame& frame) override;
  void pointer_released(const QPointF& where, const Frame& frame) override;
  bool key_pressed(QKeyEvent* event, const Frame& frame) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace millwright::ui

#include "reliability_chart.h"

#include <QPainter>
#include <algorithm>
#include <cmath>

#include "detail/canvas.h"
#include "detail/paint_help.h"
#include "ui_widgets/theme.h"

namespace millwright::ui {

ReliabilityChart::ReliabilityChart(QWidget* parent) : Chart(parent) { set_empty_text(tr("No predictions to judge")); }
ReliabilityChart::~ReliabilityChart() = default;

void ReliabilityChart::set_data(std::vector<ReliabilityBin> bins, double ece) {
  std::erase_if(bins, [](const auto& bin) { return bin.count <= 0; });
  bins_ = std::move(bins);
  ece_ = ece;
  hover_ = -1;
  data_changed({0, 1});
}

void ReliabilityChart::clear() { set_data({}, 0); }
bool ReliabilityChart::is_empty() const { return bins_.empty(); }

QString ReliabilityChart::describe() const {
  if (is_empty()) return tr("Reliability diagram without predictions.");
  QString said = tr("Reliability diagram with %1 bins.").arg(bins_.size());
  if (!std::isnan(ece_)) said += ' ' + tr("Expected calibration error %1.").arg(figure(ece_, 3));
  const auto worst = std::max_element(bins_.begin(), bins_.end(), [](const auto& a, const auto& b) {
    return std::abs(a.accuracy - a.confidence) * static_cast<double>(a.count) <
           std::abs(b.accuracy - b.confidence) * static_cast<double>(b.count);
  });
  return said + ' ' +
         tr("Where it matters most it says %1 and is right in %2 of %3.")
             .arg(percent(worst->confidence), percent(worst->accuracy), figure(worst->count));
}

QByteArray ReliabilityChart::to_csv() const {
  QByteArray csv = "confidence,accuracy,count\r\n";
  for (const auto& bin : bins_)
    csv += csv_number(bin.confidence) + ',' + csv_number(bin.accuracy) + ',' + QByteArray::number(bin.count) + "\r\n";
  return csv;
}

Chart::Axis ReliabilityChart::x_axis() const {
  Axis axis;
  axis.range = {0, 1};
  axis.name = tr("How sure it said it was");
  axis.shares = true;
  return axis;
}

Chart::Axis ReliabilityChart::y_axis() const {
  Axis axis;
  axis.range = {0, 1};
  axis.name = tr("How often it was right");
  axis.shares = true;
  return axis;
}

void ReliabilityChart::draw_marks(Canvas& canvas, const Frame& frame) {
  const Tokens& t = tokens();
  double most = 1;
  for (const auto& bin : bins_) most = std::max(most, static_cast<double>(bin.count));
  const double width =
      std::max(3.0, frame.plot.width() / std::max<double>(10, static_cast<double>(bins_.size())) * 0.7);
  QVector<QRectF> counts;
  for (const auto& bin : bins_) {
    const double height = std::max(1.0, frame.plot.height() * 0.16 * static_cast<double>(bin.count) / most);
    counts.push_back(QRectF(frame.to_x(bin.confidence) - width / 2, frame.plot.bottom() - height, width, height));
  }
  canvas.rects(counts, mix(t.faint, t.surface, 0.35));
  canvas.dashed_line({frame.to_x(0), frame.to_y(0)}, {frame.to_x(1), frame.to_y(1)}, t.faint, 1.2, 5);
  QVector<QPointF> line;
  for (const auto& bin : bins_) {
    const QPointF p(frame.to_x(bin.confidence), frame.to_y(bin.accuracy));
    canvas.line(p, {p.x(), frame.to_y(bin.confidence)}, mix(t.accent, t.surface, 0.45), 2);
    line.push_back(p);
  }
  canvas.polyline(line, t.accent, 1.8);
  for (const auto& p : line) canvas.disc(p, 3.2, t.accent);
}

void ReliabilityChart::draw_words(QPainter& painter, const Frame& frame) {
  if (std::isnan(ece_)) return;
  painter.setFont(role_font(FontRole::caption));
  painter.setPen(tokens().muted);
  painter.drawText(QRectF(frame.plot.left(), frame.plot.top() - px(26), frame.plot.width(), px(16)),
                   Qt::AlignRight | Qt::AlignTop, QStringLiteral("ECE %1").arg(figure(ece_, 3)));
}

void ReliabilityChart::draw_overlay(QPainter& painter, const Frame& frame) {
  if (hover_ < 0) return;
  const auto& bin = bins_[static_cast<size_t>(hover_)];
  const QPointF p(frame.to_x(bin.confidence), frame.to_y(bin.accuracy));
  painter.setPen(QPen(tokens().surface, 1.5));
  painter.setBrush(tokens().accent);
  painter.drawEllipse(p, 5, 5);
  paint_tip(painter, p, QRectF(rect()).adjusted(2, 2, -2, -2),
            {{tr("%1 rows").arg(figure(bin.count)), {}, true},
             {tr("said %1").arg(percent(bin.confidence)), {}},
             {tr("right %1").arg(percent(bin.accuracy)), tokens().accent}});
}

void ReliabilityChart::pointer_moved(const QPointF& where, const Frame& frame) {
  int hover = -1;
  double least = px(24);
  for (size_t i = 0; i < bins_.size(); ++i)
    if (const double far = std::abs(frame.to_x(bins_[i].confidence) - where.x()); far < least)
      least = far, hover = static_cast<int>(i);
  if (hover == hover_) return;
  hover_ = hover;
  update();
}

void ReliabilityChart::pointer_left() {
  hover_ = -1;
  update();
}

}  // namespace millwright::ui

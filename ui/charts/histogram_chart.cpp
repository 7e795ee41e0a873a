#include "histogram_chart.h"

#include <QPainter>
#include <algorithm>
#include <cmath>

#include "detail/canvas.h"
#include "detail/histogram_state.h"
#include "detail/paint_help.h"
#include "ui_widgets/theme.h"

namespace millwright::ui {

HistogramChart::HistogramChart(QWidget* parent) : Chart(parent), state_(std::make_unique<State>()) {
  set_empty_text(tr("No values to show"));
}
HistogramChart::~HistogramChart() = default;

void HistogramChart::set_data(HistogramData data) {
  auto& s = *state_;
  s.data = std::move(data);
  s.brush.reset();
  s.hover = -1;
  const auto sums = [](const std::vector<double>& counts) {
    std::vector<double> below;
    if (counts.empty()) return below;
    below.resize(counts.size() + 1, 0);
    for (size_t i = 0; i < counts.size(); ++i) below[i + 1] = below[i] + counts[i];
    return below;
  };
  s.below_reference = sums(s.data.reference);
  s.below_current = sums(s.data.current);
  s.total_reference = s.below_reference.empty() ? 0 : s.below_reference.back();
  s.total_current = s.below_current.empty() ? 0 : s.below_current.back();
  data_changed(s.bins() > 0 ? Span{s.data.edges.front(), s.data.edges.back()} : Span{});
}

void HistogramChart::clear() { set_data({}); }

void HistogramChart::set_mode(Mode mode) {
  state_->mode = mode;
  invalidate();
}

void HistogramChart::set_shares(bool shares) {
  state_->shares = shares;
  invalidate();
}

void HistogramChart::set_link(BrushLink* link) {
  state_->link = link;
  if (link == nullptr) return;
  connect(link, &BrushLink::changed, this, [this] {
    auto& s = *state_;
    if (!s.link || s.drag != State::Drag::none || is_empty()) return;
    const auto range = s.link->range();
    const auto now = brush();
    if (range == (now ? std::optional<Span>(now->range) : std::nullopt)) return;
    set_brush(range);
  });
}

bool HistogramChart::is_empty() const {
  return state_->bins() == 0 || state_->total_reference + state_->total_current == 0;
}

std::optional<BrushedRows> HistogramChart::brush() const {
  const auto& s = *state_;
  if (!s.brush) return std::nullopt;
  const auto [from, to] = *s.brush;
  return BrushedRows{{s.data.edges[from], s.data.edges[to]},
                     static_cast<qint64>(s.rows(false, from, to)),
                     static_cast<qint64>(s.rows(true, from, to))};
}

void HistogramChart::set_brush(std::optional<Span> range) {
  auto& s = *state_;
  if (is_empty()) return;
  if (!range) {
    const bool had = s.brush.has_value();
    s.brush.reset();
    update();
    if (s.link) s.link->set_range(std::nullopt);
    if (had) Q_EMIT brush_cleared();
    return;
  }
  const auto begin = s.data.edges.begin(), end = s.data.edges.end();
  const double slack = 1e-9 * (std::abs(range->low) + std::abs(range->high));
  const auto from = std::max<ptrdiff_t>(0, std::upper_bound(begin, end, range->low + slack) - begin - 1);
  const auto to =
      std::min<ptrdiff_t>(static_cast<ptrdiff_t>(s.bins()), std::lower_bound(begin, end, range->high - slack) - begin);
  s.brush = {static_cast<size_t>(from), static_cast<size_t>(std::max(from + 1, to))};
  update();
  setAccessibleDescription(describe());
  if (s.link) s.link->set_range(brush()->range);
  Q_EMIT brushed(*brush());
}

QString HistogramChart::describe() const {
  const auto& s = *state_;
  if (is_empty()) return tr("Histogram without values.");
  const auto text = [&](double v) { return s.data.format ? s.data.format(v) : figure(v); };
  const auto median = [&](const std::vector<double>& below) {
    const auto it = std::lower_bound(below.begin(), below.end(), below.back() / 2);
    return s.data.edges[static_cast<size_t>(it - below.begin())];
  };
  QString said = tr("Histogram of %1 from %2 to %3. %4: %5 rows, median about %6.")
                     .arg(s.data.field, text(s.data.edges.front()), text(s.data.edges.back()),
                          s.data.reference_name.isEmpty() ? tr("Values") : s.data.reference_name,
                          figure(static_cast<qint64>(s.total_reference)), text(median(s.below_reference)));
  if (s.two() && s.total_current > 0)
    said += ' ' +
            tr("%1: %2 rows, median about %3.")
                .arg(s.data.current_name, figure(static_cast<qint64>(s.total_current)), text(median(s.below_current)));
  if (const auto b = brush())
    said += ' ' + tr("Brushed: %1 to %2, %3 rows.")
                      .arg(text(b->range.low), text(b->range.high), figure(s.two() ? b->current : b->reference));
  return said;
}

QByteArray HistogramChart::to_csv() const {
  const auto& s = *state_;
  QByteArray csv = s.two() ? "low,high,reference,current\r\n" : "low,high,rows\r\n";
  for (size_t i = 0; i < s.bins(); ++i) {
    csv += csv_number(s.data.edges[i]) + ',' + csv_number(s.data.edges[i + 1]) + ',' + csv_number(s.data.reference[i]);
    if (s.two()) csv += ',' + csv_number(s.data.current[i]);
    csv += "\r\n";
  }
  return csv;
}

Chart::Axis HistogramChart::x_axis() const {
  Axis axis;
  axis.scale = state_->data.scale;
  axis.range = view();
  axis.name = state_->data.field;
  if (axis.scale == ScaleKind::log10 && !axis.name.isEmpty()) axis.name = tr("%1 (log scale)").arg(axis.name);
  axis.format = state_->data.format;
  return axis;
}

Chart::Axis HistogramChart::y_axis() const {
  const auto& s = *state_;
  Axis axis;
  if (s.mode == Mode::cumulative) {
    axis.range = {0, 1};
    axis.shares = true;
    return axis;
  }
  const auto b = s.bars(view(), std::max(60, width() - px(80)));
  double most = 0;
  for (size_t i = 0; i < b.count; ++i)
    for (bool current : {false, true}) most = std::max(most, s.height(current, s.edge(b, i), s.edge(b, i + 1)));
  axis.range = {0, most > 0 ? most * 1.06 : 1};
  axis.shares = s.shares;
  axis.integers = !s.shares;
  return axis;
}

QMarginsF HistogramChart::extra_margins() const {
  const bool named = !state_->data.reference_name.isEmpty() || state_->two();
  return {0, (named ? legend_height() : 0.0) + px(6), 0, 0};
}

void HistogramChart::draw_marks(Canvas& canvas, const Frame& frame) {
  const auto& s = *state_;
  const Tokens& t = tokens();
  const auto b = s.bars(view(), frame.plot.width());
  const double ratio = canvas.pixel_ratio();
  const auto snap = [ratio](double v) { return std::round(v * ratio) / ratio; };
  for (bool current : {false, true}) {
    if (current && !s.two()) break;
    const QColor color = current ? t.current : t.reference;
    if (s.mode == Mode::cumulative) {
      const double total = current ? s.total_current : s.total_reference;
      QVector<QPointF> line;
      const auto& below = current ? s.below_current : s.below_reference;
      double last_x = -1e9;
      for (size_t i = 0; i < below.size() && total > 0; ++i) {
        const double x = frame.to_x(s.data.edges[i]);
        if (x < frame.plot.left() - 400 || x > frame.plot.right() + 400) continue;
        if (x - last_x < 0.5 && i + 1 < below.size()) continue;
        last_x = x;
        line.push_back({x, frame.to_y(below[i] / total)});
      }
      canvas.polyline(line, color, 1.8);
      continue;
    }
    QColor fill = color;
    fill.setAlphaF(s.two() ? 0.42F : 0.55F);
    QVector<QRectF> bars;
    QVector<QPointF> outline;
    const double base = snap(frame.to_y(0));
    for (size_t i = 0; i < b.count; ++i) {
      const size_t from = s.edge(b, i), to = s.edge(b, i + 1);
      const double left = snap(frame.to_x(s.data.edges[from])), right = snap(frame.to_x(s.data.edges[to]));
      const double top = snap(frame.to_y(s.height(current, from, to)));
      const double gap = right - left > 4 ? 1 / ratio : 0;
      if (base - top > 0) bars.push_back(QRectF(left, top, std::max(1 / ratio, right - left - gap), base - top));
      outline << QPointF(left, top) << QPointF(right, top);
    }
    canvas.rects(bars, fill);
    canvas.polyline(outline, color, 1.3);
  }
  canvas.rect(QRectF(frame.plot.left(), snap(frame.to_y(0)), frame.plot.width(), 1), t.faint);
}

void HistogramChart::draw_words(QPainter& painter, const Frame& frame) {
  const auto& s = *state_;
  if (s.data.reference_name.isEmpty() && !s.two()) return;
  const auto entry = [](const QString& name, double n, const QColor& color) {
    return LegendEntry{Chart::tr("%1 · %2 rows").arg(name, figure(static_cast<qint64>(n))), color};
  };
  QVector<LegendEntry> entries{entry(s.data.reference_name, s.total_reference, tokens().reference)};
  if (s.two()) entries.push_back(entry(s.data.current_name, s.total_current, tokens().current));
  paint_legend(painter, QRectF(frame.plot.left(), px(4), frame.plot.width(), legend_height()), entries);
}

// Only this moves with the pointer: the picture underneath is kept.
void HistogramChart::draw_overlay(QPainter& painter, const Frame& frame) {
  auto& s = *state_;
  const Tokens& t = tokens();
  const auto text = [&](double v) { return s.data.format ? s.data.format(v) : figure(v); };
  const QRectF plot = frame.plot;
  if (s.brush) {
    const double left = std::clamp(frame.to_x(s.data.edges[s.brush->first]), plot.left(), plot.right());
    const double right = std::clamp(frame.to_x(s.data.edges[s.brush->second]), plot.left(), plot.right());
    QColor fill = t.accent;
    fill.setAlphaF(0.13F);
    const double top = plot.top() - px(6);
    painter.fillRect(QRectF(left, top, right - left, plot.bottom() - top), fill);
    painter.setPen(QPen(t.accent, 1.6));
    painter.drawLine(QPointF(left, top), QPointF(left, plot.bottom()));
    painter.drawLine(QPointF(right, top), QPointF(right, plot.bottom()));
    const auto rows = *brush();
    const QString range = tr("%1 – %2").arg(text(rows.range.low), text(rows.range.high));
    const QString held =
        s.two() ? tr("%1 · %2 of current, %3 of reference").arg(range, figure(rows.current), figure(rows.reference))
                : tr("%1 · %2 rows").arg(range, figure(rows.reference));
    paint_tag(painter, (left + right) / 2, top - px(2), QRectF(rect()).adjusted(2, 0, -2, 0), held);
  }
  const auto b = s.bars(view(), plot.width());
  if (s.hover < 0 || s.drag != State::Drag::none || static_cast<size_t>(s.hover) >= b.count) return;
  const size_t from = s.edge(b, static_cast<size_t>(s.hover)), to = s.edge(b, static_cast<size_t>(s.hover) + 1);
  const double left = frame.to_x(s.data.edges[from]), right = frame.to_x(s.data.edges[to]);
  QColor shade = t.text;
  shade.setAlphaF(0.06F);
  painter.fillRect(QRectF(left, plot.top(), right - left, plot.height()).intersected(plot), shade);
  QVector<TipLine> lines{{tr("%1 – %2").arg(text(s.data.edges[from]), text(s.data.edges[to])), {}, true}};
  const auto line = [&](bool current, const QString& name) {
    const double n = s.rows(current, from, to), total = current ? s.total_current : s.total_reference;
    return TipLine{tr("%1: %2 rows, %3")
                       .arg(name.isEmpty() ? tr("Values") : name, figure(static_cast<qint64>(n)),
                            percent(total > 0 ? n / total : 0, 2)),
                   current ? t.current : t.reference};
  };
  lines.push_back(line(false, s.data.reference_name));
  if (s.two()) lines.push_back(line(true, s.data.current_name));
  double top = plot.bottom();
  for (bool current : {false, true})
    if (s.mode == Mode::bars) top = std::min(top, frame.to_y(s.height(current, from, to)));
  paint_tip(painter, QPointF((left + right) / 2, top), QRectF(rect()).adjusted(2, 2, -2, -2), lines);
}

}  // namespace millwright::ui

#include "histogram_chart.h"

#include <QKeyEvent>
#include <QPainter>
#include <QPointer>
#include <algorithm>
#include <cmath>

#include "detail/canvas.h"
#include "detail/paint_help.h"
#include "ui_widgets/theme.h"

namespace millwright::ui {

namespace {
constexpr double kBarWidth = 9;  // design pixels, about
constexpr int kMostBars = 96;
constexpr double kGrip = 6;  // how near to a brush's edge the pointer takes hold of it
}  // namespace

struct HistogramChart::State {
  HistogramData data;
  Mode mode = Mode::bars;
  bool shares = true;
  std::vector<double> below_reference, below_current;  // rows below each edge
  double total_reference = 0, total_current = 0;
  std::optional<std::pair<size_t, size_t>> brush;  // edges
  QPointer<BrushLink> link;
  int hover = -1;
  size_t cursor = 0;  // edge index of the keyboard's end of the brush
  enum class Drag { none, fresh, low, high, move } drag = Drag::none;
  size_t drag_edge = 0;
  std::pair<size_t, size_t> drag_from{};
  bool moved = false;

  [[nodiscard]] size_t bins() const { return data.edges.empty() ? 0 : data.edges.size() - 1; }
  [[nodiscard]] bool two() const { return !data.current.empty(); }

  // Bars of the present view: neighbours merged by a power of two, so that zooming splits bars and never shifts them.
  struct Bars {
    size_t first = 0, group = 1, count = 0;
  };
  [[nodiscard]] Bars bars(const Span& view, double width) const {
    const auto begin = data.edges.begin(), end = data.edges.end();
    const auto low = static_cast<size_t>(std::max<ptrdiff_t>(0, std::upper_bound(begin, end, view.low) - begin - 1));
    const auto high = std::min(bins(), static_cast<size_t>(std::lower_bound(begin, end, view.high) - begin));
    const auto wanted = static_cast<size_t>(std::clamp(width / px(kBarWidth), 12.0, double{kMostBars}));
    Bars b;
    while ((high - std::min(low, high)) / b.group > wanted) b.group *= 2;
    b.first = low / b.group * b.group;
    b.count = high > b.first ? (high - b.first + b.group - 1) / b.group : 0;
    return b;
  }
  [[nodiscard]] size_t edge(const Bars& b, size_t bar) const { return std::min(bins(), b.first + bar * b.group); }
  [[nodiscard]] double rows(bool current, size_t from, size_t to) const {
    const auto& below = current ? below_current : below_reference;
    return below.empty() ? 0 : below[to] - below[from];
  }
  [[nodiscard]] double height(bool current, size_t from, size_t to) const {
    const double total = current ? total_current : total_reference;
    const double n = rows(current, from, to);
    return !shares ? n : total > 0 ? n / total : 0;
  }
};

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
    axis.format = [](double v) { return percent(v, 0); };
    return axis;
  }
  const auto b = s.bars(view(), std::max(60, width() - px(80)));
  double most = 0;
  for (size_t i = 0; i < b.count; ++i)
    for (bool current : {false, true}) most = std::max(most, s.height(current, s.edge(b, i), s.edge(b, i + 1)));
  axis.range = {0, most > 0 ? most * 1.06 : 1};
  if (s.shares) {
    const int decimals = most < 0.004 ? 2 : most < 0.04 ? 1 : 0;
    axis.format = [decimals](double v) { return percent(v, v == 0 ? 0 : decimals); };
  } else {
    axis.integers = true;
  }
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

void HistogramChart::pointer_moved(const QPointF& where, const Frame& frame) {
  auto& s = *state_;
  const auto b = s.bars(view(), frame.plot.width());
  int hover = -1;
  if (frame.plot.adjusted(0, -px(6), 0, px(4)).contains(where)) {
    const double x = frame.from_x(where.x());
    for (size_t i = 0; i < b.count; ++i)
      if (x >= s.data.edges[s.edge(b, i)] && x < s.data.edges[s.edge(b, i + 1)]) hover = static_cast<int>(i);
  }
  if (s.brush && hover >= 0) {
    const double low = frame.to_x(s.data.edges[s.brush->first]), high = frame.to_x(s.data.edges[s.brush->second]);
    const bool edge = std::abs(where.x() - low) < px(kGrip) || std::abs(where.x() - high) < px(kGrip);
    setCursor(edge ? Qt::SizeHorCursor : where.x() > low && where.x() < high ? Qt::OpenHandCursor : Qt::CrossCursor);
  } else {
    hover >= 0 ? setCursor(Qt::CrossCursor) : unsetCursor();
  }
  if (hover == s.hover) return;
  s.hover = hover;
  update();
}

void HistogramChart::pointer_left() {
  state_->hover = -1;
  unsetCursor();
  update();
}

namespace {
// The edge of a bar that is nearest to a pixel.
template <class S, class F>
size_t nearest_edge(const S& s, const typename S::Bars& b, const F& frame, double pixel) {
  size_t best = s.edge(b, 0);
  double least = 1e300;
  for (size_t i = 0; i <= b.count; ++i) {
    const double far = std::abs(frame.to_x(s.data.edges[s.edge(b, i)]) - pixel);
    if (far < least) least = far, best = s.edge(b, i);
  }
  return best;
}
}  // namespace

bool HistogramChart::pointer_pressed(const QPointF& where, const Frame& frame, Qt::KeyboardModifiers) {
  auto& s = *state_;
  if (!frame.plot.adjusted(-px(6), -px(28), px(6), px(4)).contains(where)) return false;
  s.hover = -1;
  s.moved = false;
  s.drag = State::Drag::fresh;
  s.drag_edge = nearest_edge(s, s.bars(view(), frame.plot.width()), frame, where.x());
  if (s.brush) {
    s.drag_from = *s.brush;
    const double low = frame.to_x(s.data.edges[s.brush->first]), high = frame.to_x(s.data.edges[s.brush->second]);
    if (std::abs(where.x() - low) < px(kGrip))
      s.drag = State::Drag::low;
    else if (std::abs(where.x() - high) < px(kGrip))
      s.drag = State::Drag::high;
    else if (where.x() > low && where.x() < high)
      s.drag = State::Drag::move;
  }
  return true;
}

void HistogramChart::pointer_dragged(const QPointF& where, const Frame& frame) {
  auto& s = *state_;
  const auto b = s.bars(view(), frame.plot.width());
  const size_t here = nearest_edge(s, b, frame, where.x());
  auto next = s.brush.value_or(std::make_pair(s.drag_edge, s.drag_edge));
  switch (s.drag) {
    case State::Drag::fresh:
      next = std::minmax(s.drag_edge, here);
      break;
    case State::Drag::low:
      next = std::minmax(here, s.drag_from.second);
      break;
    case State::Drag::high:
      next = std::minmax(s.drag_from.first, here);
      break;
    case State::Drag::move: {
      auto by = static_cast<ptrdiff_t>(here) - static_cast<ptrdiff_t>(s.drag_edge);
      by = std::clamp(by, -static_cast<ptrdiff_t>(s.drag_from.first),
                      static_cast<ptrdiff_t>(s.bins() - s.drag_from.second));
      next = {static_cast<size_t>(static_cast<ptrdiff_t>(s.drag_from.first) + by),
              static_cast<size_t>(static_cast<ptrdiff_t>(s.drag_from.second) + by)};
      break;
    }
    case State::Drag::none:
      return;
  }
  if (next.first == next.second || (s.brush && next == *s.brush)) return;
  s.moved = true;
  s.brush = next;
  update();
  if (s.link) s.link->set_range(brush()->range);
  Q_EMIT brush_moved(*brush());
}

void HistogramChart::pointer_released(const QPointF& where, const Frame& frame) {
  auto& s = *state_;
  const auto drag = s.drag;
  s.drag = State::Drag::none;
  if (s.moved) {
    setAccessibleDescription(describe());
    update();
    Q_EMIT brushed(*brush());
    return;
  }
  // A click: outside the brush it takes the brush away, without one it takes the bar.
  if (drag != State::Drag::fresh) return;
  if (s.brush) return set_brush(std::nullopt);
  const auto b = s.bars(view(), frame.plot.width());
  const double x = frame.from_x(where.x());
  for (size_t i = 0; i < b.count; ++i) {
    const double low = s.data.edges[s.edge(b, i)], high = s.data.edges[s.edge(b, i + 1)];
    if (x >= low && x < high) return set_brush(Span{low, high});
  }
}

// Arrows move the brush, Shift and arrows its upper end, Escape takes it away.
bool HistogramChart::key_pressed(QKeyEvent* event, const Frame& frame) {
  auto& s = *state_;
  if (event->key() == Qt::Key_Escape && s.brush) {
    set_brush(std::nullopt);
    return true;
  }
  const int step = event->key() == Qt::Key_Left ? -1 : event->key() == Qt::Key_Right ? 1 : 0;
  const bool shift = event->modifiers() & Qt::ShiftModifier;
  if (step == 0 || (!s.brush && !shift)) return false;
  const auto b = s.bars(view(), frame.plot.width());
  const auto group = static_cast<ptrdiff_t>(b.group), last = static_cast<ptrdiff_t>(s.bins());
  if (!s.brush) {
    set_brush(Span{s.data.edges[s.edge(b, 0)], s.data.edges[s.edge(b, 1)]});
    return true;
  }
  auto low = static_cast<ptrdiff_t>(s.brush->first), high = static_cast<ptrdiff_t>(s.brush->second);
  if (shift) {
    high = std::clamp(high + step * group, low + 1, last);
  } else {
    const ptrdiff_t by = std::clamp<ptrdiff_t>(step * group, -low, last - high);
    low += by;
    high += by;
  }
  set_brush(Span{s.data.edges[static_cast<size_t>(low)], s.data.edges[static_cast<size_t>(high)]});
  return true;
}

}  // namespace millwright::ui

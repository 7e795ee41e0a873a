// The histogram under pointer and keyboard: hovering, and the brush.
#include <QKeyEvent>
#include <algorithm>
#include <cmath>

#include "detail/histogram_state.h"
#include "histogram_chart.h"

namespace millwright::ui {

namespace {
constexpr double kGrip = 6;  // how near to a brush's edge the pointer takes hold of it
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

#include "line_chart.h"

#include <QKeyEvent>
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "detail/canvas.h"
#include "detail/paint_help.h"
#include "detail/series.h"
#include "ui_widgets/theme.h"

namespace millwright::ui {

namespace {

constexpr size_t kDotsUpTo = 40;  // points of so short a series are marked

QColor stroke(SeriesColor color) {
  const Tokens& t = tokens();
  switch (color) {
    case SeriesColor::reference:
      return t.reference;
    case SeriesColor::current:
      return t.current;
    case SeriesColor::accent:
      return t.accent;
    case SeriesColor::muted:
      return t.faint;
    case SeriesColor::pass:
      return t.pass;
    case SeriesColor::fail:
      return t.fail;
  }
  return t.accent;
}

QColor ink(SeriesColor color) {
  const Tokens& t = tokens();
  switch (color) {
    case SeriesColor::reference:
      return t.reference_text;
    case SeriesColor::current:
      return t.current_text;
    case SeriesColor::accent:
      return t.accent_text;
    case SeriesColor::muted:
      return t.muted;
    case SeriesColor::pass:
      return t.pass_text;
    case SeriesColor::fail:
      return t.fail_text;
  }
  return t.text;
}

}  // namespace

struct LineChart::State {
  struct Line {
    QString name;
    SeriesColor color;
    Series points;
  };
  std::vector<Line> lines;
  QString x_name, y_name;
  std::optional<Span> y_range;
  std::function<QString(double)> format;
  bool whole_x = false;
  std::optional<double> hover;  // x

  [[nodiscard]] QString text(double v) const { return format ? format(v) : figure(v, 4); }
  [[nodiscard]] Span x_extent() const {
    double low = HUGE_VAL, high = -HUGE_VAL;
    for (const auto& line : lines)
      if (line.points.size() > 0) {
        low = std::min(low, line.points.x().front());
        high = std::max(high, line.points.x().back());
      }
    if (low > high) return {};
    if (low == high) return {low - 0.5, high + 0.5};
    return {low, high};
  }
  // The last value that is there: what stands at the end of the line.
  [[nodiscard]] static std::optional<QPointF> last_of(const Line& line) {
    for (size_t i = line.points.size(); i-- > 0;)
      if (!std::isnan(line.points.y()[i])) return QPointF(line.points.x()[i], line.points.y()[i]);
    return std::nullopt;
  }
};

LineChart::LineChart(QWidget* parent) : Chart(parent), state_(std::make_unique<State>()) {
  set_empty_text(tr("Nothing measured yet"));
}
LineChart::~LineChart() = default;

int LineChart::add_series(const QString& name, SeriesColor color) {
  state_->lines.push_back({name, color, {}});
  return static_cast<int>(state_->lines.size()) - 1;
}

void LineChart::clear() {
  state_->lines.clear();
  state_->hover.reset();
  data_changed({});
}

void LineChart::append(int series, double x, double y) {
  state_->lines.at(static_cast<size_t>(series)).points.append(x, y);
  data_changed(state_->x_extent(), true);
}

void LineChart::set_points(int series, std::vector<double> x, std::vector<double> y) {
  state_->lines.at(static_cast<size_t>(series)).points.assign(std::move(x), std::move(y));
  data_changed(state_->x_extent(), true);
}

void LineChart::set_axis_names(const QString& x, const QString& y) {
  state_->x_name = x;
  state_->y_name = y;
  invalidate();
}

void LineChart::set_y_range(std::optional<Span> range) {
  state_->y_range = range;
  invalidate();
}

void LineChart::set_value_format(std::function<QString(double)> format) {
  state_->format = std::move(format);
  invalidate();
}

void LineChart::set_whole_x(bool integers) {
  state_->whole_x = integers;
  invalidate();
}

bool LineChart::is_empty() const {
  return std::all_of(state_->lines.begin(), state_->lines.end(), [](const auto& l) { return l.points.size() == 0; });
}

QString LineChart::describe() const {
  if (is_empty()) return tr("Line chart without points.");
  QStringList said;
  for (const auto& line : state_->lines) {
    const auto last = State::last_of(line);
    if (!last) continue;
    double low = 0, high = 0;
    if (!line.points.extent(-HUGE_VAL, HUGE_VAL, low, high)) continue;
    said << tr("%1: %2 points, now %3, between %4 and %5.")
                .arg(line.name, figure(static_cast<qint64>(line.points.size())), state_->text(last->y()),
                     state_->text(low), state_->text(high));
  }
  return said.join(' ');
}

QByteArray LineChart::to_csv() const {
  QByteArray csv = "series,x,y\r\n";
  for (const auto& line : state_->lines) {
    QString name = line.name;
    if (name.contains('"') || name.contains(',')) name = '"' + name.replace('"', QLatin1String("\"\"")) + '"';
    for (size_t i = 0; i < line.points.size(); ++i)
      csv += name.toUtf8() + ',' + csv_number(line.points.x()[i]) + ',' + csv_number(line.points.y()[i]) + "\r\n";
  }
  return csv;
}

Chart::Axis LineChart::x_axis() const {
  Axis axis;
  axis.range = view();
  axis.name = state_->x_name;
  axis.integers = state_->whole_x;
  return axis;
}

Chart::Axis LineChart::y_axis() const {
  Axis axis;
  axis.name = state_->y_name;
  axis.format = state_->format;
  if (state_->y_range) {
    axis.range = *state_->y_range;
    return axis;
  }
  double low = HUGE_VAL, high = -HUGE_VAL;
  for (const auto& line : state_->lines) {
    double least = 0, most = 0;
    if (!line.points.extent(view().low, view().high, least, most)) continue;
    low = std::min(low, least);
    high = std::max(high, most);
  }
  if (low > high) low = 0, high = 1;
  // From zero where that costs little of the picture; otherwise a little air.
  if (low > 0 && low < 0.4 * high) low = 0;
  const double air = high > low ? (high - low) * 0.06 : std::max(std::abs(high) * 0.1, 0.5);
  axis.range = {low == 0 ? 0 : low - air, high + air};
  return axis;
}

QMarginsF LineChart::extra_margins() const {
  QFont f = role_font(FontRole::caption);
  const QFontMetrics metrics(f);
  int widest = 0;
  for (const auto& line : state_->lines)
    if (const auto last = State::last_of(line))
      widest = std::max(widest, metrics.horizontalAdvance(line.name + QLatin1Char(' ') + state_->text(last->y())));
  return {0, 4.0, std::min<double>(widest + px(8), std::max(px(60), width() * 2 / 5)), 0};
}

void LineChart::draw_marks(Canvas& canvas, const Frame& frame) {
  const int columns = static_cast<int>(frame.plot.width() * canvas.pixel_ratio());
  for (const auto& line : state_->lines) {
    for (const auto& run : line.points.decimated(view().low, view().high, columns)) {
      QVector<QPointF> points;
      points.reserve(static_cast<qsizetype>(run.size()));
      for (const auto& p : run) points.push_back({frame.to_x(p.x()), frame.to_y(p.y())});
      canvas.polyline(points, stroke(line.color), run.size() > 2000 ? 1 : 1.8);
      if (line.points.size() <= kDotsUpTo || run.size() == 1)
        for (const auto& p : points) canvas.disc(p, 2.6, stroke(line.color));
    }
  }
}

// Each line's name and last value at its end; names that would lie over each other are moved apart.
void LineChart::draw_words(QPainter& painter, const Frame& frame) {
  struct Tag {
    double wanted, y;
    QString text;
    QColor color;
  };
  std::vector<Tag> tags;
  for (const auto& line : state_->lines)
    if (const auto last = State::last_of(line))
      tags.push_back(
          {frame.to_y(last->y()), 0, line.name + QLatin1Char(' ') + state_->text(last->y()), ink(line.color)});
  painter.setFont(role_font(FontRole::caption));
  const double height = painter.fontMetrics().height();
  std::sort(tags.begin(), tags.end(), [](const Tag& a, const Tag& b) { return a.wanted < b.wanted; });
  double free_from = frame.plot.top();
  for (auto& tag : tags) {
    tag.y = std::max(tag.wanted - height / 2, free_from);
    free_from = tag.y + height;
  }
  double limit = frame.plot.bottom() + px(4);
  for (auto tag = tags.rbegin(); tag != tags.rend(); ++tag) {
    tag->y = std::min(tag->y, limit - height);
    limit = tag->y;
  }
  const double left = frame.plot.right() + px(8);
  const int room = static_cast<int>(extra_margins().right() + px(4));
  for (const auto& tag : tags) {
    painter.setPen(tag.color);
    painter.drawText(QRectF(left, tag.y, room, height), Qt::AlignLeft | Qt::AlignVCenter,
                     painter.fontMetrics().elidedText(tag.text, Qt::ElideMiddle, room));
  }
}

void LineChart::draw_overlay(QPainter& painter, const Frame& frame) {
  if (!state_->hover) return;
  const Tokens& t = tokens();
  QVector<TipLine> lines;
  double at = 0, top = frame.plot.bottom();
  double nearest = HUGE_VAL;
  for (const auto& line : state_->lines) {
    const size_t i = line.points.nearest(*state_->hover);
    if (i >= line.points.size()) continue;
    if (const double far = std::abs(line.points.x()[i] - *state_->hover); far < nearest)
      nearest = far, at = line.points.x()[i];
  }
  if (nearest == HUGE_VAL) return;
  lines.push_back(
      {state_->x_name.isEmpty() ? figure(at, 6) : QStringLiteral("%1 %2").arg(state_->x_name, figure(at, 6)),
       {},
       true});
  painter.setPen(QPen(t.faint, 1));
  painter.drawLine(QPointF(frame.to_x(at), frame.plot.top()), QPointF(frame.to_x(at), frame.plot.bottom()));
  for (const auto& line : state_->lines) {
    const size_t i = line.points.nearest(at);
    if (i >= line.points.size() || std::isnan(line.points.y()[i])) continue;
    const QPointF p(frame.to_x(line.points.x()[i]), frame.to_y(line.points.y()[i]));
    painter.setPen(QPen(t.surface, 1.5));
    painter.setBrush(stroke(line.color));
    painter.drawEllipse(p, 4, 4);
    top = std::min(top, p.y());
    lines.push_back({line.name + QLatin1Char(' ') + state_->text(line.points.y()[i]), stroke(line.color)});
  }
  paint_tip(painter, QPointF(frame.to_x(at), top), QRectF(rect()).adjusted(2, 2, -2, -2), lines);
}

void LineChart::pointer_moved(const QPointF& where, const Frame& frame) {
  const bool inside = frame.plot.adjusted(-4, -4, 4, 4).contains(where);
  if (!inside && !state_->hover) return;
  state_->hover = inside ? std::optional<double>(frame.from_x(where.x())) : std::nullopt;
  update();
}

void LineChart::pointer_left() {
  state_->hover.reset();
  update();
}

// Shift and arrows walk along the points; their values are read out.
bool LineChart::key_pressed(QKeyEvent* event, const Frame& frame) {
  const int step = event->key() == Qt::Key_Left ? -1 : event->key() == Qt::Key_Right ? 1 : 0;
  if (step == 0 || !(event->modifiers() & Qt::ShiftModifier)) return false;
  const auto longest = std::max_element(state_->lines.begin(), state_->lines.end(),
                                        [](const auto& a, const auto& b) { return a.points.size() < b.points.size(); });
  if (longest == state_->lines.end() || longest->points.size() == 0) return false;
  const auto last = static_cast<ptrdiff_t>(longest->points.size()) - 1;
  const auto by = std::max<ptrdiff_t>(1, static_cast<ptrdiff_t>(static_cast<double>(last) / frame.plot.width()));
  const auto now = static_cast<ptrdiff_t>(longest->points.nearest(state_->hover.value_or(view().low)));
  state_->hover = longest->points.x()[static_cast<size_t>(std::clamp(now + step * by, ptrdiff_t{0}, last))];
  update();
  return true;
}

}  // namespace millwright::ui

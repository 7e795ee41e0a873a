#include "bar_chart.h"

#include <QKeyEvent>
#include <QPainter>
#include <QSet>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>

#include "detail/canvas.h"
#include "detail/paint_help.h"
#include "ui_widgets/theme.h"

namespace millwright::ui {

namespace {
constexpr double kRowOne = 24, kRowTwo = 34;  // height of a category with one and with two bars
}

struct BarChart::State {
  CategoryData data;
  bool shares = true;
  double total_reference = 0, total_current = 0, most = 1;
  double scroll = 0;  // design pixels
  int hover = -1, cursor = -1;
  QSet<int> chosen;

  [[nodiscard]] int rows() const { return static_cast<int>(data.names.size()); }
  [[nodiscard]] bool two() const { return !data.current.empty(); }
  [[nodiscard]] double row_height() const { return px(two() ? kRowTwo : kRowOne); }
  [[nodiscard]] double value(bool current, int row) const {
    const auto& from = current ? data.current : data.reference;
    const double n = static_cast<size_t>(row) < from.size() ? from[static_cast<size_t>(row)] : 0;
    const double total = current ? total_current : total_reference;
    return !shares ? n : total > 0 ? n / total : 0;
  }
  [[nodiscard]] double count(bool current, int row) const {
    const auto& from = current ? data.current : data.reference;
    return static_cast<size_t>(row) < from.size() ? from[static_cast<size_t>(row)] : 0;
  }
  [[nodiscard]] QString text(double v) const {
    return shares ? percent(v, v < 0.01 ? 2 : 1) : figure(static_cast<qint64>(v));
  }
  void measure() {
    total_reference = total_current = 0;
    for (double n : data.reference) total_reference += n;
    for (double n : data.current) total_current += n;
    most = 0;
    for (int i = 0; i < rows(); ++i) most = std::max({most, value(false, i), value(true, i)});
    if (most <= 0) most = 1;
  }
  template <class F>
  [[nodiscard]] double top_of(int row, const F& frame) const {
    return frame.plot.top() + row * row_height() - scroll;
  }
  template <class F>
  void scroll_to(double wanted, const F& frame) {
    scroll = std::clamp(wanted, 0.0, std::max(0.0, rows() * row_height() - frame.plot.height()));
  }
};

BarChart::BarChart(QWidget* parent) : Chart(parent), state_(std::make_unique<State>()) {
  set_empty_text(tr("No categories to show"));
}
BarChart::~BarChart() = default;

void BarChart::set_data(CategoryData data) {
  auto& s = *state_;
  const QStringList kept = selected();
  s.shares = !data.current.empty();
  s.data = std::move(data);
  s.scroll = 0;
  s.hover = s.cursor = -1;
  s.measure();
  s.chosen.clear();
  for (const auto& name : kept)
    if (const auto i = s.data.names.indexOf(name); i >= 0) s.chosen.insert(static_cast<int>(i));
  data_changed({0, 1});
}

void BarChart::clear() { set_data({}); }

void BarChart::set_shares(bool shares) {
  state_->shares = shares;
  state_->measure();
  invalidate();
}

QStringList BarChart::selected() const {
  QStringList names;
  for (int i = 0; i < state_->rows(); ++i)
    if (state_->chosen.contains(i)) names << state_->data.names[i];
  return names;
}

void BarChart::set_selected(const QStringList& names) {
  state_->chosen.clear();
  for (const auto& name : names)
    if (const auto i = state_->data.names.indexOf(name); i >= 0) state_->chosen.insert(static_cast<int>(i));
  invalidate();
  Q_EMIT selection_changed(selected());
}

qint64 BarChart::selected_reference() const {
  double n = 0;
  for (int i : state_->chosen) n += state_->count(false, i);
  return static_cast<qint64>(n);
}

qint64 BarChart::selected_current() const {
  double n = 0;
  for (int i : state_->chosen) n += state_->count(true, i);
  return static_cast<qint64>(n);
}

bool BarChart::is_empty() const { return state_->rows() == 0; }

QString BarChart::describe() const {
  const auto& s = *state_;
  if (is_empty()) return tr("Bar chart without categories.");
  QStringList said{tr("%1: %2 categories.").arg(s.data.field, figure(static_cast<qint64>(s.rows())))};
  for (int i = 0; i < std::min(5, s.rows()); ++i)
    said << (s.two()
                 ? tr("%1: %2 against %3.").arg(s.data.names[i], s.text(s.value(false, i)), s.text(s.value(true, i)))
                 : tr("%1: %2.").arg(s.data.names[i], s.text(s.value(false, i))));
  return said.join(' ');
}

QByteArray BarChart::to_csv() const {
  const auto& s = *state_;
  QByteArray csv = s.two() ? "category,reference,current\r\n" : "category,rows\r\n";
  for (int i = 0; i < s.rows(); ++i) {
    QString name = s.data.names[i];
    if (name.contains('"') || name.contains(',') || name.contains('\n'))
      name = '"' + name.replace('"', QLatin1String("\"\"")) + '"';
    csv += name.toUtf8() + ',' + csv_number(s.count(false, i));
    if (s.two()) csv += ',' + csv_number(s.count(true, i));
    csv += "\r\n";
  }
  return csv;
}

Chart::Axis BarChart::x_axis() const {
  Axis axis;
  axis.range = {0, state_->most};
  axis.shown = false;
  return axis;
}

Chart::Axis BarChart::y_axis() const {
  Axis axis;
  axis.shown = false;
  return axis;
}

QMarginsF BarChart::extra_margins() const { return {0, state_->two() ? legend_height() : 0.0, 0, 0}; }

Chart::Frame BarChart::layout(QSizeF size) const {
  Frame frame = Chart::layout(size);
  const QFontMetrics names(role_font(FontRole::body)), values(role_font(FontRole::figure));
  double left = px(40), right = px(20);
  for (const auto& name : state_->data.names)
    left = std::max<double>(left, std::min(names.horizontalAdvance(name), px(240)));
  for (int i = 0; i < state_->rows(); ++i)
    for (bool current : {false, true})
      right = std::max<double>(right, values.horizontalAdvance(state_->text(state_->value(current, i))));
  left = std::min(left, size.width() * 0.4);
  frame.plot.setLeft(px(12) + left + px(12));
  frame.plot.setRight(std::max(frame.plot.left() + 20, size.width() - px(16) - right));
  return frame;
}

void BarChart::draw_marks(Canvas& canvas, const Frame& frame) {
  const auto& s = *state_;
  const Tokens& t = tokens();
  QVector<QRectF> bars[2];
  const double thick = px(s.two() ? 10 : 12);
  for (int i = 0; i < s.rows(); ++i) {
    const double top = s.top_of(i, frame);
    if (top > frame.plot.bottom() || top + s.row_height() < frame.plot.top()) continue;
    const double first = std::round(top + (s.row_height() - thick * (s.two() ? 2 : 1) - (s.two() ? 2 : 0)) / 2);
    for (bool current : {false, true}) {
      if (current && !s.two()) break;
      const double value = s.value(current, i);
      const double width = value <= 0 ? 0 : std::max(1.0, std::round(frame.to_x(value) - frame.plot.left()));
      bars[current].push_back(QRectF(frame.plot.left(), first + (current ? thick + 2 : 0), width, thick));
    }
  }
  canvas.rects(bars[0], t.reference);
  canvas.rects(bars[1], t.current);
  canvas.rect(QRectF(frame.plot.left() - 1, frame.plot.top(), 1, frame.plot.height()), t.faint);
}

void BarChart::draw_words(QPainter& painter, const Frame& frame) {
  const auto& s = *state_;
  const Tokens& t = tokens();
  if (s.two()) {
    const auto entry = [](const QString& name, double n, const QColor& color) {
      return LegendEntry{Chart::tr("%1 · %2 rows").arg(name, figure(static_cast<qint64>(n))), color};
    };
    paint_legend(painter, QRectF(px(12), px(2), width() - px(24), legend_height()),
                 {entry(s.data.reference_name, s.total_reference, t.reference),
                  entry(s.data.current_name, s.total_current, t.current)});
  }
  painter.save();
  painter.setClipRect(QRectF(0, frame.plot.top(), 1e5, frame.plot.height()));
  const double thick = px(s.two() ? 10 : 12);
  for (int i = 0; i < s.rows(); ++i) {
    const double top = s.top_of(i, frame);
    if (top > frame.plot.bottom() || top + s.row_height() < frame.plot.top()) continue;
    painter.setFont(role_font(s.chosen.contains(i) ? FontRole::strong : FontRole::body));
    painter.setPen(t.text);
    const int room = static_cast<int>(frame.plot.left() - px(24));
    painter.drawText(QRectF(px(12), top, room, s.row_height()), Qt::AlignRight | Qt::AlignVCenter,
                     painter.fontMetrics().elidedText(s.data.names[i], Qt::ElideMiddle, room));
    painter.setFont(role_font(s.two() ? FontRole::key : FontRole::figure));
    const double first = std::round(top + (s.row_height() - thick * (s.two() ? 2 : 1) - (s.two() ? 2 : 0)) / 2);
    for (bool current : {false, true}) {
      if (current && !s.two()) break;
      painter.setPen(t.muted);
      const double y = first + (current ? thick + 2 : 0);
      painter.drawText(QRectF(frame.to_x(s.value(current, i)) + px(6), y - px(3), px(90), thick + px(6)),
                       Qt::AlignLeft | Qt::AlignVCenter, s.text(s.value(current, i)));
    }
  }
  painter.restore();
}

void BarChart::draw_overlay(QPainter& painter, const Frame& frame) {
  const auto& s = *state_;
  const Tokens& t = tokens();
  painter.save();
  painter.setClipRect(QRectF(0, frame.plot.top(), width(), frame.plot.height()));
  const auto shade = [&](int row, QColor color, float alpha) {
    color.setAlphaF(alpha);
    painter.fillRect(QRectF(px(4), s.top_of(row, frame), width() - px(8), s.row_height()), color);
  };
  for (int i : s.chosen) {
    shade(i, t.accent, 0.13F);
    painter.fillRect(QRectF(px(4), s.top_of(i, frame), px(3), s.row_height()), t.accent);
  }
  if (s.hover >= 0) shade(s.hover, t.text, 0.05F);
  if (s.cursor >= 0 && hasFocus()) {
    painter.setPen(QPen(t.accent, 1));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(QRectF(px(4), s.top_of(s.cursor, frame) + 0.5, width() - px(8), s.row_height() - 1));
  }
  const double all = s.rows() * s.row_height();
  if (all > frame.plot.height() + 1) {
    const double h = frame.plot.height();
    const QRectF handle(width() - px(7), frame.plot.top() + s.scroll / all * h, px(4),
                        std::max(px(24) * 1.0, h * h / all));
    painter.setPen(Qt::NoPen);
    painter.setBrush(mix(t.faint, t.surface, 0.5));
    painter.drawRoundedRect(handle, 2, 2);
  }
  painter.restore();
  if (s.hover < 0) return;
  QVector<TipLine> lines{{s.data.names[s.hover], {}, true}};
  const auto line = [&](bool current, const QString& name) {
    const double total = current ? s.total_current : s.total_reference;
    const double n = s.count(current, s.hover);
    return TipLine{tr("%1: %2 rows, %3")
                       .arg(name.isEmpty() ? tr("Rows") : name, figure(static_cast<qint64>(n)),
                            percent(total > 0 ? n / total : 0, 2)),
                   current ? t.current : t.reference};
  };
  lines.push_back(line(false, s.data.reference_name));
  if (s.two()) lines.push_back(line(true, s.data.current_name));
  const double x =
      std::min(frame.to_x(std::max(s.value(false, s.hover), s.value(true, s.hover))), frame.plot.center().x());
  paint_tip(painter, QPointF(x, s.top_of(s.hover, frame)), QRectF(rect()).adjusted(2, 2, -2, -2), lines);
}

void BarChart::pointer_moved(const QPointF& where, const Frame& frame) {
  auto& s = *state_;
  int hover = -1;
  if (where.y() >= frame.plot.top() && where.y() < frame.plot.bottom())
    hover = static_cast<int>((where.y() - frame.plot.top() + s.scroll) / s.row_height());
  if (hover >= s.rows()) hover = -1;
  if (hover == s.hover) return;
  s.hover = hover;
  update();
}

void BarChart::pointer_left() {
  state_->hover = -1;
  update();
}

bool BarChart::pointer_pressed(const QPointF&, const Frame&, Qt::KeyboardModifiers modifiers) {
  auto& s = *state_;
  if (s.hover < 0) return false;
  const bool was = s.chosen.contains(s.hover), more = modifiers & Qt::ControlModifier;
  const bool only = was && s.chosen.size() == 1;
  if (!more) s.chosen.clear();
  if (more && was)
    s.chosen.remove(s.hover);
  else if (!only)
    s.chosen.insert(s.hover);
  s.cursor = s.hover;
  invalidate();
  Q_EMIT selection_changed(selected());
  return true;
}

bool BarChart::key_pressed(QKeyEvent* event, const Frame& frame) {
  auto& s = *state_;
  const int step = event->key() == Qt::Key_Up ? -1 : event->key() == Qt::Key_Down ? 1 : 0;
  if (step != 0) {
    s.cursor = std::clamp(s.cursor + step, 0, s.rows() - 1);
    const double top = s.cursor * s.row_height();
    const double before = s.scroll;
    if (top < s.scroll) s.scroll_to(top, frame);
    if (top + s.row_height() > s.scroll + frame.plot.height())
      s.scroll_to(top + s.row_height() - frame.plot.height(), frame);
    before == s.scroll ? update() : invalidate();
    return true;
  }
  if (event->key() == Qt::Key_Space && s.cursor >= 0) {
    s.chosen.contains(s.cursor) ? static_cast<void>(s.chosen.remove(s.cursor))
                                : static_cast<void>(s.chosen.insert(s.cursor));
    invalidate();
    Q_EMIT selection_changed(selected());
    return true;
  }
  if (event->key() == Qt::Key_Escape && !s.chosen.isEmpty()) {
    set_selected({});
    return true;
  }
  return false;
}

void BarChart::wheelEvent(QWheelEvent* event) {
  auto& s = *state_;
  const double before = s.scroll;
  s.scroll_to(s.scroll - event->angleDelta().y() / 120.0 * 3 * s.row_height() / 2, frame());
  if (s.scroll == before) return event->ignore();
  s.hover = -1;
  invalidate();
  event->accept();
}

}  // namespace millwright::ui

#include "heatmap_chart.h"

#include <QKeyEvent>
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "detail/canvas.h"
#include "detail/paint_help.h"
#include "ui_widgets/theme.h"

namespace millwright::ui {

struct HeatmapChart::State {
  MatrixData data;
  std::vector<double> row_sums;
  int hover_row = -1, hover_column = -1;

  [[nodiscard]] int rows() const { return static_cast<int>(data.rows.size()); }
  [[nodiscard]] int columns() const { return static_cast<int>(data.columns.size()); }
  [[nodiscard]] double count(int row, int column) const {
    return data.counts[static_cast<size_t>(row) * static_cast<size_t>(columns()) + static_cast<size_t>(column)];
  }
  [[nodiscard]] double share(int row, int column) const {
    const double sum = row_sums[static_cast<size_t>(row)];
    return sum > 0 ? count(row, column) / sum : 0;
  }
};

namespace {
// Small shares are what one looks for: they must not vanish in the ground.
QColor cell_color(double share, bool diagonal) {
  const Tokens& t = tokens();
  const double strength = 0.10 + 0.90 * std::sqrt(std::clamp(share, 0.0, 1.0));
  return mix(diagonal ? t.accent : t.current, t.background, strength);
}
}  // namespace

HeatmapChart::HeatmapChart(QWidget* parent) : Chart(parent), state_(std::make_unique<State>()) {
  set_empty_text(tr("No confusion matrix yet"));
}
HeatmapChart::~HeatmapChart() = default;

void HeatmapChart::set_data(MatrixData data) {
  auto& s = *state_;
  s.data = std::move(data);
  s.data.counts.resize(static_cast<size_t>(s.rows()) * static_cast<size_t>(s.columns()), 0);
  s.row_sums.assign(static_cast<size_t>(s.rows()), 0);
  for (int r = 0; r < s.rows(); ++r)
    for (int c = 0; c < s.columns(); ++c) s.row_sums[static_cast<size_t>(r)] += s.count(r, c);
  s.hover_row = s.hover_column = -1;
  data_changed({0, std::max(1.0, static_cast<double>(s.columns()))});
}

void HeatmapChart::clear() { set_data({}); }
bool HeatmapChart::is_empty() const { return state_->rows() == 0 || state_->columns() == 0; }

QString HeatmapChart::describe() const {
  const auto& s = *state_;
  if (is_empty()) return tr("Confusion matrix without rows.");
  double right = 0, all = 0;
  struct Slip {
    int row, column;
    double count;
  };
  std::vector<Slip> slips;
  for (int r = 0; r < s.rows(); ++r)
    for (int c = 0; c < s.columns(); ++c) {
      all += s.count(r, c);
      if (s.data.rows[r] == s.data.columns[c])
        right += s.count(r, c);
      else if (s.count(r, c) > 0)
        slips.push_back({r, c, s.count(r, c)});
    }
  std::sort(slips.begin(), slips.end(), [](const Slip& a, const Slip& b) { return a.count > b.count; });
  QString said = tr("Confusion matrix of %1 labels: %2 of %3 right.")
                     .arg(s.rows())
                     .arg(figure(static_cast<qint64>(right)), figure(static_cast<qint64>(all)));
  for (size_t i = 0; i < std::min<size_t>(3, slips.size()); ++i)
    said += ' ' + tr("%1 taken for %2: %3.")
                      .arg(s.data.rows[slips[i].row], s.data.columns[slips[i].column],
                           figure(static_cast<qint64>(slips[i].count)));
  return said;
}

QByteArray HeatmapChart::to_csv() const {
  const auto& s = *state_;
  const auto quoted = [](QString name) {
    if (name.contains('"') || name.contains(',') || name.contains('\n'))
      name = '"' + name.replace('"', QLatin1String("\"\"")) + '"';
    return name.toUtf8();
  };
  QByteArray csv = "label";
  for (const auto& name : s.data.columns) csv += ',' + quoted(name);
  csv += "\r\n";
  for (int r = 0; r < s.rows(); ++r) {
    csv += quoted(s.data.rows[r]);
    for (int c = 0; c < s.columns(); ++c) csv += ',' + csv_number(s.count(r, c));
    csv += "\r\n";
  }
  return csv;
}

// The block that is shown is square: the rows follow the columns.
Span HeatmapChart::y_view() const {
  const double rows = state_->rows(), columns = std::max(1, state_->columns());
  return {view().low / columns * rows, view().high / columns * rows};
}

Chart::Axis HeatmapChart::x_axis() const {
  Axis axis;
  axis.range = view();
  axis.shown = false;
  return axis;
}

Chart::Axis HeatmapChart::y_axis() const {
  Axis axis;
  axis.range = {y_view().high, y_view().low};  // rows run downwards
  axis.shown = false;
  return axis;
}

Chart::Frame HeatmapChart::layout(QSizeF size) const {
  Frame frame;
  frame.x = x_axis();
  frame.y = y_axis();
  const QFontMetrics small(role_font(FontRole::small));
  double names = 0;
  for (const auto& name : state_->data.rows) names = std::max<double>(names, small.horizontalAdvance(name));
  for (const auto& name : state_->data.columns) names = std::max<double>(names, small.horizontalAdvance(name));
  const double words = std::min({names, px(120) * 1.0, std::min(size.width(), size.height()) * 0.3});
  const double left = px(8) + small.height() + px(4) + words + px(6), top = px(6);
  const double bottom = words + px(6) + small.height() + px(8);
  double width = size.width() - left - px(12), height = size.height() - top - bottom;
  const double shape = std::max(1, state_->columns()) / std::max(1.0, static_cast<double>(state_->rows()));
  width = std::max(20.0, std::min(width, height * shape));
  height = std::max(20.0, std::min(height, width / shape));
  frame.plot = QRectF(std::round(left), std::round(top), std::round(width), std::round(height));
  return frame;
}

void HeatmapChart::draw_marks(Canvas& canvas, const Frame& frame) {
  const auto& s = *state_;
  const Tokens& t = tokens();
  const double ratio = canvas.pixel_ratio();
  const auto snap = [ratio](double v) { return std::round(v * ratio) / ratio; };
  const double size = frame.plot.width() / view().length();
  const double gap = size > 6 ? std::max(1 / ratio, size > 14 ? 2.0 : 1.0) : 0;
  canvas.rect(frame.plot, t.background);
  const int first_column = std::max(0, static_cast<int>(view().low)),
            first_row = std::max(0, static_cast<int>(y_view().low));
  const int last_column = std::min(s.columns(), static_cast<int>(std::ceil(view().high)));
  const int last_row = std::min(s.rows(), static_cast<int>(std::ceil(y_view().high)));
  if (gap > 0) {
    QVector<QRectF> lines;
    for (int c = first_column; c <= last_column; ++c)
      lines.push_back(QRectF(snap(frame.to_x(c)) - gap, frame.plot.top(), gap, frame.plot.height()));
    for (int r = first_row; r <= last_row; ++r)
      lines.push_back(QRectF(frame.plot.left(), snap(frame.to_y(r)) - gap, frame.plot.width(), gap));
    canvas.rects(lines, t.surface);
  }
  for (int r = first_row; r < last_row; ++r)
    for (int c = first_column; c < last_column; ++c) {
      if (s.count(r, c) <= 0) continue;
      const double left = snap(frame.to_x(c)), top = snap(frame.to_y(r));
      const double right = snap(frame.to_x(c + 1)), bottom = snap(frame.to_y(r + 1));
      canvas.rect(QRectF(left, top, std::max(1 / ratio, right - left - gap), std::max(1 / ratio, bottom - top - gap)),
                  cell_color(s.share(r, c), s.data.rows[r] == s.data.columns[c]));
    }
}

void HeatmapChart::draw_words(QPainter& painter, const Frame& frame) {
  const auto& s = *state_;
  painter.setFont(role_font(FontRole::small));
  const QFontMetrics metrics = painter.fontMetrics();
  const double size = frame.plot.width() / view().length();
  // Where cells are lower than a line of text, every so many names are written; the pointer tells the others.
  const int every = std::max(1, static_cast<int>(std::ceil(metrics.height() * 0.95 / size)));
  painter.setPen(tokens().muted);
  const double axis_name = px(8) + metrics.height() + px(4);
  const int room = static_cast<int>(frame.plot.left() - axis_name - px(6));
  for (int r = 0; r < s.rows(); ++r) {
    if (r % every != 0) continue;
    const double y = frame.to_y(r + 0.5);
    if (y < frame.plot.top() || y > frame.plot.bottom()) continue;
    painter.drawText(QRectF(axis_name, y - metrics.height() / 2.0, room, metrics.height()),
                     Qt::AlignRight | Qt::AlignVCenter, metrics.elidedText(s.data.rows[r], Qt::ElideRight, room));
  }
  for (int c = 0; c < s.columns(); ++c) {
    if (c % every != 0) continue;
    const double x = frame.to_x(c + 0.5);
    if (x < frame.plot.left() || x > frame.plot.right()) continue;
    painter.save();
    painter.translate(x, frame.plot.bottom() + px(6));
    painter.rotate(-90);
    painter.drawText(QRectF(-room, -metrics.height() / 2.0, room, metrics.height()), Qt::AlignRight | Qt::AlignVCenter,
                     metrics.elidedText(s.data.columns[c], Qt::ElideRight, room));
    painter.restore();
  }
  painter.drawText(
      QRectF(frame.plot.left(), frame.plot.bottom() + px(6) + room + px(4), frame.plot.width(), metrics.height()),
      Qt::AlignCenter, s.data.column_name.isEmpty() ? tr("predicted") : s.data.column_name);
  painter.save();
  painter.translate(px(6) + metrics.height() / 2.0, frame.plot.center().y());
  painter.rotate(-90);
  painter.drawText(QRectF(-frame.plot.height() / 2, -metrics.height() / 2.0, frame.plot.height(), metrics.height()),
                   Qt::AlignCenter, s.data.row_name.isEmpty() ? tr("true") : s.data.row_name);
  painter.restore();
}

void HeatmapChart::draw_overlay(QPainter& painter, const Frame& frame) {
  const auto& s = *state_;
  if (s.hover_row < 0) return;
  const Tokens& t = tokens();
  const QRectF cell(QPointF(frame.to_x(s.hover_column), frame.to_y(s.hover_row)),
                    QPointF(frame.to_x(s.hover_column + 1), frame.to_y(s.hover_row + 1)));
  QColor shade = t.text;
  shade.setAlphaF(0.06F);
  painter.fillRect(QRectF(frame.plot.left(), cell.top(), frame.plot.width(), cell.height()).intersected(frame.plot),
                   shade);
  painter.fillRect(QRectF(cell.left(), frame.plot.top(), cell.width(), frame.plot.height()).intersected(frame.plot),
                   shade);
  painter.setPen(QPen(t.text, 1.5));
  painter.setBrush(Qt::NoBrush);
  painter.drawRect(cell.adjusted(0, 0, -1, -1).intersected(frame.plot));
  const QString &truth = s.data.rows[s.hover_row], &said = s.data.columns[s.hover_column];
  paint_tip(painter, cell.center(), QRectF(rect()).adjusted(2, 2, -2, -2),
            {{truth == said ? tr("%1 found").arg(truth) : tr("%1 taken for %2").arg(truth, said), {}, true},
             {tr("%1 of %2 (%3)")
                  .arg(figure(static_cast<qint64>(s.count(s.hover_row, s.hover_column))),
                       figure(static_cast<qint64>(s.row_sums[static_cast<size_t>(s.hover_row)])),
                       percent(s.share(s.hover_row, s.hover_column))),
              {}}});
}

void HeatmapChart::pointer_moved(const QPointF& where, const Frame& frame) {
  auto& s = *state_;
  int row = -1, column = -1;
  if (frame.plot.contains(where)) {
    column = std::clamp(static_cast<int>(frame.from_x(where.x())), 0, s.columns() - 1);
    row = std::clamp(static_cast<int>(frame.from_y(where.y())), 0, s.rows() - 1);
  }
  if (row == s.hover_row && column == s.hover_column) return;
  s.hover_row = row;
  s.hover_column = column;
  update();
}

void HeatmapChart::pointer_left() {
  state_->hover_row = state_->hover_column = -1;
  update();
}

bool HeatmapChart::pointer_pressed(const QPointF& where, const Frame& frame, Qt::KeyboardModifiers) {
  pointer_moved(where, frame);
  if (state_->hover_row < 0) return false;
  Q_EMIT cell_chosen(state_->hover_row, state_->hover_column);
  return true;
}

bool HeatmapChart::key_pressed(QKeyEvent* event, const Frame&) {
  auto& s = *state_;
  int right = 0, down = 0;
  switch (event->key()) {
    case Qt::Key_Left:
      right = -1;
      break;
    case Qt::Key_Right:
      right = 1;
      break;
    case Qt::Key_Up:
      down = -1;
      break;
    case Qt::Key_Down:
      down = 1;
      break;
    case Qt::Key_Return:
    case Qt::Key_Enter:
      if (s.hover_row < 0) return false;
      Q_EMIT cell_chosen(s.hover_row, s.hover_column);
      return true;
    default:
      return false;
  }
  s.hover_row = std::clamp(s.hover_row + down, 0, s.rows() - 1);
  s.hover_column = std::clamp(s.hover_column + right, 0, s.columns() - 1);
  update();
  return true;
}

}  // namespace millwright::ui

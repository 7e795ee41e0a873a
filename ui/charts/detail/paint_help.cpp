#include "paint_help.h"

#include <cmath>

#include "ui_widgets/theme.h"

namespace millwright::ui {

void paint_tip(QPainter& painter, const QPointF& anchor, const QRectF& bounds, const QVector<TipLine>& lines) {
  if (lines.isEmpty()) return;
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  const Tokens& t = tokens();
  const QFontMetrics plain(role_font(FontRole::caption));
  QFont strong_font = role_font(FontRole::caption);
  strong_font.setWeight(QFont::DemiBold);
  const QFontMetrics strong(strong_font);
  double width = 0;
  for (const auto& line : lines)
    width = std::max(
        width, (line.strong ? strong : plain).horizontalAdvance(line.text) + (line.swatch.isValid() ? px(14) : 0.0));
  const double height = lines.size() * (plain.height() + 2.0);
  QRectF box(0, 0, width + px(20), height + px(12));
  box.moveBottomLeft(anchor + QPointF(px(12), -px(10)));
  if (box.right() > bounds.right()) box.moveRight(anchor.x() - px(12));
  if (box.left() < bounds.left()) box.moveLeft(bounds.left());
  if (box.top() < bounds.top()) box.moveTop(std::min(anchor.y() + px(14), bounds.bottom() - box.height()));
  painter.setPen(QPen(t.line, 1));
  painter.setBrush(t.raised);
  painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), px(6), px(6));
  double y = box.top() + px(6);
  for (const auto& line : lines) {
    double x = box.left() + px(10);
    if (line.swatch.isValid()) {
      painter.setPen(Qt::NoPen);
      painter.setBrush(line.swatch);
      painter.drawRoundedRect(QRectF(x, y + (plain.height() - px(8)) / 2.0 + 1, px(8), px(8)), 2, 2);
      x += px(14);
    }
    painter.setFont(line.strong ? strong_font : role_font(FontRole::caption));
    painter.setPen(line.strong ? t.text : mix(t.text, t.muted, 0.6));
    painter.drawText(QRectF(x, y, box.right() - x, plain.height() + 2.0), Qt::AlignLeft | Qt::AlignVCenter, line.text);
    y += plain.height() + 2.0;
  }
  painter.restore();
}

double legend_height() { return px(22); }

void paint_legend(QPainter& painter, const QRectF& row, const QVector<LegendEntry>& entries) {
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setFont(role_font(FontRole::caption));
  const QFontMetrics metrics = painter.fontMetrics();
  const double most = row.width() / std::max<double>(1, static_cast<double>(entries.size()));
  double right = row.right();
  for (auto it = entries.rbegin(); it != entries.rend(); ++it) {
    const QString shown = metrics.elidedText(it->text, Qt::ElideMiddle, static_cast<int>(most) - px(30));
    const double width = metrics.horizontalAdvance(shown);
    painter.setPen(tokens().muted);
    painter.drawText(QRectF(right - width, row.top(), width + 2, row.height()), Qt::AlignLeft | Qt::AlignVCenter,
                     shown);
    painter.setPen(Qt::NoPen);
    painter.setBrush(it->color);
    painter.drawRoundedRect(QRectF(right - width - px(15), row.center().y() - px(5), px(10), px(10)), 2, 2);
    right -= width + px(15) + px(14);
  }
  painter.restore();
}

void paint_tag(QPainter& painter, double x, double top, const QRectF& bounds, const QString& text) {
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  QFont f = role_font(FontRole::caption);
  f.setWeight(QFont::Medium);
  painter.setFont(f);
  const double width = painter.fontMetrics().horizontalAdvance(text) + px(20), height = px(22);
  double left = std::clamp(x - width / 2, bounds.left(), std::max(bounds.left(), bounds.right() - width));
  const QRectF box(left, top, width, height);
  painter.setPen(QPen(tokens().accent, 1.2));
  painter.setBrush(tokens().raised);
  painter.drawRoundedRect(box, height / 2, height / 2);
  painter.setPen(tokens().text);
  painter.drawText(box, Qt::AlignCenter, text);
  painter.restore();
}

QByteArray csv_number(double value) { return std::isnan(value) ? QByteArray() : QByteArray::number(value, 'g', 17); }

}  // namespace millwright::ui

// Pieces that several charts paint with Qt over the finished picture.
#pragma once

#include <QColor>
#include <QPainter>
#include <QString>
#include <QVector>

namespace millwright::ui {

struct TipLine {
  QString text;
  QColor swatch;  ///< invalid: none
  bool strong = false;
};
/// A small box of lines beside a point, kept within bounds.
void paint_tip(QPainter& painter, const QPointF& anchor, const QRectF& bounds, const QVector<TipLine>& lines);

struct LegendEntry {
  QString text;
  QColor color;
};
/// Right-aligned in a row; entries that have no room end in ….
void paint_legend(QPainter& painter, const QRectF& row, const QVector<LegendEntry>& entries);
[[nodiscard]] double legend_height();

/// A rounded tag with a line around it, centred on x and kept within bounds: what a brush holds.
void paint_tag(QPainter& painter, double x, double top, const QRectF& bounds, const QString& text);

/// Of one CSV line.
[[nodiscard]] QByteArray csv_number(double value);

}  // namespace millwright::ui

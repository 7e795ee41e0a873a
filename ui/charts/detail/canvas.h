// What a chart draws its marks with: filled rectangles, lines, areas, discs, in design pixels, y down. Two painters
// know how: VTK off screen, and Qt (for SVG, and where there is no OpenGL).
#pragma once

#include <QColor>
#include <QPainter>
#include <QPointF>
#include <QRectF>
#include <QVector>
#include <algorithm>
#include <cmath>

namespace millwright::ui {

class Canvas {
 public:
  virtual ~Canvas() = default;
  virtual void clip(const QRectF& rect) = 0;
  virtual void unclip() = 0;
  virtual void rect(const QRectF& rect, const QColor& color) = 0;
  /// Many of one colour.
  virtual void rects(const QVector<QRectF>& rects, const QColor& color) = 0;
  virtual void polyline(const QVector<QPointF>& points, const QColor& color, double width) = 0;
  virtual void line(const QPointF& from, const QPointF& to, const QColor& color, double width) = 0;
  /// Between a line and a level.
  virtual void area(const QVector<QPointF>& top, double base, const QColor& color) = 0;
  virtual void disc(const QPointF& centre, double radius, const QColor& color) = 0;
  /// Device pixels to a design pixel: to put edges on pixels.
  [[nodiscard]] virtual double pixel_ratio() const = 0;

  void dashed_line(const QPointF& from, const QPointF& to, const QColor& color, double width, double dash) {
    const QPointF way = to - from;
    const double length = std::hypot(way.x(), way.y());
    for (double at = 0; at < length; at += 2 * dash)
      line(from + way * (at / length), from + way * (std::min(at + dash, length) / length), color, width);
  }
};

class PainterCanvas : public Canvas {
 public:
  PainterCanvas(QPainter& painter, double pixel_ratio) : painter_(painter), ratio_(pixel_ratio) {
    painter_.setRenderHint(QPainter::Antialiasing);
  }
  void clip(const QRectF& rect) override {
    painter_.save();
    painter_.setClipRect(rect);
  }
  void unclip() override { painter_.restore(); }
  void rect(const QRectF& rect, const QColor& color) override { painter_.fillRect(rect, color); }
  void rects(const QVector<QRectF>& rects, const QColor& color) override {
    for (const auto& r : rects) painter_.fillRect(r, color);
  }
  void polyline(const QVector<QPointF>& points, const QColor& color, double width) override {
    painter_.setBrush(Qt::NoBrush);
    painter_.setPen(QPen(color, width, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter_.drawPolyline(points.constData(), static_cast<int>(points.size()));
  }
  void line(const QPointF& from, const QPointF& to, const QColor& color, double width) override {
    painter_.setPen(QPen(color, width, Qt::SolidLine, Qt::FlatCap));
    painter_.drawLine(from, to);
  }
  void area(const QVector<QPointF>& top, double base, const QColor& color) override {
    if (top.isEmpty()) return;
    QPolygonF outline(top);
    outline << QPointF(top.last().x(), base) << QPointF(top.first().x(), base);
    painter_.setPen(Qt::NoPen);
    painter_.setBrush(color);
    painter_.drawPolygon(outline);
  }
  void disc(const QPointF& centre, double radius, const QColor& color) override {
    painter_.setPen(Qt::NoPen);
    painter_.setBrush(color);
    painter_.drawEllipse(centre, radius, radius);
  }
  [[nodiscard]] double pixel_ratio() const override { return ratio_; }

 private:
  QPainter& painter_;
  double ratio_;
};

}  // namespace millwright::ui

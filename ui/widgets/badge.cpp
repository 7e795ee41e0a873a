#include "badge.h"

#include <QEvent>
#include <QPainter>
#include <QPainterPath>
#include <cmath>

namespace millwright::ui {

namespace {

QFont badge_font() {
  QFont f = role_font(FontRole::caption);
  f.setPixelSize(px(12));
  f.setWeight(QFont::Medium);
  return f;
}

}  // namespace

QSize badge_size(const QString& word) {
  const QFontMetrics metrics(badge_font());
  return {metrics.horizontalAdvance(word) + px(16), std::max(metrics.height() + px(3), px(20))};
}

void paint_badge(QPainter& painter, const QRectF& where, const QString& word, State state) {
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(Qt::NoPen);
  painter.setBrush(ground_of(state));
  const double radius = where.height() / 2;
  painter.drawRoundedRect(where, radius, radius);
  painter.setFont(badge_font());
  painter.setPen(text_of(state));
  const QString shown =
      painter.fontMetrics().elidedText(word, Qt::ElideRight, static_cast<int>(where.width()) - px(12));
  painter.drawText(where, Qt::AlignCenter, shown);
  painter.restore();
}

QSize key_cap_size(const QString& key) {
  const QFontMetrics metrics(role_font(FontRole::key));
  return {std::max(metrics.horizontalAdvance(key) + px(10), px(19)), px(18)};
}

void paint_key_cap(QPainter& painter, const QRectF& where, const QString& key, bool on_accent) {
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  const Tokens& t = tokens();
  painter.setPen(QPen(on_accent ? mix(t.on_accent, t.accent, 0.45) : t.line, 1));
  painter.setBrush(on_accent ? mix(t.on_accent, t.accent, 0.14) : t.background);
  painter.drawRoundedRect(where.adjusted(0.5, 0.5, -0.5, -0.5), px(4), px(4));
  painter.setFont(role_font(FontRole::key));
  painter.setPen(on_accent ? t.on_accent : t.muted);
  painter.drawText(where, Qt::AlignCenter, key);
  painter.restore();
}

void paint_dot(QPainter& painter, const QPointF& centre, State state, double diameter) {
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(Qt::NoPen);
  painter.setBrush(color_of(state));
  painter.drawEllipse(centre, diameter / 2, diameter / 2);
  painter.restore();
}

void paint_trend(QPainter& painter, const QRectF& where, const QVector<double>& values, const QColor& color) {
  if (values.size() < 2) return;
  double low = HUGE_VAL, high = -HUGE_VAL;
  for (double v : values) {
    if (std::isnan(v)) continue;
    low = std::min(low, v);
    high = std::max(high, v);
  }
  if (low > high) return;
  QPainterPath path;
  bool gap = true;
  for (int i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) {
      gap = true;
      continue;
    }
    const double share = high > low ? (values[i] - low) / (high - low) : 0.5;
    const QPointF point(where.left() + where.width() * i / (values.size() - 1),
                        where.bottom() - share * where.height());
    gap ? path.moveTo(point) : path.lineTo(point);
    gap = false;
  }
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(color, 1.4, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
  painter.setBrush(Qt::NoBrush);
  painter.drawPath(path);
  painter.restore();
}

void paint_meter(QPainter& painter, const QRectF& where, double share, const QColor& color) {
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(Qt::NoPen);
  const double radius = std::min(where.height() / 2, 3.0);
  painter.setBrush(tokens().line);
  painter.drawRoundedRect(where, radius, radius);
  QRectF filled = where;
  filled.setWidth(where.width() * std::clamp(share, 0.0, 1.0));
  if (filled.width() > 0) {
    painter.setBrush(color);
    painter.drawRoundedRect(filled, std::min(radius, filled.width() / 2), radius);
  }
  painter.restore();
}

namespace {
void follow_theme(QWidget* widget) {
  QObject::connect(&Theme::instance(), &Theme::changed, widget, [widget] {
    widget->updateGeometry();
    widget->update();
  });
}
}  // namespace

Badge::Badge(QWidget* parent) : QWidget(parent) {
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
  follow_theme(this);
}

Badge::Badge(const QString& word, State state, QWidget* parent) : Badge(parent) { set(word, state); }

void Badge::set(const QString& word, State state) {
  if (word_ != word) {
    word_ = word;
    setAccessibleName(word);
    measured_ = {};
    updateGeometry();
  }
  state_ = state;
  update();
}

// A layout asks for it several times over; measuring a word is the dear part.
QSize Badge::sizeHint() const {
  if (word_.isEmpty()) return {0, 0};
  if (!measured_.isValid()) measured_ = badge_size(word_);
  return measured_;
}

void Badge::changeEvent(QEvent* event) {
  if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange) {
    measured_ = {};
    updateGeometry();
  }
  QWidget::changeEvent(event);
}

void Badge::paintEvent(QPaintEvent*) {
  if (word_.isEmpty()) return;
  QPainter painter(this);
  paint_badge(painter, rect(), word_, state_);
}

KeyCap::KeyCap(const QString& key, QWidget* parent) : QWidget(parent), key_(key) {
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
  follow_theme(this);
}

void KeyCap::set_key(const QString& key) {
  key_ = key;
  updateGeometry();
  update();
}

QSize KeyCap::sizeHint() const { return key_cap_size(key_); }

void KeyCap::paintEvent(QPaintEvent*) {
  if (key_.isEmpty()) return;
  QPainter painter(this);
  paint_key_cap(painter, rect(), key_);
}

Swatch::Swatch(const QColor& color, QWidget* parent) : QWidget(parent), color_(color) {
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

void Swatch::set_color(const QColor& color) {
  color_ = color;
  update();
}

QSize Swatch::sizeHint() const { return {px(10), px(10)}; }

void Swatch::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(Qt::NoPen);
  painter.setBrush(color_);
  painter.drawRoundedRect(rect(), px(2), px(2));
}

}  // namespace millwright::ui

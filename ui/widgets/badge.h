// Small marks: a verdict with its word, a state's dot, a key.
#pragma once

#include <QWidget>

#include "ui_widgets/theme.h"

class QPainter;

namespace millwright::ui {

/// A verdict in a word on a tinted ground. The colour never stands without the word.
class Badge : public QWidget {
  Q_OBJECT
 public:
  explicit Badge(QWidget* parent = nullptr);
  Badge(const QString& word, State state, QWidget* parent = nullptr);
  void set(const QString& word, State state);
  [[nodiscard]] QString word() const { return word_; }
  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] QSize sizeHint() const override;

 protected:
  void changeEvent(QEvent* event) override;
  void paintEvent(QPaintEvent* event) override;

 private:
  QString word_;
  State state_ = State::neutral;
  mutable QSize measured_;
};

/// A key as it stands on the keyboard, "Ctrl K".
class KeyCap : public QWidget {
  Q_OBJECT
 public:
  explicit KeyCap(const QString& key = {}, QWidget* parent = nullptr);
  void set_key(const QString& key);
  [[nodiscard]] QSize sizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QString key_;
};

/// A filled square in a series' colour, for legends and pickers.
class Swatch : public QWidget {
  Q_OBJECT
 public:
  explicit Swatch(const QColor& color, QWidget* parent = nullptr);
  void set_color(const QColor& color);
  [[nodiscard]] QSize sizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QColor color_;
};

// For delegates and custom painters.
[[nodiscard]] QSize badge_size(const QString& word);
void paint_badge(QPainter& painter, const QRectF& where, const QString& word, State state);
[[nodiscard]] QSize key_cap_size(const QString& key);
void paint_key_cap(QPainter& painter, const QRectF& where, const QString& key, bool on_accent = false);
void paint_dot(QPainter& painter, const QPointF& centre, State state, double diameter = 8);
/// A line without axes: a trend in a table's cell. values in order, NaN leaves a gap.
void paint_trend(QPainter& painter, const QRectF& where, const QVector<double>& values, const QColor& color);
/// A share of 0 … 1 as a bar.
void paint_meter(QPainter& painter, const QRectF& where, double share, const QColor& color);

}  // namespace millwright::ui

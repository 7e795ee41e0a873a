// The loop drawn as a ring, a node for each stage, its words outside: never over the ring.
#pragma once

#include <QString>
#include <QVector>
#include <QWidget>

#include "ui_widgets/theme.h"

namespace millwright::ui {

struct RingStage {
  QString id;
  QString name;
  QString figures;  ///< one a line
  State state = State::neutral;
  QString state_word;
};

class Ring : public QWidget {
  Q_OBJECT
 public:
  explicit Ring(QWidget* parent = nullptr);
  void set_stages(QVector<RingStage> stages);
  /// Three lines in the middle.
  void set_middle(const QString& above, const QString& large, const QString& below);
  [[nodiscard]] QSize sizeHint() const override;
  [[nodiscard]] QSize minimumSizeHint() const override;

  /// Where things stand at a size; for the test that holds words off the ring.
  struct Place {
    QPointF node;
    QRectF words;
  };
  struct Geometry {
    QPointF centre;
    double radius = 0;
    QVector<Place> places;
  };
  [[nodiscard]] Geometry geometry_for(QSizeF size) const;

 Q_SIGNALS:
  void chosen(const QString& stage);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void leaveEvent(QEvent* event) override;

 private:
  [[nodiscard]] int stage_at(const QPointF& where) const;
  void paint_middle(QPainter& painter, const Geometry& g);
  QVector<RingStage> stages_;
  QString above_, large_, below_;
  int hover_ = -1, cursor_ = 0;
};

}  // namespace millwright::ui

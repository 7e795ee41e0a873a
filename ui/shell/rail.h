// The rail: the rooms in the order of the flywheel, each with the dot of its state and a figure.
#pragma once

#include <QHash>
#include <QVector>
#include <QWidget>

#include "ui_session/page.h"

class QVBoxLayout;

namespace millwright::ui {

class RailItem : public QWidget {
  Q_OBJECT
 public:
  RailItem(const PageInfo& info, const QString& key, QWidget* parent);
  void set_current(bool current);
  [[nodiscard]] bool current() const { return current_; }
  void set_state(State state, const QString& figure);
  [[nodiscard]] const QString& id() const { return id_; }
  [[nodiscard]] QSize sizeHint() const override;

 Q_SIGNALS:
  void chosen(const QString& id);
  void moved(int by);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void enterEvent(QEnterEvent* event) override;
  void leaveEvent(QEvent* event) override;

 private:
  QString id_, title_, figure_;
  State state_ = State::neutral;
  bool current_ = false;
};

class Rail : public QWidget {
  Q_OBJECT
 public:
  explicit Rail(QWidget* parent = nullptr);
  /// In the order of groups and, in a group, of their numbers.
  void set_pages(QVector<PageInfo> pages);
  void set_current(const QString& id);
  void set_state(const QString& id, State state, const QString& figure);
  [[nodiscard]] QStringList ids() const;
  /// The keyboard goes to the page that is shown.
  void take_focus();

 Q_SIGNALS:
  void chosen(const QString& id);

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QVBoxLayout* layout_;
  QVector<RailItem*> items_;
};

}  // namespace millwright::ui

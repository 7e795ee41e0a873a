// Buttons say the verb and the count ("Queue 412 for labeling") and show their key.
#pragma once

#include <QPushButton>
#include <QVector>
#include <QWidget>

#include "ui_widgets/theme.h"

namespace millwright::ui {

class Button : public QPushButton {
  Q_OBJECT
 public:
  enum class Role {
    secondary,  ///< a line around it: the usual one
    primary,    ///< filled with the accent: one a page
    quiet,      ///< text only, ground under the pointer
    danger,     ///< what cannot be undone
    label,      ///< 36 px high, text left, key right: a label of a task
  };
  explicit Button(const QString& text, Role role = Role::secondary, QWidget* parent = nullptr);
  void set_role(Role role);
  /// Shown in the button; setting it does not bind the key (the command registry does that).
  void set_key(const QString& key);
  void set_icon_name(const QString& name);
  /// A square in a series' colour before the text.
  void set_swatch(const QColor& color);
  /// A small arrow at the right: opens something.
  void set_drop_arrow(bool on);
  [[nodiscard]] QSize sizeHint() const override;
  [[nodiscard]] QSize minimumSizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;
  void enterEvent(QEnterEvent* event) override;
  void leaveEvent(QEvent* event) override;

 private:
  Role role_;
  QString key_;
  QString icon_;
  QColor swatch_;
  bool arrow_ = false;
};

[[nodiscard]] Button* primary_button(const QString& text, const QString& key = {}, QWidget* parent = nullptr);
[[nodiscard]] Button* secondary_button(const QString& text, const QString& key = {}, QWidget* parent = nullptr);
[[nodiscard]] Button* quiet_button(const QString& text, const QString& key = {}, QWidget* parent = nullptr);

/// A button that opens a list to choose one from: "Queue: drifted sizes ▾". Long lists can be searched.
class Picker : public Button {
  Q_OBJECT
 public:
  struct Item {
    QString id;
    QString text;
    QString detail;  ///< muted, after the text
  };
  /// prefix stands before the chosen text: "Queue".
  explicit Picker(const QString& prefix, QWidget* parent = nullptr);
  void set_items(QVector<Item> items);
  /// Chooses without a signal. An unknown id chooses nothing.
  void set_current(const QString& id);
  [[nodiscard]] QString current() const;
  [[nodiscard]] const QVector<Item>& items() const { return items_; }
  /// Shown where nothing is chosen.
  void set_empty_text(const QString& text);

 Q_SIGNALS:
  void picked(const QString& id);

 private:
  void open();
  void show_current();
  QString prefix_;
  QString empty_text_;
  QVector<Item> items_;
  int current_ = -1;
};

/// A few views of one thing side by side, one of them on: "Histogram  ECDF". Arrow keys move.
class SegmentedControl : public QWidget {
  Q_OBJECT
 public:
  explicit SegmentedControl(const QStringList& segments, QWidget* parent = nullptr);
  void set_current(int index);
  [[nodiscard]] int current() const { return current_; }
  void set_enabled(int index, bool enabled);
  [[nodiscard]] QSize sizeHint() const override;

 Q_SIGNALS:
  void changed(int index);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  [[nodiscard]] QRect segment_rect(int index) const;
  void choose(int index);
  QStringList segments_;
  QVector<bool> enabled_;
  int current_ = 0;
};

}  // namespace millwright::ui

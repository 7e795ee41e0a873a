// The top bar: whose program and project this is, the field that finds everything, who is at the keyboard.
#pragma once

#include <QWidget>

class QLabel;

namespace millwright::ui {

class Button;
class ElidedLabel;

class TopBar : public QWidget {
  Q_OBJECT
 public:
  explicit TopBar(QWidget* parent = nullptr);
  void set_project(const QString& name, const QString& folder, bool read_only);
  /// Empty: nobody to show (no project).
  void set_annotator(const QString& name);
  [[nodiscard]] Button* menu_button() const { return menu_; }
  [[nodiscard]] Button* annotator_button() const { return who_; }

 Q_SIGNALS:
  void search_wanted();
  void menu_wanted();
  void project_wanted();
  void annotator_wanted();

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  Button* menu_;
  Button* project_;
  Button* who_;
};

/// Looks like a search field, opens the palette.
class SearchField : public QWidget {
  Q_OBJECT
 public:
  explicit SearchField(QWidget* parent = nullptr);
  [[nodiscard]] QSize sizeHint() const override;

 Q_SIGNALS:
  void wanted();

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
};

}  // namespace millwright::ui

// What a page shows while it has nothing to show: why, and what to do first.
#pragma once

#include <QWidget>

class QLabel;
class QVBoxLayout;

namespace millwright::ui {

class Button;

class EmptyState : public QWidget {
  Q_OBJECT
 public:
  /// icon: a name of resources/icons. sentence: what is missing. first: what to do about it.
  EmptyState(const QString& icon, const QString& sentence, const QString& first, QWidget* parent = nullptr);
  void set(const QString& icon, const QString& sentence, const QString& first);
  /// The button that does it; its clicked() is the caller's.
  Button* add_button(const QString& text, const QString& key = {}, bool primary = true);

 private:
  void show_icon();
  QLabel* icon_label_;
  QLabel* sentence_;
  QLabel* first_;
  QVBoxLayout* buttons_;
  QString icon_;
};

}  // namespace millwright::ui

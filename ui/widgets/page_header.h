// The head of a page: its title, one line on where it stands, and what can be done.
#pragma once

#include <QWidget>

class QHBoxLayout;
class QLabel;

namespace millwright::ui {

class ElidedLabel;

class PageHeader : public QWidget {
  Q_OBJECT
 public:
  explicit PageHeader(const QString& title, const QString& subtitle = {}, QWidget* parent = nullptr);
  void set_title(const QString& title);
  void set_subtitle(const QString& subtitle);
  /// Right after the title: pickers and badges.
  void add_control(QWidget* widget);
  /// At the right end: the buttons, the primary one last.
  void add_action(QWidget* widget);

 private:
  QLabel* title_;
  QHBoxLayout* controls_;
  ElidedLabel* subtitle_;
  QHBoxLayout* actions_;
};

}  // namespace millwright::ui

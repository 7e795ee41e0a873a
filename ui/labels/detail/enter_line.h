// A line whose Enter ends with it: QLineEdit passes the key on, and the page would repeat the last label.
#pragma once

#include <QKeyEvent>
#include <QLineEdit>

namespace millwright::ui::detail {

class EnterLine : public QLineEdit {
  Q_OBJECT
 public:
  using QLineEdit::QLineEdit;

 protected:
  void keyPressEvent(QKeyEvent* event) override {
    QLineEdit::keyPressEvent(event);
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) event->accept();
  }
};

}  // namespace millwright::ui::detail

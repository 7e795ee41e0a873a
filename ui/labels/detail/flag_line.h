// The line under the item in which a person says what makes it an edge case.
#pragma once

#include <QWidget>

class QLineEdit;

namespace millwright::ui::detail {

class FlagLine : public QWidget {
  Q_OBJECT
 public:
  explicit FlagLine(QWidget* parent = nullptr);
  /// Shows itself, empty, with the keyboard in it.
  void start();

 Q_SIGNALS:
  /// Not empty; the line is hidden again.
  void submitted(const QString& note);

 private:
  void submit();
  QLineEdit* note_;
};

}  // namespace millwright::ui::detail

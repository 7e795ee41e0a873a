// Errors are loud and stay until they are read; what was on the screen stays too.
#pragma once

#include <QFrame>

#include "base/result.h"

class QLabel;

namespace millwright::ui {

class Button;

/// What happened, in the user's language: the error's text translated, then filled with its arguments.
[[nodiscard]] QString message(const Error& error);
/// What to do about it; may be empty.
[[nodiscard]] QString hint(const Error& error);

class ErrorBanner : public QFrame {
  Q_OBJECT
 public:
  explicit ErrorBanner(QWidget* parent = nullptr);
  /// A cancelled error clears instead: that is an outcome, not a fault.
  void show_error(const Error& error);
  void show_text(const QString& text, const QString& hint = {});
  void clear();
  /// A button such as "Try again"; empty text takes it away. retry() is sent when it is pressed.
  void set_retry(const QString& text);

 Q_SIGNALS:
  void retry();
  void dismissed();

 private:
  QLabel* icon_;
  QLabel* text_;
  QLabel* hint_;
  Button* retry_;
};

}  // namespace millwright::ui

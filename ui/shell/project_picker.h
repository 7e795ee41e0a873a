// What stands in the window while no project is open: recent ones, a new one, one from the disk, the demo.
#pragma once

#include <QWidget>

class QLabel;
class QVBoxLayout;

namespace millwright::ui {

class ErrorBanner;
class ProgressBar;

class ProjectPicker : public QWidget {
  Q_OBJECT
 public:
  explicit ProjectPicker(QWidget* parent = nullptr);
  /// Reads the list again.
  void refresh();
  /// A word while a project is being opened; empty when that is over.
  void set_busy(const QString& what);
  [[nodiscard]] ErrorBanner* banner() const { return banner_; }

 Q_SIGNALS:
  void open_wanted(const QString& folder);
  void open_dialog_wanted();
  void new_wanted();
  void demo_wanted();

 private:
  QVBoxLayout* recent_;
  QWidget* choices_;
  QWidget* busy_;
  QLabel* busy_text_;
  ProgressBar* bar_;
  ErrorBanner* banner_;
};

}  // namespace millwright::ui

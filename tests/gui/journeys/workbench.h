// The whole workbench on a demo project of its own, for journeys.
#pragma once

#include <QApplication>
#include <QPointer>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>
#include <functional>
#include <memory>

#include "store/project.h"
#include "ui_shell/main_window.h"

namespace millwright::ui::test {

/// A project in which the demo has turned the loop once on generated packages; gone with the object.
class DemoProject {
 public:
  /// Error text, empty when all is well.
  [[nodiscard]] QString make(int64_t rows);
  [[nodiscard]] QString folder() const { return folder_; }
  /// A connection beside the workbench's, to look at what is stored.
  [[nodiscard]] store::Project open() const;

 private:
  QTemporaryDir place_;
  QString folder_;
};

/// The program's window; settings go to a throw-away place.
class Workbench {
 public:
  explicit Workbench(const QString& annotator);
  ~Workbench();
  [[nodiscard]] bool open(const QString& folder);
  [[nodiscard]] MainWindow& window() { return *window_; }
  template <class P>
  [[nodiscard]] P& page(const char* id) {
    return *qobject_cast<P*>(window_->page(QString::fromLatin1(id)));
  }
  /// Shows a page and waits until it has read what it shows.
  [[nodiscard]] bool show(const char* page, const QVariantMap& arguments = {});
  /// A key to whatever has the keyboard, as from a person.
  void press(Qt::Key key, Qt::KeyboardModifiers modifiers = Qt::NoModifier);
  void type(const QString& text);
  /// Answers the next dialog of this kind that holds up its caller. It must be asked for before the dialog opens.
  template <class D>
  void when_dialog(std::function<void(D&)> answer) {
    auto* look = new QTimer(window_.get());
    QObject::connect(look, &QTimer::timeout, look, [look, answer = std::move(answer)] {
      QPointer<D> dialog = qobject_cast<D*>(QApplication::activeModalWidget());
      if (!dialog || !dialog->isVisible()) return;
      look->stop();
      look->deleteLater();
      answer(*dialog);
    });
    look->start(20);
  }
  /// Types a path into the next file dialog and takes it.
  void choose_file(const QString& path);
  /// Pictures of the window as it stands, in both themes at 1280×800 and 2560×1440, under <build>/screenshots/.
  [[nodiscard]] bool take_pictures(const QString& name);
  /// Of a dialog as it stands, in both themes.
  [[nodiscard]] bool take_pictures_of(QWidget& dialog, const QString& name);
  [[nodiscard]] bool wait(int patience_ms = 30'000);

 private:
  std::unique_ptr<MainWindow> window_;
  QString annotator_;
};

}  // namespace millwright::ui::test

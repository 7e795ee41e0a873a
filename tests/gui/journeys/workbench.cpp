#include "workbench.h"

#include <QDir>
#include <QFileDialog>
#include <QLineEdit>
#include <QSettings>
#include <QSignalSpy>

#include "models/training.h"
#include "pages.h"
#include "planning/demo.h"
#include "ui_shell/screenshots.h"

namespace millwright::ui::test {

QString DemoProject::make(int64_t rows) {
  folder_ = place_.filePath(QStringLiteral("demo.millwright"));
  const Actor actor{"builder", this_device()};
  auto project = store::Project::create(fs::path(folder_.toStdString()), actor, {});
  if (!project) return QString::fromStdString(message_of(project.error()));
  planning::DemoOptions options;
  options.source = planning::DemoSource::generated;
  options.limit = rows;
  const auto report = planning::run_demo(*project, options, {});
  return report ? QString() : QString::fromStdString(message_of(report.error()) + " " + hint_of(report.error()));
}

store::Project DemoProject::open() const {
  auto project = store::Project::open(fs::path(folder_.toStdString()), {"looker", this_device()});
  if (!project) qFatal("%s", message_of(project.error()).c_str());
  return std::move(*project);
}

Workbench::Workbench(const QString& annotator) : annotator_(annotator) {
  static QTemporaryDir settings;
  QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, settings.path());
  qputenv("XDG_DATA_HOME", settings.path().toUtf8());  // where the demo that is opened from the picker goes
  Theme::instance().set_choice(ThemeChoice::light);
  Theme::instance().install();
  ShellParts parts;
  parts.pages = all_pages();
  parts.foreman = [](const store::Project& project) { return models::foreman(project); };
  // As the program has it, but without apt: the same everywhere, and small.
  parts.demo = [](store::Project& project, const Work& work) -> Status {
    MW_TRY(planning::run_demo(project, {planning::DemoSource::generated, 2000}, work));
    return {};
  };
  window_ = std::make_unique<MainWindow>(std::move(parts));
  window_->resize(1280, 800);
  window_->show();
}

Workbench::~Workbench() = default;

bool Workbench::open(const QString& folder) {
  QSignalSpy opened(window_.get(), &MainWindow::opened);
  window_->open_project(folder);
  if (opened.isEmpty() && !opened.wait(30'000)) return false;
  window_->set_annotator(annotator_);
  window_->activateWindow();
  return QTest::qWaitForWindowActive(window_.get()) && wait();
}

bool Workbench::wait(int patience_ms) { return wait_until_idle(*window_, patience_ms); }

bool Workbench::show(const char* page, const QVariantMap& arguments) {
  return window_->show_page(QString::fromLatin1(page), arguments) && wait();
}

void Workbench::choose_file(const QString& path) {
  when_dialog<QFileDialog>([path](QFileDialog& dialog) {
    dialog.findChild<QLineEdit*>(QStringLiteral("fileNameEdit"))->setText(path);
    QMetaObject::invokeMethod(&dialog, "accept");
  });
}

void Workbench::press(Qt::Key key, Qt::KeyboardModifiers modifiers) {
  // Without a window manager nobody gives the keyboard back after a dialog.
  if (QApplication::activeWindow() == nullptr) {
    window_->activateWindow();
    if (!QTest::qWaitForWindowActive(window_.get())) qFatal("the window does not become active");
  }
  QWidget* receiver = QApplication::focusWidget();
  QTest::keyClick(receiver ? receiver : window_.get(), key, modifiers);
}

void Workbench::type(const QString& text) {
  QWidget* receiver = QApplication::focusWidget();
  QTest::keyClicks(receiver ? receiver : window_.get(), text);
}

bool Workbench::take_pictures(const QString& name) {
  const QDir folder(QStringLiteral(MILLWRIGHT_BUILD_DIR "/screenshots"));
  if (!QDir().mkpath(folder.path())) return false;
  bool saved = true;
  for (const QSize& size : {QSize(2560, 1440), QSize(1280, 800)}) {
    window_->resize(size);
    for (const auto choice : {ThemeChoice::dark, ThemeChoice::light}) {
      Theme::instance().set_choice(choice);
      saved = wait() && saved;
      saved = window_->grab().save(folder.filePath(
                  QStringLiteral("journey-%1-%2-%3x%4.png")
                      .arg(name, choice == ThemeChoice::dark ? QStringLiteral("dark") : QStringLiteral("light"))
                      .arg(size.width())
                      .arg(size.height()))) &&
              saved;
    }
  }
  return saved;
}

bool Workbench::take_pictures_of(QWidget& dialog, const QString& name) {
  const QDir folder(QStringLiteral(MILLWRIGHT_BUILD_DIR "/screenshots"));
  if (!QDir().mkpath(folder.path())) return false;
  bool saved = true;
  for (const auto choice : {ThemeChoice::dark, ThemeChoice::light}) {
    Theme::instance().set_choice(choice);
    saved = wait() && saved;
    saved = dialog.grab().save(folder.filePath(
                QStringLiteral("journey-%1-%2.png")
                    .arg(name, choice == ThemeChoice::dark ? QStringLiteral("dark") : QStringLiteral("light")))) &&
            saved;
  }
  return saved;
}

}  // namespace millwright::ui::test

// The project picker: a new project, one that is there, a recent one; what cannot be opened is said and changes
// nothing. The open project is verified from the menu's commands.
#include <QDir>
#include <QFile>
#include <QLabel>
#include <QSignalSpy>

#include "models/registry.h"
#include "records/batch.h"
#include "ui_shell/command_palette.h"
#include "ui_shell/project_picker.h"
#include "ui_widgets/buttons.h"
#include "ui_widgets/dialogs.h"
#include "ui_widgets/error_banner.h"
#include "ui_widgets/type_ahead.h"
#include "workbench.h"

using namespace millwright;            // NOLINT: a test's own file
using namespace millwright::ui;        // NOLINT
using namespace millwright::ui::test;  // NOLINT

class JourneyProjects : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    workbench_ = std::make_unique<Workbench>(QStringLiteral("Ada"));
    picker_ = workbench_->window().findChild<ProjectPicker*>();
    QVERIFY(picker_ && picker_->isVisible());
    workbench_->window().activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(&workbench_->window()));
  }

  void ctrl_n_makes_one() {
    const QString path = place_.filePath(QStringLiteral("first.millwright"));
    workbench_->choose_file(path);
    workbench_->press(Qt::Key_N, Qt::ControlModifier);
    QTRY_VERIFY_WITH_TIMEOUT(workbench_->window().session() != nullptr, 20'000);
    QCOMPARE(workbench_->window().session()->name(), QStringLiteral("first"));
    QVERIFY(QFile::exists(path + QStringLiteral("/project.db")));
    QVERIFY(workbench_->wait());
    workbench_->press(Qt::Key_W, Qt::ControlModifier);
    QTRY_VERIFY(picker_->isVisible());
    QVERIFY(workbench_->window().session() == nullptr);
  }

  void a_recent_one_is_one_press_away() {
    QVERIFY(workbench_->take_pictures(QStringLiteral("projects-picker")));
    Button* recent = nullptr;
    for (auto* button : picker_->findChildren<Button*>())
      if (button->accessibleName() == QStringLiteral("Open first")) recent = button;
    QVERIFY(recent);
    recent->setFocus();
    workbench_->press(Qt::Key_Space);
    QTRY_VERIFY_WITH_TIMEOUT(workbench_->window().session() != nullptr, 20'000);
    QCOMPARE(workbench_->window().session()->name(), QStringLiteral("first"));
    QVERIFY(workbench_->wait());
    workbench_->window().close_project();
  }

  void ctrl_o_opens_one_that_is_there() {
    const QString path = place_.filePath(QStringLiteral("first.millwright"));
    workbench_->choose_file(path);
    workbench_->press(Qt::Key_O, Qt::ControlModifier);
    QTRY_VERIFY_WITH_TIMEOUT(workbench_->window().session() != nullptr, 20'000);
    QVERIFY(workbench_->wait());
  }

  void the_palette_verifies_it() {
    QString said;
    workbench_->when_dialog<Dialog>([&said](Dialog& dialog) {
      said = dialog.windowTitle();
      dialog.accept();
    });
    workbench_->press(Qt::Key_K, Qt::ControlModifier);
    QTRY_VERIFY(workbench_->window().palette_widget()->isVisible());
    workbench_->type(QStringLiteral("verify the project"));
    workbench_->press(Qt::Key_Return);
    QTRY_COMPARE_WITH_TIMEOUT(said, QStringLiteral("Everything is as it was saved"), 30'000);
    QVERIFY(workbench_->wait());
  }

  void what_was_changed_behind_its_back_is_found() {
    // One letter of the audit trail: the chain of hashes does not hold any more.
    workbench_->window().close_project();
    const QString path = place_.filePath(QStringLiteral("changed.millwright"));
    QVERIFY(store::Project::create(fs::path(path.toStdString()), {"builder", this_device()}, {}).has_value());
    QVERIFY(replace_in(path + QStringLiteral("/project.db"), "builder", "guilder"));
    QVERIFY(workbench_->open(path));
    QString said;
    workbench_->when_dialog<Dialog>([&said](Dialog& dialog) {
      said = dialog.windowTitle();
      dialog.accept();
    });
    workbench_->window().commands().run(QStringLiteral("flywheel.verify"));
    QTRY_VERIFY_WITH_TIMEOUT(said.contains(QStringLiteral("not as it was saved")), 30'000);
    QVERIFY(workbench_->wait());
    workbench_->window().close_project();
  }

  void a_damaged_one_is_said() {
    const QString path = place_.filePath(QStringLiteral("damaged.millwright"));
    QVERIFY(QDir().mkpath(path));
    QFile file(path + QStringLiteral("/project.db"));
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(QByteArray(8192, 'x')) == 8192);
    file.close();
    const QByteArray before = bytes_of(file.fileName());
    const QString words = refused(path);
    QVERIFY2(!words.isEmpty(), "nothing was said");
    QCOMPARE(bytes_of(file.fileName()), before);
    QVERIFY(workbench_->take_pictures(QStringLiteral("projects-damaged")));
  }

  void a_newer_one_is_said() {
    const QString path = place_.filePath(QStringLiteral("newer.millwright"));
    QVERIFY(store::Project::create(fs::path(path.toStdString()), {"builder", this_device()}, {}).has_value());
    // user_version: bytes 60 to 63 of a SQLite file, most significant first (sqlite.org/fileformat2.html, 1.3).
    QFile file(path + QStringLiteral("/project.db"));
    QVERIFY(file.open(QIODevice::ReadWrite));
    QVERIFY(file.seek(60) && file.write(QByteArray::fromHex("00002710")) == 4);
    file.close();
    const QString words = refused(path);
    QVERIFY2(words.contains(QStringLiteral("newer"), Qt::CaseInsensitive), qPrintable(words));
  }

  void the_demo_is_made_from_the_picker_and_is_there_the_next_time() {
    Button* demo = nullptr;
    for (auto* button : picker_->findChildren<Button*>())
      if (button->text() == QStringLiteral("Open the demo")) demo = button;
    QVERIFY(demo);
    for (const bool first : {true, false}) {
      demo->setFocus();
      workbench_->press(Qt::Key_Space);
      QTRY_VERIFY_WITH_TIMEOUT(workbench_->window().session() != nullptr, 20'000);
      QVERIFY(workbench_->wait(120'000));
      const auto& session = *workbench_->window().session();
      QVERIFY(session.folder().string().ends_with("package-sections.millwright"));
      const auto project = store::Project::open(session.folder(), {"looker", this_device()});
      QVERIFY(project.has_value());
      // The loop has turned once: two batches, one model; opening it again makes nothing twice.
      QCOMPARE(records::list_batches(*project)->size(), size_t{2});
      QCOMPARE(models::list_models(*project)->size(), size_t{1});
      if (first) QVERIFY(workbench_->take_pictures(QStringLiteral("projects-demo")));
      workbench_->window().close_project();
      QTRY_VERIFY(demo->isVisible());
    }
  }

  void cleanupTestCase() { workbench_.reset(); }

 private:
  static QByteArray bytes_of(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
  }
  /// The last place where it stands.
  static bool replace_in(const QString& path, const QByteArray& from, const QByteArray& to) {
    QByteArray content = bytes_of(path);
    const auto at = content.lastIndexOf(from);
    if (at < 0) return false;
    content.replace(at, from.size(), to);
    QFile file(path);
    return file.open(QIODevice::WriteOnly) && file.write(content) == content.size();
  }
  /// Tries to open it; what the picker says.
  QString refused(const QString& path) {
    QSignalSpy failed(&workbench_->window(), &MainWindow::open_failed);
    workbench_->window().open_project(path);
    if (failed.isEmpty() && !failed.wait(20'000)) return {};
    if (workbench_->window().session() != nullptr || !picker_->banner()->isVisible()) return {};
    return picker_->banner()->accessibleName();
  }
  QTemporaryDir place_;
  std::unique_ptr<Workbench> workbench_;
  ProjectPicker* picker_ = nullptr;
};

QTEST_MAIN(JourneyProjects)
#include "journey_projects.moc"

// The window as the program composes it, on a real, empty project: pages, palette, keys, focus, errors, settings.
#include <QAbstractButton>
#include <QAction>
#include <QApplication>
#include <QFileInfo>
#include <QImage>
#include <QLineEdit>
#include <QSet>
#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include "pages.h"
#include "ui_shell/command_palette.h"
#include "ui_shell/job_tray.h"
#include "ui_shell/main_window.h"
#include "ui_shell/screenshots.h"
#include "ui_shell/settings.h"
#include "ui_widgets/error_banner.h"
#include "ui_widgets/type_ahead.h"

using namespace millwright;
using namespace millwright::ui;

class TestShell : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    QVERIFY(folder_.isValid());
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, folder_.path());
    Theme::instance().install();
    Theme::instance().set_choice(ThemeChoice::light);
    qRegisterMetaType<Error>("millwright::Error");
    project_ = folder_.filePath(QStringLiteral("empty.millwright"));
    window_ = std::make_unique<MainWindow>(ShellParts{all_pages(), {}, {}});
    window_->resize(1280, 800);
    window_->show();
    QSignalSpy opened(window_.get(), &MainWindow::opened);
    window_->create_project(project_, QStringLiteral("empty"));
    QTRY_COMPARE_WITH_TIMEOUT(opened.count(), 1, 20'000);
    QVERIFY(wait_until_idle(*window_, 20'000));
  }
  void cleanupTestCase() { window_.reset(); }

  void the_rail_has_the_rooms_in_the_order_of_the_flywheel() {
    QCOMPARE(window_->page_ids(),
             (QStringList{"flywheel", "data", "quality", "snapshots", "labels", "training", "models", "drift"}));
    QCOMPARE(window_->current_page()->info().id, QStringLiteral("flywheel"));
  }

  void no_key_means_two_things() {
    QStringList found;
    for (const auto& c : window_->commands().conflicts())
      found << QStringLiteral("%1: %2 and %3").arg(c.shortcut, c.first, c.second);
    QVERIFY2(found.isEmpty(), qPrintable(found.join('\n')));
  }

  void every_command_has_words_and_a_menu() {
    QVERIFY(window_->commands().all().size() > 20);
    for (const auto& command : window_->commands().all()) {
      QVERIFY2(!command.text.isEmpty(), qPrintable(command.id));
      QVERIFY2(!command.menu.isEmpty(), qPrintable(command.id));
      QVERIFY2(window_->commands().action(command.id) != nullptr, qPrintable(command.id));
    }
  }

  void the_palette_goes_anywhere() {
    for (const auto& [typed, page] : {std::pair("drift", "drift"), std::pair("snapsh", "snapshots")}) {
      window_->commands().run(QStringLiteral("app.palette"));
      auto* palette = window_->palette_widget();
      QVERIFY(palette->isVisible());
      palette->list()->set_text(QStringLiteral("go to ") + QLatin1String(typed));
      auto* field = palette->list()->findChild<QLineEdit*>();
      QTest::keyClick(field, Qt::Key_Return);
      QVERIFY(!palette->isVisible());
      QCOMPARE(window_->current_page()->info().id, QLatin1String(page));
    }
    // Whatever the page behind it does with Escape, the palette is left first; and it does not outlive its page.
    auto* palette = window_->palette_widget();
    auto* field = palette->list()->findChild<QLineEdit*>();
    for (const QString& id : window_->page_ids()) {
      QVERIFY(window_->show_page(id));
      window_->activateWindow();
      QVERIFY(QTest::qWaitForWindowActive(window_.get()));
      window_->commands().run(QStringLiteral("app.palette"));
      QTRY_VERIFY(field->hasFocus());
      QTest::keyClick(field, Qt::Key_Escape);
      QVERIFY2(!palette->isVisible(), qPrintable(id));
      window_->commands().run(QStringLiteral("app.palette"));
      QVERIFY(window_->show_page(QStringLiteral("flywheel")));
      QVERIFY2(!palette->isVisible(), qPrintable(id));
    }
  }

  void pages_by_their_keys() {
    const QStringList ids = window_->page_ids();
    for (int i = 0; i < ids.size(); ++i) {
      window_->commands().run(QStringLiteral("go.") + ids[i]);
      QCOMPARE(window_->current_page()->info().id, ids[i]);
      QCOMPARE(window_->commands().find(QStringLiteral("go.") + ids[i])->shortcut,
               QKeySequence(QStringLiteral("Ctrl+%1").arg(i + 1)));
    }
    window_->commands().run(QStringLiteral("app.back"));
    QCOMPARE(window_->current_page()->info().id, ids[ids.size() - 2]);
    QVERIFY(!window_->show_page(QStringLiteral("no such page")));
  }

  // Whatever can be pressed can be reached by keyboard and has a name for a screen reader.
  void everything_is_reached_by_keyboard() {
    QStringList missed;
    for (const auto& id : window_->page_ids()) {
      window_->show_page(id);
      wait_until_idle(*window_, 10'000);
      for (auto* button : window_->current_page()->findChildren<QAbstractButton*>()) {
        if (!button->isVisible() || !button->isEnabled()) continue;
        // Parts of Qt's own composed controls answer through their owner.
        if (button->objectName().startsWith(QLatin1String("qt_"))) continue;
        if (!(button->focusPolicy() & Qt::TabFocus))
          missed << QStringLiteral("%1: %2 takes no focus").arg(id, button->text());
        if (button->text().isEmpty() && button->accessibleName().isEmpty())
          missed << QStringLiteral("%1: a button without a name").arg(id);
      }
    }
    QVERIFY2(missed.isEmpty(), qPrintable(missed.join('\n')));
  }

  // Tab goes round: from the first widget of a page back to it, over more than one.
  void tab_goes_round() {
    window_->show_page(QStringLiteral("flywheel"));
    wait_until_idle(*window_, 10'000);
    window_->activateWindow();
    QSet<QWidget*> seen;
    QWidget* widget = window_->focusWidget();
    QVERIFY(widget != nullptr);
    for (int i = 0; i < 300; ++i) {
      do widget = widget->nextInFocusChain();
      while (!(widget->focusPolicy() & Qt::TabFocus) || !widget->isVisibleTo(window_.get()) || !widget->isEnabled());
      if (seen.contains(widget)) break;
      seen.insert(widget);
    }
    QVERIFY2(seen.size() > 10, qPrintable(QString::number(seen.size())));
  }

  void nothing_is_blank_or_cut_off_data() {
    QTest::addColumn<QSize>("size");
    QTest::newRow("1280x800") << QSize(1280, 800);
    QTest::newRow("2560x1440") << QSize(2560, 1440);
  }

  void nothing_is_blank_or_cut_off() {
    QFETCH(QSize, size);
    QTemporaryDir pictures;
    const QStringList paths = save_screenshots(*window_, pictures.path(), {size});
    QCOMPARE(paths.size(), window_->page_ids().size() * 2);
    for (const auto& path : paths) {
      const QImage image(path);
      QCOMPARE(image.size(), size);
      QSet<QRgb> colours;
      for (int y = 0; y < image.height(); y += 3)
        for (int x = 220; x < image.width(); x += 3) colours.insert(image.pixel(x, y));
      QVERIFY2(colours.size() > 12, qPrintable(path));
    }
    // The smallest size that a page asks for fits the window.
    for (const auto& id : window_->page_ids()) {
      const QSize least = window_->page(id)->minimumSizeHint();
      QVERIFY2(least.width() <= 1280 - 240 && least.height() <= 800 - 110,
               qPrintable(QStringLiteral("%1: %2 x %3").arg(id).arg(least.width()).arg(least.height())));
    }
  }

  void a_page_that_fails_says_so() {
    auto* page = window_->page(QStringLiteral("flywheel"));
    const int before = window_->tray()->unread_errors();
    Q_EMIT page->failed(Error{ErrorKind::store, "store.full", "No room on {disk}.", {{"disk", "/home"}}, "Free some."});
    QCOMPARE(window_->tray()->unread_errors(), before + 1);
    bool shown = false;
    for (auto* banner : window_->findChildren<ErrorBanner*>())
      shown = shown || (banner->isVisible() && banner->accessibleName().contains("/home"));
    QVERIFY(shown);
  }

  void what_is_no_project_is_said_and_the_list_stays() {
    MainWindow other(ShellParts{all_pages(), {}, {}});
    other.show();
    QSignalSpy failed(&other, &MainWindow::open_failed);
    other.open_project(folder_.filePath(QStringLiteral("nothing here")));
    QTRY_COMPARE_WITH_TIMEOUT(failed.count(), 1, 10'000);
    QVERIFY(other.session() == nullptr);
    QVERIFY(!QFileInfo::exists(folder_.filePath(QStringLiteral("nothing here.millwright"))));
  }

  void it_remembers() {
    window_->set_annotator(QStringLiteral("Ada"));
    QCOMPARE(window_->session()->annotator(), QStringLiteral("Ada"));
    QCOMPARE(Settings::annotators().value(0), QStringLiteral("Ada"));
    QVERIFY(Settings::recent_projects().contains(project_));
    window_->show_page(QStringLiteral("labels"));
    QCOMPARE(Settings::last_page(project_), QStringLiteral("labels"));
    window_->close();
    QVERIFY(!Settings::geometry().isEmpty());
    QVERIFY(window_->session() == nullptr);
    // Opened again: the same person, the same page.
    window_->show();
    QSignalSpy opened(window_.get(), &MainWindow::opened);
    window_->open_project(project_);
    QTRY_COMPARE_WITH_TIMEOUT(opened.count(), 1, 20'000);
    QCOMPARE(window_->session()->annotator(), QStringLiteral("Ada"));
    QCOMPARE(window_->current_page()->info().id, QStringLiteral("labels"));
  }

 private:
  QTemporaryDir folder_;
  QString project_;
  std::unique_ptr<MainWindow> window_;
};

QTEST_MAIN(TestShell)
#include "test_shell.moc"

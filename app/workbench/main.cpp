// millwright: the workbench. Composes the rooms' pages into the window and reads the command line; nothing else.
#include <QApplication>
#include <QCommandLineParser>
#include <QDir>
#include <QSettings>
#include <QTemporaryDir>
#include <QTimer>
#include <QTranslator>
#include <cstdio>
#include <cstring>
#include <memory>

#include "models/training.h"
#include "pages.h"
#include "planning/demo.h"
#include "ui_shell/main_window.h"
#include "ui_shell/screenshots.h"
#include "ui_shell/settings.h"
#include "ui_widgets/error_banner.h"
#include "ui_widgets/theme.h"

using namespace millwright;      // NOLINT: a program's main file
using namespace millwright::ui;  // NOLINT

namespace {

constexpr int kDemoPatienceMs = 15 * 60 * 1000;

ShellParts parts() {
  ShellParts parts;
  parts.pages = all_pages();
  parts.foreman = [](const store::Project& project) { return models::foreman(project); };
  parts.demo = [](store::Project& project, const Work& work) -> Status {
    MW_TRY(planning::run_demo(project, {}, work));
    return {};
  };
  return parts;
}

struct Options {
  QString project, page, screenshots;
  std::optional<ThemeChoice> theme;
  bool demo = false;
};

// Exits for --help, --version and a command line that cannot be meant.
Options read_options(const QApplication& app) {
  QCommandLineParser parser;
  parser.setApplicationDescription(QApplication::translate(
      "main", "The workbench for data, labels and models. Example: millwright mail.millwright --page drift"));
  parser.addHelpOption();
  parser.addVersionOption();
  parser.addPositionalArgument(QStringLiteral("PROJECT"), QApplication::translate("main", "A project's folder."),
                               QStringLiteral("[PROJECT]"));
  const QCommandLineOption demo(QStringLiteral("demo"),
                                QApplication::translate("main", "Open the demo; make it where it is not there yet."));
  const QCommandLineOption page(QStringLiteral("page"), QApplication::translate("main", "Show this page first."),
                                QStringLiteral("NAME"));
  const QCommandLineOption theme(QStringLiteral("theme"),
                                 QApplication::translate("main", "light or dark; otherwise as the system."),
                                 QStringLiteral("light|dark"));
  const QCommandLineOption shots(
      QStringLiteral("screenshot-all"),
      QApplication::translate(
          "main", "Save a picture of every page in both themes to this folder, and quit. Needs no display."),
      QStringLiteral("DIR"));
  parser.addOptions({demo, page, theme, shots});
  parser.process(app);
  Options options;
  options.project = parser.positionalArguments().value(0);
  options.demo = parser.isSet(demo);
  options.page = parser.value(page);
  options.screenshots = parser.value(shots);
  const QString wanted = parser.value(theme);
  if (wanted == QLatin1String("light")) options.theme = ThemeChoice::light;
  if (wanted == QLatin1String("dark")) options.theme = ThemeChoice::dark;
  if (parser.isSet(theme) && !options.theme) {
    std::fprintf(stderr, "millwright: --theme takes light or dark, not %s\n", qPrintable(wanted));
    std::exit(exit_code(ErrorKind::usage));
  }
  return options;
}

int take_pictures(MainWindow& window, const Options& options) {
  std::optional<Error> failed;
  bool ready = false;
  QObject::connect(&window, &MainWindow::opened, &window, [&] { ready = true; });
  QObject::connect(&window, &MainWindow::open_failed, &window, [&](const Error& error) { failed = error; });
  while (!ready && !failed) QApplication::processEvents(QEventLoop::WaitForMoreEvents);
  if (failed) {
    std::fprintf(stderr, "millwright: %s\n", message_of(*failed).c_str());
    return exit_code(failed->kind);
  }
  if (options.demo) wait_until_idle(window, kDemoPatienceMs);
  const QStringList paths = save_screenshots(window, options.screenshots, {QSize(1280, 800), QSize(2560, 1440)});
  for (const auto& path : paths) std::printf("%s\n", qPrintable(path));
  return paths.isEmpty() ? exit_code(ErrorKind::job) : 0;
}

}  // namespace

int main(int argc, char** argv) {
  bool pictures = false;
  bool words_only = false;
  for (int i = 1; i < argc; ++i) {
    pictures = pictures || std::strncmp(argv[i], "--screenshot-all", 16) == 0;
    for (const char* option : {"--help", "-h", "--version", "-v"})
      words_only = words_only || std::strcmp(argv[i], option) == 0;
  }
  if (pictures || words_only) qputenv("QT_QPA_PLATFORM", "offscreen");  // neither needs a display
  QApplication app(argc, argv);
  QApplication::setApplicationName(QStringLiteral("millwright"));
  QApplication::setApplicationDisplayName(QStringLiteral("Millwright"));
  QApplication::setApplicationVersion(QStringLiteral(MILLWRIGHT_VERSION));
  QApplication::setDesktopFileName(QStringLiteral("org.millwright.Millwright"));
  QTranslator words;
  if (words.load(QLocale(), QStringLiteral("millwright"), QStringLiteral("_"), QStringLiteral(":/translations")) ||
      words.load(QStringLiteral(":/translations/millwright_en.qm")))
    QApplication::installTranslator(&words);
  const Options options = read_options(app);
  // Pictures neither follow nor change what this person has set.
  QTemporaryDir throw_away;
  if (pictures) QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, throw_away.path());
  Theme::instance().set_text_scale(Settings::text_scale());
  Theme::instance().set_choice(options.theme.value_or(Settings::theme()));
  Theme::instance().install();

  MainWindow window(parts());
  if (!options.page.isEmpty())
    QObject::connect(&window, &MainWindow::opened, &window, [&window, page = options.page] {
      if (!window.show_page(page))
        std::fprintf(stderr, "millwright: no page %s; there are: %s\n", qPrintable(page),
                     qPrintable(window.page_ids().join(QStringLiteral(", "))));
    });
  window.show();
  if (options.demo)
    window.open_demo(options.project);
  else if (!options.project.isEmpty())
    window.open_project(options.project);
  if (!pictures) return QApplication::exec();
  if (options.project.isEmpty() && !options.demo) {
    std::fprintf(stderr, "millwright: --screenshot-all needs a PROJECT or --demo\n");
    return exit_code(ErrorKind::usage);
  }
  return take_pictures(window, options);
}

#include "screenshots.h"

#include <QDir>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QPixmap>
#include <QTimer>

#include "main_window.h"

namespace millwright::ui {

namespace {
constexpr int kQuietMs = 250;
}

bool wait_until_idle(MainWindow& window, int patience_ms) {
  QElapsedTimer whole, quiet;
  whole.start();
  quiet.start();
  while (whole.elapsed() < patience_ms) {
    QEventLoop loop;
    QTimer::singleShot(20, &loop, &QEventLoop::quit);
    loop.exec();
    if (!window.idle()) quiet.restart();
    if (quiet.elapsed() > kQuietMs) return true;
  }
  return false;
}

QStringList save_screenshots(MainWindow& window, const QString& folder, const QList<QSize>& sizes, int patience_ms) {
  QDir().mkpath(folder);
  QStringList paths;
  const auto choice_before = Theme::instance().choice();
  for (const QSize& size : sizes) {
    window.showNormal();
    window.resize(size);
    for (const auto choice : {ThemeChoice::light, ThemeChoice::dark}) {
      Theme::instance().set_choice(choice);
      for (const auto& id : window.page_ids()) {
        window.show_page(id);
        wait_until_idle(window, patience_ms);
        const QString name =
            QStringLiteral("%1-%2-%3x%4.png")
                .arg(id, choice == ThemeChoice::dark ? QStringLiteral("dark") : QStringLiteral("light"))
                .arg(size.width())
                .arg(size.height());
        const QString path = QDir(folder).absoluteFilePath(name);
        if (window.grab().save(path)) paths << path;
      }
    }
  }
  Theme::instance().set_choice(choice_before);
  return paths;
}

}  // namespace millwright::ui

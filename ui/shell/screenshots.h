// Pictures of every page, for people without a display and for those who check how it looks.
#pragma once

#include <QSize>
#include <QStringList>

namespace millwright::ui {

class MainWindow;

/// Saves each page of the open project in both themes at each size as FOLDER/PAGE-THEME-WIDTHxHEIGHT.png and gives the
/// paths. Waits for each page to have read what it shows, `patience_ms` at most.
[[nodiscard]] QStringList save_screenshots(MainWindow& window, const QString& folder, const QList<QSize>& sizes,
                                           int patience_ms = 15'000);
/// Lets events run until the window has been idle for a while; false when patience ran out.
bool wait_until_idle(MainWindow& window, int patience_ms);

}  // namespace millwright::ui

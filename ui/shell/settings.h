// What the workbench remembers from one start to the next, for this user on this machine. Never anything of a project's
// content: only where projects lie and who worked on them.
#pragma once

#include <QByteArray>
#include <QDialog>
#include <QStringList>

#include "ui_widgets/theme.h"

namespace millwright::ui {

class Settings {
 public:
  [[nodiscard]] static ThemeChoice theme();
  static void set_theme(ThemeChoice choice);
  [[nodiscard]] static double text_scale();
  static void set_text_scale(double factor);

  /// Newest first, ten at most; folders that are gone are left out.
  [[nodiscard]] static QStringList recent_projects();
  static void remember_project(const QString& folder);
  static void forget_project(const QString& folder);

  /// Names that were at this keyboard, newest first.
  [[nodiscard]] static QStringList annotators();
  static void remember_annotator(const QString& name);

  [[nodiscard]] static QByteArray geometry();
  static void set_geometry(const QByteArray& geometry);
  /// The page that was shown last in a project.
  [[nodiscard]] static QString last_page(const QString& folder);
  static void set_last_page(const QString& folder, const QString& page);
};

/// Theme, size of the text, name: each takes effect at once.
class SettingsDialog : public QDialog {
  Q_OBJECT
 public:
  explicit SettingsDialog(QWidget* parent);
};

}  // namespace millwright::ui

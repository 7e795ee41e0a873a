// Bringing a file in: what it is, what its fields are for, what would happen; and only then the import itself.
#pragma once

#include <QDialog>
#include <map>
#include <memory>
#include <vector>

#include "records/ingest.h"
#include "ui_session/project_session.h"

class QComboBox;
class QLabel;
class QLineEdit;
class QTableWidget;

namespace millwright::ui {
class Button;
class ErrorBanner;
class PagedTable;
class ProgressStrip;
}  // namespace millwright::ui

namespace millwright::ui::detail {

class ImportDialog : public QDialog {
  Q_OBJECT
 public:
  ImportDialog(ProjectSession& session, const QString& path, QWidget* parent);
  /// Looks at the file without publishing anything.
  void preview();

 Q_SIGNALS:
  void imported(const millwright::records::ImportReport& report);

 private:
  void build(const QString& path);
  QWidget* build_form(const QString& path);
  void build_fields();
  void read_assets();
  [[nodiscard]] records::ImportRequest request(bool dry_run) const;
  void show_preview(const records::ImportReport& report);
  void show_fields(const std::vector<store::BatchField>& fields);
  void set_busy(bool busy);
  void start_import();
  void stop();
  void settings_changed();

  ProjectSession& session_;
  std::map<QString, QString> declared_;  ///< field → type, as people chose
  QString importing_;                    ///< the work's name in the tray
  int work_ = -1;
  bool fields_known_ = false;
  bool filling_ = false;
  QLineEdit* path_ = nullptr;
  QComboBox* asset_ = nullptr;
  QComboBox* split_ = nullptr;
  QComboBox* text_ = nullptr;
  QComboBox* time_ = nullptr;
  QComboBox* id_ = nullptr;
  QComboBox* group_ = nullptr;
  QTableWidget* fields_ = nullptr;
  PagedTable* quarantine_ = nullptr;
  QLabel* summary_ = nullptr;
  QLabel* caption_ = nullptr;
  ErrorBanner* banner_ = nullptr;
  ProgressStrip* progress_ = nullptr;
  Button* import_ = nullptr;
};

}  // namespace millwright::ui::detail

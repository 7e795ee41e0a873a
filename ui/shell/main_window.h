// ui/shell: the one window. It composes what the other folders give: rail, pages, tray, palette, settings; it knows no
// page by name and no rule at all.
#pragma once

#include <QMainWindow>
#include <QPointer>
#include <QVariantMap>
#include <functional>
#include <memory>
#include <vector>

#include "ui_session/job_center.h"
#include "ui_session/page.h"

class QStackedWidget;

namespace millwright::ui {

class CommandPalette;
class ErrorBanner;
class JobTray;
class KeyLatency;
class ProjectOpener;
class ProjectPicker;
class Rail;
class TopBar;

/// What a program puts into the window.
struct ShellParts {
  std::vector<PageFactory> pages;  ///< the first is home
  MakeForeman foreman;
  /// Turns the loop once in a project that is open for writing.
  std::function<Status(store::Project&, const Work&)> demo;
};

class MainWindow : public QMainWindow {
  Q_OBJECT
 public:
  explicit MainWindow(ShellParts parts);
  ~MainWindow() override;

  /// All three come back at once; opened() or open_failed() follows.
  void open_project(const QString& folder);
  void create_project(const QString& folder, const QString& name);
  /// Opens (makes, where it is not there) the demo project and lets the demo run where it has not.
  void open_demo(const QString& folder = {});
  void close_project();
  [[nodiscard]] static QString demo_folder();

  [[nodiscard]] ProjectSession* session() const { return session_.get(); }
  [[nodiscard]] JobCenter* jobs() const { return jobs_.get(); }
  [[nodiscard]] CommandRegistry& commands() { return commands_; }
  [[nodiscard]] CommandPalette* palette_widget() const { return palette_; }
  [[nodiscard]] KeyLatency* latency() const { return latency_; }
  [[nodiscard]] JobTray* tray() const { return tray_; }

  /// Ids in the order of the rail.
  [[nodiscard]] QStringList page_ids() const;
  [[nodiscard]] Page* page(const QString& id) const;
  [[nodiscard]] Page* current_page() const;
  /// false: no such page.
  bool show_page(const QString& id, const QVariantMap& arguments = {});
  void set_annotator(const QString& name);
  /// Nothing is being read, opened or worked on: what is on the screen is what there is.
  [[nodiscard]] bool idle() const;

 Q_SIGNALS:
  void opened();
  void open_failed(const millwright::Error& error);
  void page_shown(const QString& id);

 protected:
  void closeEvent(QCloseEvent* event) override;

 private:
  void build();
  void add_commands();
  void adopt_actions();
  void connect_opener();
  void take_session(std::unique_ptr<ProjectSession> session, bool run_demo);
  void add_pages();
  void run_demo();
  void data_changed();
  void show_menu();
  void choose_annotator();
  void choose_project();
  void ask_open();
  void ask_new();
  void take_error(const Error& error);
  void show_inspector(Page* page);

  ShellParts parts_;
  CommandRegistry commands_;
  std::unique_ptr<ProjectSession> session_;
  std::unique_ptr<JobCenter> jobs_;
  std::vector<Page*> pages_;
  QStringList stale_, history_;
  bool refresh_waiting_ = false;

  ProjectOpener* opener_ = nullptr;
  TopBar* top_ = nullptr;
  Rail* rail_ = nullptr;
  QStackedWidget* stack_ = nullptr;
  QWidget* inspector_ = nullptr;
  ErrorBanner* banner_ = nullptr;
  JobTray* tray_ = nullptr;
  ProjectPicker* picker_ = nullptr;
  QWidget* workplace_ = nullptr;
  QStackedWidget* whole_ = nullptr;
  CommandPalette* palette_ = nullptr;
  KeyLatency* latency_ = nullptr;
};

}  // namespace millwright::ui

#include "main_window.h"

#include <QAction>
#include <QApplication>
#include <QCloseEvent>
#include <QDir>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QMenu>
#include <QStackedWidget>
#include <QStandardPaths>
#include <QTimer>
#include <QVBoxLayout>

#include "command_palette.h"
#include "job_tray.h"
#include "key_latency.h"
#include "project_opener.h"
#include "project_picker.h"
#include "rail.h"
#include "settings.h"
#include "top_bar.h"
#include "ui_widgets/buttons.h"
#include "ui_widgets/dialogs.h"
#include "ui_widgets/error_banner.h"
#include "ui_widgets/toast.h"

namespace millwright::ui {

namespace {
constexpr int kRefreshEveryMs = 400;  // a long import commits often: pages follow at an easy pace
}

MainWindow::MainWindow(ShellParts parts) : parts_(std::move(parts)) {
  setWindowTitle(QStringLiteral("Millwright"));
  setWindowIcon(QIcon(QStringLiteral(":/icons/millwright.svg")));
  setMinimumSize(960, 600);
  opener_ = new ProjectOpener(this);
  build();
  connect_opener();
  add_commands();
  if (!restoreGeometry(Settings::geometry())) resize(1440, 900);
  connect(&commands_, &CommandRegistry::changed, this,
          [this] { QMetaObject::invokeMethod(this, &MainWindow::adopt_actions, Qt::QueuedConnection); });
  connect(&commands_, &CommandRegistry::page_wanted, this, [this](const QString& id) { show_page(id); });
  adopt_actions();
}

MainWindow::~MainWindow() { close_project(); }

void MainWindow::build() {
  auto* all = new QWidget;
  auto* layout = new QVBoxLayout(all);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  top_ = new TopBar;
  layout->addWidget(top_);
  whole_ = new QStackedWidget;
  layout->addWidget(whole_, 1);
  tray_ = new JobTray;
  layout->addWidget(tray_);
  tray_->hide();

  picker_ = new ProjectPicker;
  whole_->addWidget(picker_);
  workplace_ = new QWidget;
  whole_->addWidget(workplace_);
  auto* columns = new QHBoxLayout(workplace_);
  columns->setContentsMargins(0, 0, 0, 0);
  columns->setSpacing(0);
  rail_ = new Rail;
  columns->addWidget(rail_);
  auto* middle = new QVBoxLayout;
  middle->setContentsMargins(0, 0, 0, 0);
  middle->setSpacing(0);
  // Pages have margins of their own; the banner stands above them.
  banner_ = new ErrorBanner;
  auto* banner_row = new QHBoxLayout;
  banner_row->setContentsMargins(px(20), 0, px(20), 0);
  banner_row->addWidget(banner_);
  middle->addLayout(banner_row);
  stack_ = new QStackedWidget;
  middle->addWidget(stack_, 1);
  columns->addLayout(middle, 1);
  inspector_ = new QWidget;
  inspector_->setFixedWidth(px(320));
  auto* inspector_layout = new QVBoxLayout(inspector_);
  inspector_layout->setContentsMargins(0, px(16), px(20), px(16));
  inspector_->hide();
  columns->addWidget(inspector_);
  setCentralWidget(all);

  palette_ = new CommandPalette(commands_, this);
  latency_ = new KeyLatency(this);
  connect(latency_, &KeyLatency::measured, tray_, &JobTray::set_latency);
  connect(rail_, &Rail::chosen, this, [this](const QString& id) { show_page(id); });
  connect(top_, &TopBar::search_wanted, this, [this] { commands_.run(QStringLiteral("app.palette")); });
  connect(top_, &TopBar::menu_wanted, this, &MainWindow::show_menu);
  connect(top_, &TopBar::annotator_wanted, this, &MainWindow::choose_annotator);
  connect(top_, &TopBar::project_wanted, this, &MainWindow::choose_project);
  connect(palette_, &CommandPalette::find_records, this, [this](const QString& text) {
    show_page(QStringLiteral("data"), {{QStringLiteral("search"), text}});
  });
  connect(picker_, &ProjectPicker::open_wanted, this, &MainWindow::open_project);
  connect(picker_, &ProjectPicker::open_dialog_wanted, this, &MainWindow::ask_open);
  connect(picker_, &ProjectPicker::new_wanted, this, &MainWindow::ask_new);
  connect(picker_, &ProjectPicker::demo_wanted, this, [this] { open_demo(); });
}

void MainWindow::add_commands() {
  const QString project = tr("Project"), view = tr("View");
  const auto add = [this](const char* id, const QString& text, const QString& menu, const QKeySequence& keys,
                          std::function<void()> run, bool in_palette = true) {
    commands_.add({QLatin1String(id), text, menu, keys, {}, std::move(run), in_palette});
  };
  add("app.new", tr("New project…"), project, QKeySequence(tr("Ctrl+N")), [this] { ask_new(); });
  add("app.open", tr("Open a project…"), project, QKeySequence(tr("Ctrl+O")), [this] { ask_open(); });
  add("app.demo", tr("Open the demo"), project, {}, [this] { open_demo(); });
  add("app.close", tr("Close the project"), project, QKeySequence(tr("Ctrl+W")), [this] { close_project(); });
  add("app.annotator", tr("Change who is labeling…"), project, QKeySequence(tr("Ctrl+U")),
      [this] { choose_annotator(); });
  add("app.settings", tr("Settings…"), project, QKeySequence(tr("Ctrl+,")), [this] { SettingsDialog(this).exec(); });
  add("app.quit", tr("Quit"), project, QKeySequence(tr("Ctrl+Q")), [this] { close(); });
  add(
      "app.palette", tr("Search actions, pages and records"), view, QKeySequence(tr("Ctrl+K")),
      [this] { palette_->open(page(QStringLiteral("data")) != nullptr); }, false);
  add(
      "app.menu", tr("Menu"), view, QKeySequence(tr("F10")), [this] { show_menu(); }, false);
  add("app.refresh", tr("Read again"), view, QKeySequence(tr("F5")), [this] {
    if (auto* shown = current_page()) shown->refresh();
  });
  add("app.back", tr("Back to the page before"), view, QKeySequence(tr("Alt+Left")), [this] {
    if (history_.size() < 2) return;
    history_.removeLast();
    const QString before = history_.takeLast();
    show_page(before);
  });
  add("app.theme", tr("Switch between light and dark"), view, QKeySequence(tr("Ctrl+Shift+L")), [] {
    const auto choice = Theme::instance().dark() ? ThemeChoice::light : ThemeChoice::dark;
    Settings::set_theme(choice);
    Theme::instance().set_choice(choice);
  });
  add("app.rail", tr("Move the keyboard to the rail"), view, QKeySequence(tr("Ctrl+R")), [this] {
    if (rail_->isVisible()) rail_->take_focus();
  });
  commands_.action(QStringLiteral("app.close"))->setEnabled(false);
  commands_.action(QStringLiteral("app.annotator"))->setEnabled(false);
}

// Every action belongs to the window, so that its key works wherever the focus is.
void MainWindow::adopt_actions() {
  const auto there = actions();
  for (const auto& command : commands_.all())
    if (auto* wanted = commands_.action(command.id); wanted != nullptr && !there.contains(wanted)) addAction(wanted);
}

QString MainWindow::demo_folder() {
  const QString base = QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation);
  return QDir(base).filePath(QStringLiteral("millwright/package-sections.millwright"));
}

void MainWindow::connect_opener() {
  connect(opener_, &ProjectOpener::begun, this, [this](const QString& what) {
    close_project();
    picker_->banner()->clear();
    picker_->set_busy(what);
  });
  connect(opener_, &ProjectOpener::failed, this, [this](const Error& error) {
    picker_->set_busy({});
    picker_->banner()->show_error(error);
    Q_EMIT open_failed(error);
  });
  connect(opener_, &ProjectOpener::opened, this, [this](const QString&, bool demo) {
    picker_->set_busy({});
    take_session(opener_->take_session(), demo);
  });
}

void MainWindow::open_project(const QString& folder) { opener_->open(folder); }
void MainWindow::create_project(const QString& folder, const QString& name) { opener_->create(folder, name); }
void MainWindow::open_demo(const QString& folder) { opener_->open_demo(folder.isEmpty() ? demo_folder() : folder); }

void MainWindow::take_session(std::unique_ptr<ProjectSession> session, bool run_demo) {
  session_ = std::move(session);
  jobs_ = std::make_unique<JobCenter>(*session_, parts_.foreman);
  top_->set_project(session_->name(), QString::fromStdString(session_->folder().string()), session_->read_only());
  top_->set_annotator(session_->annotator());
  setWindowTitle(QStringLiteral("%1 – Millwright").arg(session_->name()));
  tray_->follow(session_.get(), jobs_.get());
  tray_->show();
  commands_.action(QStringLiteral("app.close"))->setEnabled(true);
  commands_.action(QStringLiteral("app.annotator"))->setEnabled(!session_->read_only());
  connect(session_.get(), &ProjectSession::data_changed, this, &MainWindow::data_changed);
  connect(session_.get(), &ProjectSession::save_failed, this, [this](const Error& error) {
    tray_->add_error(error);
    banner_->show_error(error);
  });
  connect(session_.get(), &ProjectSession::annotator_changed, top_, &TopBar::set_annotator);
  connect(jobs_.get(), &JobCenter::failed, this, &MainWindow::take_error);
  add_pages();
  whole_->setCurrentWidget(workplace_);
  const QString last = Settings::last_page(QString::fromStdString(session_->folder().string()));
  if (!pages_.empty() && !(page(last) != nullptr && !run_demo && show_page(last))) show_page(pages_.front()->info().id);
  Q_EMIT opened();
  if (run_demo) this->run_demo();
}

void MainWindow::add_pages() {
  QVector<PageInfo> infos;
  for (const auto& make : parts_.pages) {
    auto* made = make(PageContext{*session_, commands_, *jobs_});
    pages_.push_back(made);
    stack_->addWidget(made);
    infos.push_back(made->info());
    const QString id = made->info().id;
    stale_ << id;
    connect(made, &Page::navigate, this,
            [this](const QString& to, const QVariantMap& arguments) { show_page(to, arguments); });
    connect(made, &Page::toast, this,
            [this](const QString& text, State state) { show_toast(centralWidget(), text, state); });
    connect(made, &Page::failed, this, &MainWindow::take_error);
    connect(made, &Page::rail_changed, rail_, &Rail::set_state);
  }
  rail_->set_pages(infos);
  const QStringList ids = rail_->ids();
  for (int i = 0; i < ids.size(); ++i) {
    const QKeySequence keys = i < 9 ? QKeySequence(tr("Ctrl+%1").arg(i + 1)) : QKeySequence();
    commands_.add(
        {QStringLiteral("go.") + ids[i], page(ids[i])->info().title, tr("Go to"), keys, {}, [this, id = ids[i]] {
           show_page(id);
         }});
  }
}

void MainWindow::close_project() {
  if (!session_) return;
  for (const auto& command : commands_.all())
    if (command.id.startsWith(QLatin1String("go."))) commands_.remove(command.id);
  show_inspector(nullptr);
  for (auto* made : pages_) delete made;
  pages_.clear();
  stale_.clear();
  history_.clear();
  rail_->set_pages({});
  tray_->follow(nullptr, nullptr);
  tray_->hide();
  jobs_.reset();
  session_.reset();
  banner_->clear();
  top_->set_project({}, {}, false);
  top_->set_annotator({});
  setWindowTitle(QStringLiteral("Millwright"));
  commands_.set_current_page({});
  commands_.action(QStringLiteral("app.close"))->setEnabled(false);
  commands_.action(QStringLiteral("app.annotator"))->setEnabled(false);
  picker_->refresh();
  whole_->setCurrentWidget(picker_);
}

QStringList MainWindow::page_ids() const { return rail_->ids(); }

Page* MainWindow::page(const QString& id) const {
  for (auto* made : pages_)
    if (made->info().id == id) return made;
  return nullptr;
}

Page* MainWindow::current_page() const {
  return pages_.empty() ? nullptr : qobject_cast<Page*>(stack_->currentWidget());
}

bool MainWindow::show_page(const QString& id, const QVariantMap& arguments) {
  Page* wanted = page(id);
  if (wanted == nullptr) return false;
  palette_->leave();
  commands_.set_current_page(id);
  stack_->setCurrentWidget(wanted);
  rail_->set_current(id);
  if (history_.isEmpty() || history_.last() != id) history_ << id;
  if (history_.size() > 50) history_.removeFirst();
  Settings::set_last_page(QString::fromStdString(session_->folder().string()), id);
  wanted->activate(arguments);
  if (stale_.removeAll(id) > 0) wanted->refresh();
  show_inspector(wanted);
  if (auto* first = wanted->first_focus())
    first->setFocus();
  else
    wanted->setFocus();
  Q_EMIT page_shown(id);
  return true;
}

void MainWindow::show_inspector(Page* page) {
  auto* layout = inspector_->layout();
  while (auto* item = layout->takeAt(0)) {
    if (auto* old = item->widget()) {
      old->hide();
      old->setParent(nullptr);
    }
    delete item;
  }
  QWidget* wanted = page != nullptr ? page->inspector() : nullptr;
  if (wanted != nullptr) {
    layout->addWidget(wanted);
    wanted->show();
  }
  inspector_->setVisible(wanted != nullptr);
}

void MainWindow::data_changed() {
  if (refresh_waiting_) return;
  refresh_waiting_ = true;
  QTimer::singleShot(kRefreshEveryMs, this, [this] {
    refresh_waiting_ = false;
    for (auto* made : pages_) {
      const QString id = made->info().id;
      if (made == current_page() || made->refreshes_hidden()) {
        stale_.removeAll(id);
        made->refresh();
      } else if (!stale_.contains(id)) {
        stale_ << id;
      }
    }
  });
}

void MainWindow::run_demo() {
  if (!parts_.demo || session_->read_only()) return;
  session_->work(
      this, tr("Demo"), [demo = parts_.demo](store::Project& project, const Work& work) { return demo(project, work); },
      [this](Status done) {
        if (!done) return take_error(done.error());
        show_toast(centralWidget(), tr("The demo has turned the loop once"), State::pass);
      });
}

void MainWindow::take_error(const Error& error) {
  if (error.kind == ErrorKind::cancelled) return;
  tray_->add_error(error);
  banner_->show_error(error);
}

void MainWindow::show_menu() {
  QMenu menu(this);
  QHash<QString, QMenu*> parts;
  for (const auto& command : commands_.all()) {
    if (command.menu.isEmpty() || command.id == QLatin1String("app.menu")) continue;
    auto*& part = parts[command.menu];
    if (part == nullptr) part = menu.addMenu(command.menu);
    auto* action = commands_.action(command.id);
    // An entry of its own: pages that are not shown have their key taken off, and are shown first.
    auto* entry =
        part->addAction(command.text + (command.shortcut.isEmpty() ? QString() : '\t' + key_text(command.shortcut)));
    entry->setEnabled(action->isEnabled());
    connect(entry, &QAction::triggered, this, [this, id = command.id] { commands_.run(id); });
  }
  menu.exec(top_->menu_button()->mapToGlobal(QPoint(0, top_->menu_button()->height() + 2)));
}

void MainWindow::choose_annotator() {
  if (!session_) return;
  QMenu menu(this);
  QStringList names = Settings::annotators();
  names.removeAll(session_->annotator());
  names.prepend(session_->annotator());
  for (const auto& name : names) {
    auto* entry = menu.addAction(name);
    entry->setCheckable(true);
    entry->setChecked(name == session_->annotator());
    connect(entry, &QAction::triggered, this, [this, name] { set_annotator(name); });
  }
  menu.addSeparator();
  connect(menu.addAction(tr("Somebody else…")), &QAction::triggered, this, [this] {
    if (const auto name =
            ask_text(this, tr("Who is labeling?"), tr("The name stands on every label from now on."), tr("Continue")))
      set_annotator(*name);
  });
  auto* button = top_->annotator_button();
  menu.exec(button->mapToGlobal(QPoint(0, button->height() + 2)));
}

void MainWindow::set_annotator(const QString& name) {
  if (!session_) return;
  session_->set_annotator(name);
  Settings::remember_annotator(name);
  if (auto* shown = current_page()) shown->refresh();
}

void MainWindow::choose_project() {
  QMenu menu(this);
  const QString here = session_ ? QString::fromStdString(session_->folder().string()) : QString();
  for (const auto& folder : Settings::recent_projects()) {
    if (folder == here) continue;
    connect(menu.addAction(QDir(folder).dirName()), &QAction::triggered, this,
            [this, folder] { open_project(folder); });
  }
  menu.addSeparator();
  for (const char* id : {"app.open", "app.new", "app.demo", "app.close"})
    menu.addAction(commands_.action(QLatin1String(id)));
  menu.exec(top_->mapToGlobal(QPoint(px(120), top_->height())));
}

void MainWindow::ask_open() {
  const QString folder = QFileDialog::getExistingDirectory(this, tr("Open a project"), QDir::homePath());
  if (!folder.isEmpty()) open_project(folder);
}

void MainWindow::ask_new() {
  QString folder =
      QFileDialog::getSaveFileName(this, tr("New project"), QDir::home().filePath(tr("untitled.millwright")),
                                   tr("Millwright projects (*.millwright)"));
  if (folder.isEmpty()) return;
  if (!folder.endsWith(QLatin1String(".millwright"))) folder += QLatin1String(".millwright");
  create_project(folder, QFileInfo(folder).completeBaseName());
}

bool MainWindow::idle() const {
  return !opener_->busy() && !refresh_waiting_ &&
         (!session_ || (session_->pending_reads() == 0 && session_->pending_works() == 0));
}

void MainWindow::closeEvent(QCloseEvent* event) {
  if (session_ && session_->pending_works() > 0 &&
      !confirm(this, tr("Work is under way"),
               tr("What is not finished is given up; nothing half done stays in the project."), tr("Quit"))) {
    event->ignore();
    return;
  }
  Settings::set_geometry(saveGeometry());
  close_project();
  event->accept();
}

}  // namespace millwright::ui

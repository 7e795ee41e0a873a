// A page of the workbench. It stands on the session and the command registry, never on the window that shows it.
#pragma once

#include <QString>
#include <QVariantMap>
#include <QWidget>

#include "base/result.h"
#include "ui_session/command_registry.h"
#include "ui_session/job_center.h"
#include "ui_session/project_session.h"
#include "ui_widgets/theme.h"

namespace millwright::ui {

/// Groups of the rail, in the order of the flywheel.
enum class RailGroup { loop, data, labels, models, watch };

struct PageInfo {
  QString id;     ///< stable: "quality"; also what --page takes
  QString title;  ///< "Quality"
  RailGroup group = RailGroup::data;
  int order = 0;  ///< within the group
};

struct PageContext {
  ProjectSession& session;
  CommandRegistry& commands;
  JobCenter& jobs;
};

class Page : public QWidget {
  Q_OBJECT
 public:
  Page(PageInfo info, PageContext context, QWidget* parent = nullptr);
  ~Page() override;
  [[nodiscard]] const PageInfo& info() const { return info_; }
  [[nodiscard]] ProjectSession& session() const { return context_.session; }
  [[nodiscard]] CommandRegistry& commands() const { return context_.commands; }
  [[nodiscard]] JobCenter& jobs() const { return context_.jobs; }

  /// Shown, with what it should show: {"batch": …}, {"queue": …}. Called before refresh(). Keep what is not named.
  virtual void activate(const QVariantMap& arguments);
  /// The project changed, or the page is shown for the first time: read again (through session().read()). Called only
  /// while the page is shown, otherwise when it is next shown; keep selection and scroll position.
  virtual void refresh() = 0;
  /// Whether refresh() is wanted while another page is shown: only for what the rail itself tells.
  [[nodiscard]] virtual bool refreshes_hidden() const { return false; }
  /// Right of the page; nullptr: none. Owned by the page.
  virtual QWidget* inspector() { return nullptr; }
  /// Which widget has the keyboard first.
  virtual QWidget* first_focus() { return nullptr; }

 Q_SIGNALS:
  /// What the rail says of a page: its state's dot and a short figure. One page sees them all and says it.
  void rail_changed(const QString& page, millwright::ui::State state, const QString& figure);
  /// Show another page: navigate("records", {{"batch", id}}).
  void navigate(const QString& page, const QVariantMap& arguments);
  /// A short word at the lower edge.
  void toast(const QString& text, millwright::ui::State state);
  /// Something went wrong that the page has no banner for.
  void failed(const millwright::Error& error);

 protected:
  /// A command that lives on this page: info().id is filled in.
  QAction* add_command(const QString& id, const QString& text, const QString& menu, const QKeySequence& shortcut,
                       std::function<void()> run);

 private:
  PageInfo info_;
  PageContext context_;
};

/// Makes a page for an opened project; the programs list these.
using PageFactory = std::function<Page*(PageContext)>;

}  // namespace millwright::ui

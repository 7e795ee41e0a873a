// Every action of the workbench, once: its name, its words, its key, its place in the menu. Menus, shortcuts and the
// command palette are made from here and nowhere else.
#pragma once

#include <QKeySequence>
#include <QObject>
#include <QString>
#include <QVector>
#include <functional>
#include <map>

class QAction;

namespace millwright::ui {

struct Command {
  QString id;    ///< stable: "labels.skip"
  QString text;  ///< "Skip this item"
  QString menu;  ///< top-level menu, translated: tr("Labels")
  QKeySequence shortcut;
  QString page;  ///< id of the page it belongs to; empty: works everywhere
  std::function<void()> run;
  bool in_palette = true;
};

struct ShortcutConflict {
  QString shortcut, first, second;
};

class CommandRegistry : public QObject {
  Q_OBJECT
 public:
  explicit CommandRegistry(QObject* parent = nullptr);
  ~CommandRegistry() override;
  /// Adds a command and returns its action: enable and disable it there. An id that is already there is replaced.
  QAction* add(Command command);
  void remove(const QString& id);
  /// Takes away what a page added.
  void remove_page(const QString& page);
  [[nodiscard]] QAction* action(const QString& id) const;
  [[nodiscard]] const Command* find(const QString& id) const;
  [[nodiscard]] QVector<Command> all() const;
  /// Whether it could run now: its action is enabled and its page is shown (commands of other pages show it first).
  [[nodiscard]] bool can_run(const QString& id) const;
  void run(const QString& id);
  /// Only commands of this page and those without one answer to their keys.
  void set_current_page(const QString& page);
  [[nodiscard]] QString current_page() const { return current_page_; }
  /// Two commands that the same key would reach at the same time. A test holds this empty.
  [[nodiscard]] QVector<ShortcutConflict> conflicts() const;
  /// "Ctrl K": as keycaps show it.
  [[nodiscard]] QString key_text(const QString& id) const;

 Q_SIGNALS:
  void changed();
  /// A command of a page that is not shown was asked for: show it.
  void page_wanted(const QString& page);

 private:
  struct Entry {
    Command command;
    QAction* action = nullptr;
    bool enabled = true;
  };
  void follow_scope(Entry& entry);
  std::map<QString, Entry> entries_;
  QVector<QString> order_;
  QString current_page_;
};

[[nodiscard]] QString key_text(const QKeySequence& keys);

}  // namespace millwright::ui

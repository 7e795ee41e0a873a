#include "command_registry.h"

#include <QAction>
#include <algorithm>

namespace millwright::ui {

QString key_text(const QKeySequence& keys) { return keys.toString(QKeySequence::NativeText).replace('+', ' '); }

CommandRegistry::CommandRegistry(QObject* parent) : QObject(parent) {}
CommandRegistry::~CommandRegistry() = default;

QAction* CommandRegistry::add(Command command) {
  const QString id = command.id;
  remove(id);
  auto* action = new QAction(command.text, this);
  action->setObjectName(id);
  action->setShortcut(command.shortcut);
  action->setShortcutContext(Qt::WindowShortcut);
  // A key that is held down acts once: labels are given by a press, not by a repeat.
  action->setAutoRepeat(false);
  connect(action, &QAction::triggered, this, [this, id] {
    const auto entry = entries_.find(id);
    if (entry == entries_.end()) return;
    const auto run = entry->second.command.run;  // it may replace itself
    if (run) run();
  });
  Entry& entry = entries_[id];
  entry.command = std::move(command);
  entry.action = action;
  order_.push_back(id);
  follow_scope(entry);
  Q_EMIT changed();
  return action;
}

void CommandRegistry::remove(const QString& id) {
  const auto entry = entries_.find(id);
  if (entry == entries_.end()) return;
  entry->second.action->deleteLater();
  entries_.erase(entry);
  order_.removeAll(id);
  Q_EMIT changed();
}

void CommandRegistry::remove_page(const QString& page) {
  QVector<QString> gone;
  for (const auto& [id, entry] : entries_)
    if (entry.command.page == page) gone.push_back(id);
  for (const auto& id : gone) remove(id);
}

QAction* CommandRegistry::action(const QString& id) const {
  const auto entry = entries_.find(id);
  return entry == entries_.end() ? nullptr : entry->second.action;
}

const Command* CommandRegistry::find(const QString& id) const {
  const auto entry = entries_.find(id);
  return entry == entries_.end() ? nullptr : &entry->second.command;
}

QVector<Command> CommandRegistry::all() const {
  QVector<Command> commands;
  for (const auto& id : order_) commands.push_back(entries_.at(id).command);
  return commands;
}

bool CommandRegistry::can_run(const QString& id) const {
  const auto entry = entries_.find(id);
  return entry != entries_.end() && entry->second.action->isEnabled();
}

void CommandRegistry::run(const QString& id) {
  const Command* command = find(id);
  if (command == nullptr) return;
  if (!command->page.isEmpty() && command->page != current_page_) Q_EMIT page_wanted(command->page);
  if (auto* wanted = action(id)) wanted->trigger();
}

// A page's keys are its own: while another page is shown they do nothing, so that pages may use the same single keys.
// The shortcut is taken off rather than the action switched off: menus and the palette still offer it.
void CommandRegistry::follow_scope(Entry& entry) {
  const bool here = entry.command.page.isEmpty() || entry.command.page == current_page_;
  entry.action->setShortcut(here ? entry.command.shortcut : QKeySequence());
}

void CommandRegistry::set_current_page(const QString& page) {
  current_page_ = page;
  for (auto& [id, entry] : entries_) follow_scope(entry);
}

QVector<ShortcutConflict> CommandRegistry::conflicts() const {
  QVector<ShortcutConflict> found;
  for (int i = 0; i < order_.size(); ++i)
    for (int j = i + 1; j < order_.size(); ++j) {
      const Command &a = entries_.at(order_[i]).command, &b = entries_.at(order_[j]).command;
      if (a.shortcut.isEmpty() || b.shortcut.isEmpty()) continue;
      const bool together = a.page.isEmpty() || b.page.isEmpty() || a.page == b.page;
      const bool same = a.shortcut.matches(b.shortcut) != QKeySequence::NoMatch ||
                        b.shortcut.matches(a.shortcut) != QKeySequence::NoMatch;
      if (together && same) found.push_back({a.shortcut.toString(), a.id, b.id});
    }
  return found;
}

QString CommandRegistry::key_text(const QString& id) const {
  const Command* command = find(id);
  return command == nullptr ? QString() : ui::key_text(command->shortcut);
}

}  // namespace millwright::ui

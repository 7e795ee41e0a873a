// Ctrl+K: everything that can be done, by name.
#pragma once

#include <QFrame>
#include <QPointer>

#include "ui_session/command_registry.h"

namespace millwright::ui {

class TypeAheadList;

class CommandPalette : public QFrame {
  Q_OBJECT
 public:
  CommandPalette(CommandRegistry& commands, QWidget* window);
  /// Shown over the window, with the field ready. `can_find`: whether records can be searched for.
  void open(bool can_find);
  /// Hides it and gives the keyboard back; nothing where it is not open.
  void leave();
  [[nodiscard]] TypeAheadList* list() const { return list_; }

 Q_SIGNALS:
  /// Text to look for in the records.
  void find_records(const QString& text);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void fill();
  void place();
  CommandRegistry& commands_;
  TypeAheadList* list_;
  QPointer<QWidget> focus_before_;
  bool can_find_ = false;
};

}  // namespace millwright::ui

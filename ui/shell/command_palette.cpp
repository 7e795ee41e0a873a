#include "command_palette.h"

#include <QAction>
#include <QApplication>
#include <QEvent>
#include <QMouseEvent>
#include <QVBoxLayout>

#include "ui_widgets/card.h"
#include "ui_widgets/type_ahead.h"

namespace millwright::ui {

namespace {
constexpr auto kFind = "find records";
}

CommandPalette::CommandPalette(CommandRegistry& commands, QWidget* window) : QFrame(window), commands_(commands) {
  setObjectName(QStringLiteral("palette"));
  setProperty("surface", "popup");
  setAccessibleName(tr("Command palette"));
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(px(10), px(10), px(10), px(10));
  list_ = new TypeAheadList(tr("Type what you want to do"));
  all->addWidget(list_);
  connect(list_, &TypeAheadList::left, this, &CommandPalette::leave);
  connect(list_, &TypeAheadList::text_changed, this, &CommandPalette::fill);
  connect(list_, &TypeAheadList::chosen, this, [this](const QString& id) {
    const QString text = list_->text();
    leave();
    if (id == QLatin1String(kFind))
      Q_EMIT find_records(text);
    else
      commands_.run(id);
  });
  window->installEventFilter(this);
  hide();
}

void CommandPalette::open(bool can_find) {
  can_find_ = can_find;
  focus_before_ = QApplication::focusWidget();
  list_->set_text({});
  fill();
  place();
  show();
  raise();
  list_->start();
  qApp->installEventFilter(this);
}

void CommandPalette::leave() {
  if (!isVisible()) return;
  qApp->removeEventFilter(this);
  hide();
  if (focus_before_) focus_before_->setFocus();
}

void CommandPalette::fill() {
  QVector<TypeAheadList::Item> items;
  for (const auto& command : commands_.all()) {
    if (!command.in_palette) continue;
    const QString text =
        command.menu.isEmpty() ? command.text : QStringLiteral("%1: %2").arg(command.menu, command.text);
    items.push_back({command.id, text, commands_.key_text(command.id), commands_.can_run(command.id)});
  }
  if (const QString text = list_->text().trimmed(); can_find_ && !text.isEmpty())
    items.push_back({QLatin1String(kFind), tr("Find records with “%1”").arg(text), {}, true, -20'000});
  list_->set_items(std::move(items));
}

void CommandPalette::place() {
  const QWidget* window = parentWidget();
  const int width = std::min(px(560), window->width() - px(32)), height = std::min(px(420), window->height() - px(96));
  setGeometry((window->width() - width) / 2, px(52), width, height);
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event) {
  if (watched == parentWidget() && event->type() == QEvent::Resize && isVisible()) place();
  if (event->type() == QEvent::MouseButtonPress && isVisible()) {
    auto* widget = qobject_cast<QWidget*>(watched);
    if (widget != nullptr && widget->window() == window() && widget != this && !isAncestorOf(widget)) leave();
  }
  return QFrame::eventFilter(watched, event);
}

}  // namespace millwright::ui

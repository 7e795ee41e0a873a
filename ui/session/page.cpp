#include "page.h"

namespace millwright::ui {

Page::Page(PageInfo info, PageContext context, QWidget* parent)
    : QWidget(parent), info_(std::move(info)), context_(context) {
  setObjectName(QStringLiteral("page.") + info_.id);
  setAccessibleName(info_.title);
}

Page::~Page() { context_.commands.remove_page(info_.id); }

void Page::activate(const QVariantMap&) {}

QAction* Page::add_command(const QString& id, const QString& text, const QString& menu, const QKeySequence& shortcut,
                           std::function<void()> run) {
  return context_.commands.add({id, text, menu, shortcut, info_.id, std::move(run)});
}

}  // namespace millwright::ui

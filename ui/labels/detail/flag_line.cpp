#include "flag_line.h"

#include <QHBoxLayout>
#include <QLineEdit>

#include "enter_line.h"
#include "ui_widgets/buttons.h"

namespace millwright::ui::detail {

FlagLine::FlagLine(QWidget* parent) : QWidget(parent) {
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(px(28), 0, px(28), px(12));
  row->setSpacing(px(8));
  note_ = new EnterLine;
  note_->setObjectName(QStringLiteral("labels.note"));
  note_->setPlaceholderText(tr("What makes this one hard? Your note becomes a draft rule."));
  note_->setAccessibleName(tr("Note of the flag"));
  auto* button = primary_button(tr("Flag it"), tr("Enter"));
  row->addWidget(note_, 1);
  row->addWidget(button);
  hide();
  connect(note_, &QLineEdit::returnPressed, this, &FlagLine::submit);
  connect(button, &QPushButton::clicked, this, &FlagLine::submit);
}

void FlagLine::start() {
  show();
  note_->clear();
  note_->setFocus();
}

void FlagLine::submit() {
  const QString note = note_->text().trimmed();
  if (note.isEmpty()) return;
  hide();
  Q_EMIT submitted(note);
}

}  // namespace millwright::ui::detail

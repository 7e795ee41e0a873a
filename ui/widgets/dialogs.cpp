#include "dialogs.h"

#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QVBoxLayout>

#include "buttons.h"
#include "card.h"

namespace millwright::ui {

Dialog::Dialog(const QString& title, const QString& verb, QWidget* parent, bool danger) : QDialog(parent) {
  setWindowTitle(title);
  setModal(true);
  setMinimumWidth(px(420));
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(px(20), px(20), px(20), px(16));
  all->setSpacing(px(12));
  auto* head = make_label(title, FontRole::title);
  head->setWordWrap(true);
  all->addWidget(head);
  body_ = new QVBoxLayout;
  body_->setSpacing(px(8));
  all->addLayout(body_, 1);
  auto* row = new QHBoxLayout;
  row->setSpacing(px(8));
  row->addStretch(1);
  auto* leave = secondary_button(tr("Cancel"));
  accept_ = new Button(verb, danger ? Button::Role::danger : Button::Role::primary);
  accept_->setDefault(true);
  leave->setAutoDefault(false);
  row->addWidget(leave);
  row->addWidget(accept_);
  all->addSpacing(px(4));
  all->addLayout(row);
  connect(leave, &QPushButton::clicked, this, &QDialog::reject);
  connect(accept_, &QPushButton::clicked, this, &QDialog::accept);
}

QFormLayout* Dialog::add_form() {
  auto* form = new QFormLayout;
  form->setHorizontalSpacing(px(12));
  form->setVerticalSpacing(px(8));
  form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
  form->setRowWrapPolicy(QFormLayout::DontWrapRows);
  body_->addLayout(form);
  return form;
}

namespace {
QLabel* wrapped(const QString& text) {
  auto* label = make_label(text, FontRole::body, Tone::muted);
  label->setWordWrap(true);
  return label;
}
}  // namespace

bool confirm(QWidget* parent, const QString& title, const QString& text, const QString& verb, bool danger) {
  Dialog dialog(title, verb, parent, danger);
  dialog.body()->addWidget(wrapped(text));
  return dialog.exec() == QDialog::Accepted;
}

std::optional<QString> ask_text(QWidget* parent, const QString& title, const QString& text, const QString& verb,
                                const QString& initial, bool multi_line, int min_length) {
  Dialog dialog(title, verb, parent);
  if (!text.isEmpty()) dialog.body()->addWidget(wrapped(text));
  const auto judge = [&dialog, min_length](const QString& now) {
    dialog.accept_button()->setEnabled(now.trimmed().size() >= min_length);
  };
  judge(initial);
  if (multi_line) {
    auto* field = new QPlainTextEdit(initial);
    field->setAccessibleName(title);
    field->setTabChangesFocus(true);
    dialog.body()->addWidget(field);
    QObject::connect(field, &QPlainTextEdit::textChanged, &dialog, [=] { judge(field->toPlainText()); });
    field->setFocus();
    if (dialog.exec() != QDialog::Accepted) return std::nullopt;
    return field->toPlainText().trimmed();
  }
  auto* field = new QLineEdit(initial);
  field->setAccessibleName(title);
  dialog.body()->addWidget(field);
  QObject::connect(field, &QLineEdit::textChanged, &dialog, judge);
  field->setFocus();
  field->selectAll();
  if (dialog.exec() != QDialog::Accepted) return std::nullopt;
  return field->text().trimmed();
}

std::optional<NamedReason> ask_reason(QWidget* parent, const QString& title, const QString& text, const QString& verb,
                                      const QString& name) {
  Dialog dialog(title, verb, parent);
  dialog.body()->addWidget(wrapped(text));
  auto* who = new QLineEdit(name);
  auto* why = new QPlainTextEdit;
  why->setTabChangesFocus(true);
  who->setAccessibleName(Dialog::tr("Name"));
  why->setAccessibleName(Dialog::tr("Reason"));
  dialog.body()->addWidget(make_label(Dialog::tr("Who answers for it"), FontRole::caption, Tone::muted));
  dialog.body()->addWidget(who);
  dialog.body()->addWidget(make_label(Dialog::tr("Reason, kept for ever"), FontRole::caption, Tone::muted));
  dialog.body()->addWidget(why);
  const auto judge = [&] {
    dialog.accept_button()->setEnabled(!who->text().trimmed().isEmpty() && !why->toPlainText().trimmed().isEmpty());
  };
  judge();
  QObject::connect(who, &QLineEdit::textChanged, &dialog, judge);
  QObject::connect(why, &QPlainTextEdit::textChanged, &dialog, judge);
  (name.isEmpty() ? static_cast<QWidget*>(who) : why)->setFocus();
  if (dialog.exec() != QDialog::Accepted) return std::nullopt;
  return NamedReason{who->text().trimmed(), why->toPlainText().trimmed()};
}

}  // namespace millwright::ui

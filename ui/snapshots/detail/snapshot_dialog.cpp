#include "snapshot_dialog.h"

#include <QComboBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QSpinBox>
#include <QVBoxLayout>

#include "records/where.h"
#include "ui_records/words.h"
#include "ui_widgets/buttons.h"
#include "ui_widgets/card.h"
#include "ui_widgets/error_banner.h"

namespace millwright::ui::detail {

SnapshotDialog::SnapshotDialog(std::vector<TaskChoice> choices, QWidget* parent)
    : Dialog(tr("New snapshot"), tr("Freeze it"), parent), choices_(std::move(choices)) {
  setMinimumWidth(px(540));
  auto* form = add_form();
  task_ = new QComboBox;
  task_->setAccessibleName(tr("Task"));
  for (const auto& choice : choices_) task_->addItem(text_of(choice.task.name));
  batches_ = new QListWidget;
  batches_->setAccessibleName(tr("Batches"));
  batches_->setMaximumHeight(px(120));
  where_ = new QLineEdit;
  where_->setAccessibleName(tr("Only rows where"));
  where_->setPlaceholderText(tr("all labeled records"));
  error_ = make_label({}, FontRole::caption, Tone::fail);
  error_->setWordWrap(true);
  error_->hide();
  split_ = new QLineEdit(QStringLiteral("80/10/10"));
  split_->setAccessibleName(tr("Shares of train, validation and test"));
  seed_ = new QSpinBox;
  seed_->setButtonSymbols(QAbstractSpinBox::NoButtons);
  seed_->setRange(0, 2'000'000'000);
  seed_->setAccessibleName(tr("Seed of the split"));
  group_ = new QComboBox;
  group_->setAccessibleName(tr("Never divide rows with the same"));
  fixed_ = make_label({}, FontRole::caption, Tone::muted);
  fixed_->setWordWrap(true);
  form->addRow(tr("Task"), task_);
  form->addRow(tr("Batches"), batches_);
  form->addRow(tr("Only rows where"), where_);
  form->addRow(QString(), error_);
  form->addRow(tr("Split"), split_);
  form->addRow(tr("Seed"), seed_);
  form->addRow(tr("Group"), group_);
  form->addRow(QString(), fixed_);
  connect(task_, &QComboBox::currentIndexChanged, this, &SnapshotDialog::show_task);
  connect(batches_, &QListWidget::itemChanged, this, &SnapshotDialog::judge);
  for (auto* line : {where_, split_}) connect(line, &QLineEdit::textChanged, this, &SnapshotDialog::judge);
  show_task();
}

const TaskChoice& SnapshotDialog::choice() const {
  return choices_[static_cast<size_t>(std::max(0, task_->currentIndex()))];
}

void SnapshotDialog::show_task() {
  const auto& now = choice();
  batches_->clear();
  for (const auto& batch : now.batches) {
    auto* item = new QListWidgetItem(
        tr("%1 · %2 rows").arg(batch_name(batch), figure(static_cast<qint64>(batch.arrivals))), batches_);
    item->setFlags(item->flags() | Qt::ItemIsUserCheckable);
    item->setCheckState(Qt::Checked);
    item->setData(Qt::UserRole, static_cast<qlonglong>(batch.id));
  }
  group_->clear();
  group_->addItem(tr("nothing: each input for itself"), QString());
  for (const auto& field : now.asset.schema.fields) group_->addItem(text_of(field.name), text_of(field.name));
  group_->setCurrentIndex(std::max(0, group_->findData(text_of(now.asset.roles.group))));
  const bool fixed = now.plan.has_value();
  if (fixed) {
    split_->setText(text_of(snapshots::shares_text(now.plan->shares)));
    seed_->setValue(static_cast<int>(now.plan->seed));
    group_->setCurrentIndex(std::max(0, group_->findData(text_of(now.plan->group_field.value_or("")))));
  }
  split_->setEnabled(!fixed);
  seed_->setEnabled(!fixed);
  group_->setEnabled(!fixed);
  fixed_->setText(fixed ? tr("Fixed at the task's first snapshot: nothing ever moves to another split.")
                        : tr("This is fixed now, for every later snapshot of the task."));
  judge();
}

void SnapshotDialog::judge() {
  const auto where = records::Where::parse(utf8_of(where_->text()));
  const auto shares = snapshots::shares_from(utf8_of(split_->text()));
  const Error* error = !where ? &where.error() : !shares ? &shares.error() : nullptr;
  error_->setVisible(error != nullptr);
  if (error) error_->setText(message(*error));
  bool any = false;
  for (int i = 0; i < batches_->count(); ++i) any |= batches_->item(i)->checkState() == Qt::Checked;
  accept_button()->setEnabled(!error && any);
}

snapshots::SnapshotRequest SnapshotDialog::request() const {
  snapshots::SnapshotRequest request;
  request.task = choice().task.id;
  bool all = true;
  for (int i = 0; i < batches_->count(); ++i) {
    if (batches_->item(i)->checkState() == Qt::Checked)
      request.batches.push_back(batches_->item(i)->data(Qt::UserRole).toLongLong());
    else
      all = false;
  }
  if (all) request.batches.clear();
  request.where = utf8_of(where_->text().trimmed());
  if (!choice().plan) {
    if (const auto shares = snapshots::shares_from(utf8_of(split_->text()))) request.shares = *shares;
    request.seed = seed_->value();
    if (const QString group = group_->currentData().toString(); !group.isEmpty()) request.group = utf8_of(group);
  }
  return request;
}

}  // namespace millwright::ui::detail

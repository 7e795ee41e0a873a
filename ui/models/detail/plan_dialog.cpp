#include "plan_dialog.h"

#include <QComboBox>
#include <QFormLayout>
#include <QLabel>
#include <QStandardItemModel>
#include <QTimer>
#include <QVBoxLayout>

#include "algorithm_list.h"
#include "ui_forms/training_form.h"
#include "ui_records/words.h"
#include "ui_widgets/buttons.h"
#include "ui_widgets/card.h"
#include "ui_widgets/error_banner.h"
#include "ui_widgets/remark_words.h"

namespace millwright::ui::detail {
PlanDialog::PlanDialog(std::vector<SnapshotChoice> choices, const std::vector<models::Model>& models,
                       const QString& wanted, QWidget* parent)
    : Dialog(tr("Plan a run"), tr("Start training"), parent), choices_(std::move(choices)) {
  setMinimumWidth(px(620));
  auto* form = add_form();
  snapshot_ = new QComboBox;
  snapshot_->setAccessibleName(tr("Snapshot"));
  for (const auto& choice : choices_)
    snapshot_->addItem(tr("%1 · %2 · %3 rows")
                           .arg(short_id(choice.snapshot.uuid), text_of(choice.task),
                                figure(static_cast<qint64>(choice.snapshot.counts.rows()))),
                       text_of(tail(choice.snapshot.uuid)));
  for (int i = 0; i < snapshot_->count() && !wanted.isEmpty(); ++i)
    if (snapshot_->itemData(i).toString().startsWith(wanted)) snapshot_->setCurrentIndex(i);
  about_snapshot_ = make_label({}, FontRole::caption, Tone::muted);
  about_snapshot_->setWordWrap(true);
  algorithm_ = new AlgorithmList;
  error_ = make_label({}, FontRole::caption, Tone::fail);
  error_->setWordWrap(true);
  error_->hide();
  pause_ = new QTimer(this);
  pause_->setSingleShot(true);
  pause_->setInterval(200);
  connect(pause_, &QTimer::timeout, this, [this] { Q_EMIT plan_wanted(request()); });
  form->addRow(tr("Snapshot"), snapshot_);
  form->addRow(QString(), about_snapshot_);
  form->addRow(make_label(tr("Algorithm"), FontRole::strong));
  form->addRow(algorithm_);
  form->addRow(error_);
  training_ = new TrainingForm(form, models);
  body()->addWidget(training_, 1);
  connect(algorithm_, &AlgorithmList::changed, this, &PlanDialog::show_algorithm);
  connect(snapshot_, &QComboBox::currentIndexChanged, this, &PlanDialog::show_snapshot);
  connect(snapshot_, &QComboBox::currentIndexChanged, pause_, qOverload<>(&QTimer::start));
  connect(training_, &TrainingForm::changed, pause_, qOverload<>(&QTimer::start));
  show_algorithm();
  show_snapshot();
}

void PlanDialog::show_algorithm() {
  training_->show_algorithm(algorithm_->current());
  objective_chosen_ = false;
  if (auto* box = qobject_cast<QComboBox*>(training_->field(QStringLiteral("objective"))))
    connect(box, &QComboBox::currentTextChanged, this, [this] { objective_chosen_ = true; });
}

void PlanDialog::show_snapshot() {
  const int chosen = snapshot_->currentIndex();
  accept_button()->setEnabled(chosen >= 0);
  if (chosen < 0) return;
  const auto& choice = choices_[static_cast<size_t>(chosen)];
  const auto& counts = choice.snapshot.counts;
  const QString rows =
      tr("%1 train, %2 validation, %3 test.")
          .arg(figure(static_cast<qint64>(counts.train)), figure(static_cast<qint64>(counts.validation)),
               figure(static_cast<qint64>(counts.test)));
  about_snapshot_->setText(choice.gate_open
                               ? rows + QLatin1Char(' ') + tr("Its gate is open.")
                               : rows + QLatin1Char(' ') + tr("Its gate is shut: training will be refused."));
  set_tone(about_snapshot_, choice.gate_open ? Tone::muted : Tone::fail);
}

void PlanDialog::show_plan(const models::TrainRequest& request, const Result<models::TrainingPlan>& plan) {
  if (request != this->request()) return;
  error_->setVisible(!plan);
  error_->setText(plan ? QString() : message(plan.error()));
  accept_button()->setEnabled(plan.has_value());
  if (!plan) return algorithm_->clear();
  algorithm_->show_plan(*plan);
  show_objectives(*plan);
  accept_button()->setEnabled(snapshot_->currentIndex() >= 0 && algorithm_->fits());
}

/// Objectives that the labels cannot teach are in the list, and say why they cannot be chosen.
void PlanDialog::show_objectives(const models::TrainingPlan& plan) {
  auto* box = qobject_cast<QComboBox*>(training_->field(QStringLiteral("objective")));
  auto* items = box == nullptr ? nullptr : qobject_cast<QStandardItemModel*>(box->model());
  if (items == nullptr) return;
  for (const auto& planned : plan.algorithms) {
    if (planned.algorithm != &algorithm_->current()) continue;
    // An objective that was not chosen by hand is what the task is there for.
    const QString own = text_of(plan.objective);
    if (!objective_chosen_ && box->findText(own) >= 0) {
      box->setCurrentText(own);
      objective_chosen_ = false;
    }
    for (const auto& objective : planned.objectives) {
      const int row = box->findText(text_of(objective.name));
      if (row < 0) continue;
      items->item(row)->setEnabled(objective.fits);
      items->item(row)->setToolTip(objective.fits ? QString() : message(objective.why));
    }
  }
}

models::TrainRequest PlanDialog::request() const {
  models::TrainRequest request;
  request.snapshot = utf8_of(snapshot_->currentData().toString());
  request.algorithm = algorithm_->current().name;
  request.base = training_->base();
  request.seed = training_->seed();
  request.device = training_->device();
  request.settings = training_->settings();
  return request;
}

}  // namespace millwright::ui::detail

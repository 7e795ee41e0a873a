#include "cross_validation_dialog.h"

#include <QComboBox>
#include <QFormLayout>
#include <QLabel>
#include <QSpinBox>
#include <QTimer>
#include <QVBoxLayout>

#include "jobs/algorithms.h"
#include "ui_forms/training_form.h"
#include "ui_records/words.h"
#include "ui_widgets/buttons.h"
#include "ui_widgets/card.h"
#include "ui_widgets/error_banner.h"
#include "ui_widgets/remark_words.h"

namespace millwright::ui::detail {

CrossValidationDialog::CrossValidationDialog(const labels::Task& task, const std::vector<models::Model>& models,
                                             QWidget* parent)
    : Dialog(tr("Look for label errors"), tr("Look for errors"), parent), task_(task.id) {
  setMinimumWidth(px(620));
  auto* about =
      make_label(tr("Each label of the newest snapshot of %1 is judged by a model that has not seen it. Those "
                    "that look wrong can fill a queue.")
                     .arg(text_of(task.name)),
                 FontRole::body, Tone::muted);
  about->setWordWrap(true);
  body()->addWidget(about);
  auto* form = add_form();
  algorithm_ = new QComboBox;
  algorithm_->setAccessibleName(tr("Algorithm"));
  for (const auto* algorithm : models::judging_algorithms())
    algorithm_->addItem(tr(std::string(algorithm->title).c_str()), text_of(algorithm->name));
  about_algorithm_ = make_label({}, FontRole::caption, Tone::muted);
  about_algorithm_->setWordWrap(true);
  folds_ = new QSpinBox;
  folds_->setAccessibleName(tr("Folds"));
  folds_->setButtonSymbols(QAbstractSpinBox::NoButtons);
  folds_->setRange(2, 1000);
  folds_->setValue(5);
  folds_->setSuffix(tr(" models"));
  folds_->setToolTip(tr("Each is trained without one part of the rows, and judges that part."));
  plan_ = make_label({}, FontRole::caption, Tone::muted);
  plan_->setObjectName(QStringLiteral("labels.errors.plan"));
  plan_->setWordWrap(true);
  pause_ = new QTimer(this);
  pause_->setSingleShot(true);
  pause_->setInterval(200);
  connect(pause_, &QTimer::timeout, this, [this] { Q_EMIT plan_wanted(request()); });
  for (auto* words : {about_algorithm_, plan_}) words->setContentsMargins(0, 0, 0, px(6));
  form->addRow(tr("Algorithm"), algorithm_);
  form->addRow(QString(), about_algorithm_);
  form->addRow(tr("Folds"), folds_);
  training_ = new TrainingForm(form, models);
  form->addRow(QString(), plan_);
  body()->addWidget(training_, 1);
  connect(algorithm_, &QComboBox::currentIndexChanged, this, &CrossValidationDialog::show_algorithm);
  connect(folds_, &QSpinBox::valueChanged, pause_, qOverload<>(&QTimer::start));
  connect(training_, &TrainingForm::changed, pause_, qOverload<>(&QTimer::start));
  show_algorithm();
}

void CrossValidationDialog::show_algorithm() {
  const auto* algorithm = jobs::find_algorithm(utf8_of(algorithm_->currentData().toString()));
  about_algorithm_->setText(tr(std::string(algorithm->description).c_str()));
  // They do not go with cross-validation: see jobs::check_fold_options().
  training_->show_algorithm(*algorithm, {"objective", "pretrain_epochs", "mask_probability"});
  fit_words();
}

void CrossValidationDialog::resizeEvent(QResizeEvent* event) {
  Dialog::resizeEvent(event);
  fit_words();
}

void CrossValidationDialog::fit_words() {
  for (auto* words : {about_algorithm_, plan_}) ui::fit_words(words, folds_->width());
}

void CrossValidationDialog::show_plan(const models::CrossValidationRequest& request,
                                      const Result<models::CrossValidationPlan>& plan) {
  if (request != this->request()) return;
  accept_button()->setEnabled(plan.has_value());
  set_tone(plan_, plan ? Tone::muted : Tone::fail);
  if (!plan) {
    plan_->setText(message(plan.error()));
    return fit_words();
  }
  QStringList words{tr("%1 of %2 labels.")
                        .arg(counted(static_cast<qint64>(plan->rows), tr("1 row"), tr("%1 rows")),
                             figure(static_cast<qint64>(plan->labels)))};
  if (plan->seconds) words << tr("All folds: %1.").arg(message(about_time(*plan->seconds)));
  if (plan->memory) words << tr("Memory: %1.").arg(message(memory_size(*plan->memory)));
  words << message(plan->rests_on, QStringLiteral(" "));
  plan_->setText(words.join(QLatin1Char(' ')));
  fit_words();
}

models::CrossValidationRequest CrossValidationDialog::request() const {
  models::CrossValidationRequest request;
  request.task = task_;
  request.algorithm = utf8_of(algorithm_->currentData().toString());
  request.folds = folds_->value();
  request.base = training_->base();
  request.seed = training_->seed();
  request.device = training_->device();
  request.settings = training_->settings();
  return request;
}

}  // namespace millwright::ui::detail

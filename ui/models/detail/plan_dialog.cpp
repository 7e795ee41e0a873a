#include "plan_dialog.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QScrollArea>
#include <QSpinBox>
#include <QStandardItemModel>
#include <QTimer>
#include <QVBoxLayout>
#include <functional>

#include "algorithm_list.h"
#include "jobs/algorithms.h"
#include "ui_records/words.h"
#include "ui_widgets/buttons.h"
#include "ui_widgets/card.h"
#include "ui_widgets/error_banner.h"
#include "ui_widgets/remark_words.h"

namespace millwright::ui::detail {
namespace {

QWidget* field_for(const jobs::OptionDeclaration& option) {
  const QString standard = text_of(option.standard);
  switch (option.type) {
    case jobs::OptionType::whole: {
      auto* box = new QSpinBox;
      box->setButtonSymbols(QAbstractSpinBox::NoButtons);
      box->setRange(static_cast<int>(option.low), static_cast<int>(std::min(option.high, 2e9)));
      box->setValue(standard.toInt());
      if (!option.unit.empty()) box->setSuffix(QLatin1Char(' ') + QObject::tr(std::string(option.unit).c_str()));
      return box;
    }
    case jobs::OptionType::boolean: {
      auto* box = new QCheckBox;
      box->setChecked(standard == QLatin1String("true"));
      return box;
    }
    case jobs::OptionType::choice: {
      auto* box = new QComboBox;
      for (const auto choice : option.choices) box->addItem(text_of(choice));
      box->setCurrentText(standard);
      return box;
    }
    case jobs::OptionType::real:
      break;
  }
  // A line, not a spin box: 1e-6 must be typeable. The range is checked by the plan, which says what is allowed.
  return new QLineEdit(standard);
}

/// Calls when a person, or anything else, gave the field another value.
void when_changed(QWidget* field, const std::function<void()>& then) {
  if (auto* box = qobject_cast<QSpinBox*>(field)) QObject::connect(box, &QSpinBox::valueChanged, field, then);
  if (auto* box = qobject_cast<QCheckBox*>(field)) QObject::connect(box, &QCheckBox::toggled, field, then);
  if (auto* box = qobject_cast<QComboBox*>(field)) QObject::connect(box, &QComboBox::currentTextChanged, field, then);
  if (auto* line = qobject_cast<QLineEdit*>(field)) QObject::connect(line, &QLineEdit::textChanged, field, then);
}

}  // namespace

PlanDialog::PlanDialog(std::vector<SnapshotChoice> choices, const std::vector<models::Model>& models,
                       const QString& wanted, QWidget* parent)
    : Dialog(tr("Plan a run"), tr("Start training"), parent), choices_(std::move(choices)) {
  setMinimumWidth(px(620));
  auto* form = form_ = new QFormLayout;
  form->setHorizontalSpacing(px(12));
  form->setVerticalSpacing(px(8));
  form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
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
  base_ = new QComboBox;
  base_->setAccessibleName(tr("Starts from"));
  base_->addItem(tr("nothing: a small encoder, from these texts alone"), QString());
  for (const auto& model : models)
    if (model.family != "linear")
      base_->addItem(
          tr("%1 · %2, %3 parameters")
              .arg(text_of(model.name), text_of(model.family), figure(static_cast<qint64>(model.parameters))),
          text_of(tail(model.uuid)));
  seed_ = new QSpinBox;
  seed_->setButtonSymbols(QAbstractSpinBox::NoButtons);
  seed_->setRange(0, 2'000'000'000);
  seed_->setAccessibleName(tr("Seed"));
  device_ = new QComboBox;
  device_->setAccessibleName(tr("Device"));
  device_->addItem(tr("auto: the best there is"), QStringLiteral("auto"));
  device_->addItem(tr("processor"), QStringLiteral("cpu"));
  device_->addItem(tr("first GPU"), QStringLiteral("cuda:0"));
  form->addRow(tr("Snapshot"), snapshot_);
  form->addRow(QString(), about_snapshot_);
  form->addRow(make_label(tr("Algorithm"), FontRole::strong));
  form->addRow(algorithm_);
  form->addRow(error_);
  form->addRow(tr("Starts from"), base_);
  form->addRow(tr("Seed"), seed_);
  form->addRow(tr("Device"), device_);
  body()->addLayout(form);
  body()->addWidget(make_label(tr("Options"), FontRole::strong));
  options_ = new QWidget;
  options_form_ = new QFormLayout(options_);
  options_form_->setContentsMargins(0, 0, px(8), 0);
  options_form_->setHorizontalSpacing(px(12));
  options_form_->setVerticalSpacing(px(8));
  auto* scroll = new QScrollArea;
  scroll->setWidget(options_);
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->viewport()->setAutoFillBackground(false);
  options_->setAutoFillBackground(false);
  scroll->setMinimumHeight(px(200));
  scroll->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Ignored);  // it takes what is left
  body()->addWidget(scroll, 1);
  connect(algorithm_, &AlgorithmList::changed, this, &PlanDialog::show_options);
  connect(snapshot_, &QComboBox::currentIndexChanged, this, &PlanDialog::show_snapshot);
  for (auto* box : {snapshot_, base_, device_})
    connect(box, &QComboBox::currentIndexChanged, pause_, qOverload<>(&QTimer::start));
  show_options();
  show_snapshot();
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

void PlanDialog::show_options() {
  while (options_form_->rowCount() > 0) options_form_->removeRow(0);
  fields_.clear();
  const auto& algorithm = algorithm_->current();
  // What an algorithm does not take is not asked for.
  for (QWidget* part : {base_, device_}) form_->setRowVisible(part, algorithm.needs_torch);
  for (const auto& option : algorithm.options) {
    const QString name = text_of(option.name);
    auto* field = field_for(option);
    when_changed(field, [this] { pause_->start(); });
    field->setAccessibleName(name);
    field->setObjectName(name);
    field->setToolTip(tr(std::string(option.description).c_str()));
    fields_[name] = field;
    auto* about = make_label(tr(std::string(option.description).c_str()), FontRole::caption, Tone::muted);
    about->setWordWrap(true);
    auto* both = new QWidget;
    auto* column = new QVBoxLayout(both);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(px(2));
    column->addWidget(field);
    column->addWidget(about);
    options_form_->addRow(name, both);
  }
  pause_->start();
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
  const auto found = fields_.find(QStringLiteral("objective"));
  auto* box = found == fields_.end() ? nullptr : qobject_cast<QComboBox*>(found->second);
  auto* items = box == nullptr ? nullptr : qobject_cast<QStandardItemModel*>(box->model());
  if (items == nullptr) return;
  for (const auto& planned : plan.algorithms) {
    if (planned.algorithm != &algorithm_->current()) continue;
    for (const auto& objective : planned.objectives) {
      const int row = box->findText(text_of(objective.name));
      if (row < 0) continue;
      items->item(row)->setEnabled(objective.fits);
      items->item(row)->setToolTip(objective.fits ? QString() : message(objective.why));
    }
  }
}

QString PlanDialog::value_of(const QString& option) const {
  const auto* field = fields_.at(option);
  if (const auto* box = qobject_cast<const QSpinBox*>(field)) return QString::number(box->value());
  if (const auto* box = qobject_cast<const QCheckBox*>(field))
    return box->isChecked() ? QStringLiteral("true") : QStringLiteral("false");
  if (const auto* box = qobject_cast<const QComboBox*>(field)) return box->currentText();
  return static_cast<const QLineEdit*>(field)->text().trimmed();
}

models::TrainRequest PlanDialog::request() const {
  models::TrainRequest request;
  request.snapshot = utf8_of(snapshot_->currentData().toString());
  request.algorithm = algorithm_->current().name;
  const bool asked = algorithm_->current().needs_torch;
  if (asked) request.base = utf8_of(base_->currentData().toString());
  request.seed = static_cast<uint64_t>(seed_->value());
  request.device = asked ? utf8_of(device_->currentData().toString()) : "auto";
  for (const auto& [name, field] : fields_) request.settings.emplace_back(utf8_of(name), utf8_of(value_of(name)));
  return request;
}

}  // namespace millwright::ui::detail

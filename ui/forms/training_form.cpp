#include "training_form.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QScrollArea>
#include <QSpinBox>
#include <QVBoxLayout>
#include <algorithm>

#include "base/ids.h"
#include "ui_records/words.h"
#include "ui_widgets/card.h"

namespace millwright::ui {
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
  // A line, not a spin box: 1e-6 must be typeable. The range is checked by who takes it, and says what is allowed.
  return new QLineEdit(standard);
}

QString value_of(const QWidget* field) {
  if (const auto* box = qobject_cast<const QSpinBox*>(field)) return QString::number(box->value());
  if (const auto* box = qobject_cast<const QCheckBox*>(field))
    return box->isChecked() ? QStringLiteral("true") : QStringLiteral("false");
  if (const auto* box = qobject_cast<const QComboBox*>(field)) return box->currentText();
  return static_cast<const QLineEdit*>(field)->text().trimmed();
}

}  // namespace

TrainingForm::TrainingForm(QFormLayout* form, const std::vector<models::Model>& models, QWidget* parent)
    : QWidget(parent), form_(form) {
  base_ = new QComboBox;
  base_->setAccessibleName(tr("Starts from"));
  base_->addItem(tr("nothing: a small encoder, from these texts alone"), QString());
  for (const auto& model : models)
    if (models::is_encoder(model))
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
  form_->addRow(tr("Starts from"), base_);
  form_->addRow(tr("Seed"), seed_);
  form_->addRow(tr("Device"), device_);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->addWidget(make_label(tr("Options"), FontRole::strong));
  auto* options = new QWidget;
  options_form_ = new QFormLayout(options);
  options_form_->setContentsMargins(0, 0, px(8), 0);
  options_form_->setHorizontalSpacing(px(12));
  options_form_->setVerticalSpacing(px(8));
  auto* scroll = new QScrollArea;
  scroll->setWidget(options);
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->viewport()->setAutoFillBackground(false);
  options->setAutoFillBackground(false);
  scroll->setMinimumHeight(px(200));
  scroll->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Ignored);  // it takes what is left
  column->addWidget(scroll, 1);
  for (auto* box : {base_, device_}) connect(box, &QComboBox::currentIndexChanged, this, &TrainingForm::changed);
  connect(seed_, &QSpinBox::valueChanged, this, &TrainingForm::changed);
}

void TrainingForm::show_algorithm(const jobs::Algorithm& algorithm, const std::set<std::string_view>& left_out) {
  while (options_form_->rowCount() > 0) options_form_->removeRow(0);
  fields_.clear();
  takes_base_ = algorithm.needs_torch;
  for (QWidget* part : {base_, device_}) form_->setRowVisible(part, algorithm.needs_torch);
  for (const auto& option : algorithm.options) {
    if (left_out.contains(option.name)) continue;
    const QString name = text_of(option.name);
    auto* field = field_for(option);
    if (auto* box = qobject_cast<QSpinBox*>(field)) connect(box, &QSpinBox::valueChanged, this, &TrainingForm::changed);
    if (auto* box = qobject_cast<QCheckBox*>(field)) connect(box, &QCheckBox::toggled, this, &TrainingForm::changed);
    if (auto* box = qobject_cast<QComboBox*>(field))
      connect(box, &QComboBox::currentTextChanged, this, &TrainingForm::changed);
    if (auto* line = qobject_cast<QLineEdit*>(field))
      connect(line, &QLineEdit::textChanged, this, &TrainingForm::changed);
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
  Q_EMIT changed();
}

QWidget* TrainingForm::field(const QString& option) const {
  const auto found = fields_.find(option);
  return found == fields_.end() ? nullptr : found->second;
}

std::vector<std::pair<std::string, std::string>> TrainingForm::settings() const {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& [name, field] : fields_) out.emplace_back(utf8_of(name), utf8_of(value_of(field)));
  return out;
}

std::string TrainingForm::base() const {
  return takes_base_ ? utf8_of(base_->currentData().toString()) : std::string();
}

uint64_t TrainingForm::seed() const { return static_cast<uint64_t>(seed_->value()); }

std::string TrainingForm::device() const { return takes_base_ ? utf8_of(device_->currentData().toString()) : "auto"; }

}  // namespace millwright::ui

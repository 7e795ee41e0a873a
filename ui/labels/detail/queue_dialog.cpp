#include "queue_dialog.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QRegularExpression>
#include <QSpinBox>
#include <QVBoxLayout>

#include "records/where.h"
#include "ui_records/words.h"
#include "ui_widgets/buttons.h"
#include "ui_widgets/card.h"
#include "ui_widgets/error_banner.h"

namespace millwright::ui::detail {
namespace {

template <class Field>
Field* named(Field* field, const QString& name) {
  field->setAccessibleName(name);
  return field;
}

}  // namespace

QueueDialog::QueueDialog(const labels::Task& task, const std::vector<std::string>& people, QWidget* parent)
    : Dialog(tr("New queue"), tr("Queue them"), parent), task_(task.id) {
  setMinimumWidth(px(520));
  auto* form = add_form();
  name_ = named(new QLineEdit, tr("Name"));
  name_->setPlaceholderText(tr("named by itself when left empty"));
  where_ = named(new QLineEdit, tr("Filter"));
  where_->setPlaceholderText(tr("all records; or: section = 'net'"));
  where_error_ = make_label({}, FontRole::caption, Tone::fail);
  where_error_->setWordWrap(true);
  where_error_->hide();
  order_ = named(new QComboBox, tr("Order"));
  order_->addItem(tr("as they came"), static_cast<int>(labels::Order::given));
  order_->addItem(tr("at random"), static_cast<int>(labels::Order::random));
  order_->addItem(tr("least certain first, by saved predictions"), static_cast<int>(labels::Order::uncertain));
  order_->addItem(tr("suspected label errors, worst first"), QVariant());
  assign_ = named(new QComboBox, tr("For"));
  assign_->addItem(tr("anybody"), QString());
  for (const auto& person : people) assign_->addItem(text_of(person), text_of(person));
  limit_ = named(new QSpinBox, tr("At most"));
  limit_->setButtonSymbols(QAbstractSpinBox::NoButtons);
  limit_->setRange(0, 10'000'000);
  limit_->setSpecialValueText(tr("all of them"));
  limit_->setSingleStep(100);
  limit_->setValue(500);
  unlabeled_ = new QCheckBox(tr("Only records that nobody has labeled"));
  unlabeled_->setChecked(true);
  form->addRow(tr("Name"), name_);
  form->addRow(tr("Filter"), where_);
  form->addRow(QString(), where_error_);
  form->addRow(QString(), unlabeled_);
  form->addRow(tr("Order"), order_);
  form->addRow(tr("At most"), limit_);
  form->addRow(tr("For"), assign_);
  // What has a wrong label has one.
  connect(order_, &QComboBox::currentIndexChanged, this, [this] { unlabeled_->setEnabled(!suspects()); });
  connect(where_, &QLineEdit::textChanged, this, [this](const QString& text) {
    const auto parsed = records::Where::parse(utf8_of(text));
    accept_button()->setEnabled(parsed.has_value());
    where_error_->setVisible(!parsed);
    if (!parsed) where_error_->setText(message(parsed.error()));
  });
}

bool QueueDialog::suspects() const { return !order_->currentData().isValid(); }

QueueQuestion QueueDialog::question() const {
  QueueQuestion question;
  question.task = task_;
  question.name = utf8_of(name_->text().trimmed());
  question.where = utf8_of(where_->text());
  question.suspects = suspects();
  if (!question.suspects) question.order = static_cast<labels::Order>(order_->currentData().toInt());
  question.unlabeled_only = !question.suspects && unlabeled_->isChecked();
  question.limit = limit_->value();
  if (const QString who = assign_->currentData().toString(); !who.isEmpty()) question.assign = utf8_of(who);
  return question;
}

TaskDialog::TaskDialog(std::vector<records::Asset> assets, const QString& annotator, QWidget* parent)
    : Dialog(tr("New labeling task"), tr("Create the task"), parent), assets_(std::move(assets)) {
  setMinimumWidth(px(520));
  auto* form = add_form();
  name_ = named(new QLineEdit, tr("Name"));
  name_->setPlaceholderText(tr("what is decided: section"));
  kind_ = named(new QComboBox, tr("Asks for"));
  kind_->addItem(tr("one label"), static_cast<int>(labels::TaskKind::single_label));
  kind_->addItem(tr("any number of labels"), static_cast<int>(labels::TaskKind::multi_label));
  kind_->addItem(tr("labeled stretches of the text"), static_cast<int>(labels::TaskKind::spans));
  kind_->addItem(tr("a number"), static_cast<int>(labels::TaskKind::number));
  about_kind_ = make_label({}, FontRole::caption, Tone::muted);
  about_kind_->setWordWrap(true);
  asset_ = named(new QComboBox, tr("Asset"));
  for (const auto& asset : assets_) asset_->addItem(text_of(asset.name));
  text_ = named(new QComboBox, tr("Shown large"));
  second_ = named(new QComboBox, tr("Shown below"));
  labels_ = named(new QPlainTextEdit, tr("Labels"));
  labels_->setPlaceholderText(tr("One label a line; may be empty when they come from a field"));
  labels_->setTabChangesFocus(true);
  labels_->setMaximumHeight(px(110));
  from_field_ = named(new QComboBox, tr("Labels from a field"));
  by_ = named(new QLineEdit(annotator), tr("Whose labels these are"));
  form->addRow(tr("Name"), name_);
  form->addRow(tr("Asks for"), kind_);
  form->addRow(QString(), about_kind_);
  form->addRow(tr("Asset"), asset_);
  form->addRow(tr("Shown large"), text_);
  form->addRow(tr("Shown below"), second_);
  form->addRow(tr("Labels"), labels_);
  form->addRow(tr("From a field"), from_field_);
  form->addRow(tr("Whose labels"), by_);
  connect(asset_, &QComboBox::currentIndexChanged, this, &TaskDialog::show_fields);
  connect(kind_, &QComboBox::currentIndexChanged, this, &TaskDialog::show_kind);
  for (auto* line : {name_, by_}) connect(line, &QLineEdit::textChanged, this, &TaskDialog::judge);
  for (auto* box : {text_, from_field_}) connect(box, &QComboBox::currentIndexChanged, this, &TaskDialog::judge);
  show_kind();
}

labels::TaskKind TaskDialog::kind() const { return static_cast<labels::TaskKind>(kind_->currentData().toInt()); }

void TaskDialog::show_kind() {
  const QString words[] = {
      {},
      tr("Labels come from a field or a file: a list in JSON, or names with commas between them."),
      tr("Labels come from a field or a file: a list in JSON of objects with begin, end and label, counted in "
         "characters of the text."),
      tr("Numbers come from a field or a file.")};
  about_kind_->setText(words[static_cast<size_t>(kind())]);
  about_kind_->setVisible(kind() != labels::TaskKind::single_label);
  labels_->setEnabled(kind() != labels::TaskKind::number);
  show_fields();
}

void TaskDialog::show_fields() {
  const int chosen = asset_->currentIndex();
  if (chosen < 0) return;
  const auto& asset = assets_[static_cast<size_t>(chosen)];
  text_->clear();
  second_->clear();
  from_field_->clear();
  second_->addItem(tr("nothing"), QString());
  from_field_->addItem(tr("none: people label"), QString());
  for (const auto& field : asset.schema.fields) {
    const QString name = text_of(field.name);
    text_->addItem(name, name);
    second_->addItem(name, name);
    const bool number = field.type == records::FieldType::integer || field.type == records::FieldType::real;
    const bool words = field.type == records::FieldType::category || field.type == records::FieldType::text ||
                       field.type == records::FieldType::boolean;
    if (kind() == labels::TaskKind::number ? number : words) from_field_->addItem(name, name);
  }
  const auto text_field = std::find_if(asset.schema.fields.begin(), asset.schema.fields.end(),
                                       [](const auto& field) { return field.type == records::FieldType::text; });
  const QString best = !asset.roles.text.empty()                 ? text_of(asset.roles.text)
                       : text_field != asset.schema.fields.end() ? text_of(text_field->name)
                                                                 : QString();
  if (!best.isEmpty()) text_->setCurrentIndex(std::max(0, text_->findData(best)));
  judge();
}

void TaskDialog::judge() {
  const bool from_field = !from_field_->currentData().toString().isEmpty();
  by_->setEnabled(from_field);
  accept_button()->setEnabled(!name_->text().trimmed().isEmpty() && text_->currentIndex() >= 0 &&
                              (!from_field || !by_->text().trimmed().isEmpty()));
}

TaskQuestion TaskDialog::question() const {
  TaskQuestion question;
  question.task.kind = kind();
  question.task.name = utf8_of(name_->text().trimmed());
  question.task.asset = assets_[static_cast<size_t>(std::max(0, asset_->currentIndex()))].id;
  question.task.fields.push_back(utf8_of(text_->currentData().toString()));
  if (const QString second = second_->currentData().toString(); !second.isEmpty() && second != text_->currentData())
    question.task.fields.push_back(utf8_of(second));
  static const QRegularExpression line_end(QStringLiteral("[\r\n]+"));
  if (question.task.kind == labels::TaskKind::number) labels_->clear();
  for (const QString& line : labels_->toPlainText().split(line_end, Qt::SkipEmptyParts))
    if (const QString label = line.trimmed(); !label.isEmpty()) question.task.labels.push_back(utf8_of(label));
  question.label_field = utf8_of(from_field_->currentData().toString());
  question.by = utf8_of(by_->text().trimmed());
  return question;
}

}  // namespace millwright::ui::detail

#include "drift_bar.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QVBoxLayout>
#include <algorithm>

#include "drift_words.h"
#include "records/where.h"
#include "ui_records/words.h"
#include "ui_widgets/buttons.h"
#include "ui_widgets/card.h"
#include "ui_widgets/dialogs.h"
#include "ui_widgets/error_banner.h"
#include "ui_widgets/page_header.h"
#include "ui_widgets/theme.h"

namespace millwright::ui::detail {
namespace {

const QString kRange = QStringLiteral("range");
const QString kAll = QStringLiteral("all");
const QString kWhere = QStringLiteral("where");
const QString kAskWhere = QStringLiteral("ask");
const QString kNew = QStringLiteral("new:");

/// Fields whose new values tell newcomers from what was there before: the group first, no measurements, no times.
std::vector<std::string> fields_of_newcomers(const records::Asset& asset) {
  std::vector<std::string> fields;
  if (!asset.roles.group.empty()) fields.push_back(asset.roles.group);
  for (const auto& field : asset.schema.fields) {
    const bool names = field.type == records::FieldType::category || field.type == records::FieldType::text;
    if (names && field.name != asset.roles.group) fields.push_back(field.name);
  }
  return fields;
}

}  // namespace

DriftBar::DriftBar(QWidget* parent) : QWidget(parent) {
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(0, 0, 0, 0);
  all->setSpacing(px(8));
  build_head(all);
  build_rows(all);
  trouble_ = make_label({}, FontRole::caption, Tone::fail);
  trouble_->setWordWrap(true);
  trouble_->hide();
  all->addWidget(trouble_);
  connect(&Theme::instance(), &Theme::changed, this, [this] {
    reference_->set_swatch(tokens().reference);
    current_->set_swatch(tokens().current);
  });
}

void DriftBar::build_head(QVBoxLayout* all) {
  auto* header = new PageHeader(tr("Drift"));
  asset_picker_ = new Picker(tr("Asset"));
  asset_picker_->hide();
  reference_ = new Picker(tr("Reference"));
  reference_->set_swatch(tokens().reference);
  current_ = new Picker(tr("Current"));
  current_->set_swatch(tokens().current);
  for (auto* picker : {reference_, current_}) picker->set_empty_text(tr("choose"));
  header->add_control(asset_picker_);
  header->add_control(reference_);
  header->add_control(make_label(tr("against"), FontRole::body, Tone::muted));
  header->add_control(current_);
  auto* save = secondary_button(tr("Save report…"));
  measure_ = primary_button(tr("Measure drift"), QStringLiteral("D"));
  header->add_action(save);
  header->add_action(measure_);
  all->addWidget(header);
  connect(measure_, &QPushButton::clicked, this, &DriftBar::measure);
  connect(save, &QPushButton::clicked, this, &DriftBar::save);
  connect(asset_picker_, &Picker::picked, this, [this](const QString& name) {
    forget();
    asset_ = name;
    Q_EMIT asset_picked();
  });
  connect(reference_, &Picker::picked, this, [this](const QString& id) {
    if (id == kRange) return ask_range(true);
    reference_text_ = id;
  });
  connect(current_, &Picker::picked, this, [this](const QString& id) {
    if (id == kRange) return ask_range(false);
    current_text_ = id;
  });
}

void DriftBar::build_rows(QVBoxLayout* all) {
  auto* row = new QHBoxLayout;
  row->setSpacing(px(8));
  arrivals_ = new Picker(tr("Arrivals"));
  arrivals_->setObjectName(QStringLiteral("drift.arrivals"));
  rules_ = new Picker(tr("Rules"));
  rules_->set_items({{QStringLiteral("calibrated"), rules_word(monitoring::DriftRules::calibrated), {}},
                     {QStringLiteral("evidently"), rules_word(monitoring::DriftRules::evidently), {}},
                     {QStringLiteral("nannyml"), rules_word(monitoring::DriftRules::nannyml), {}}});
  rules_->setToolTip(
      tr("Calibrated: false alarms are held over all fields, with the effect beside p. The others decide "
         "as those programs do by default."));
  rules_->set_current(QStringLiteral("calibrated"));
  alpha_ = new Picker(tr("Alpha"));
  alpha_->set_items({{QStringLiteral("0.01"), QStringLiteral("0.01"), {}},
                     {QStringLiteral("0.05"), QStringLiteral("0.05"), {}},
                     {QStringLiteral("0.1"), QStringLiteral("0.10"), {}}});
  alpha_->set_current(QStringLiteral("0.05"));
  where_ = new QLineEdit;
  where_->setPlaceholderText(tr("Of both windows only rows where…"));
  where_->setAccessibleName(tr("Filter of both windows"));
  where_->setClearButtonEnabled(true);
  row->addWidget(arrivals_);
  row->addWidget(rules_);
  row->addWidget(alpha_);
  row->addWidget(where_, 1);
  all->addLayout(row);
  connect(where_, &QLineEdit::returnPressed, this, &DriftBar::measure);
  connect(arrivals_, &Picker::picked, this, &DriftBar::pick_arrivals);
}

void DriftBar::set_choices(const std::vector<records::Asset>& assets, int64_t asset,
                           std::vector<records::BatchInfo> batches) {
  batches_ = std::move(batches);
  chosen_.reset();
  if (asset >= 0) chosen_ = assets[static_cast<size_t>(asset)];
  QVector<Picker::Item> items;
  for (const auto& one : assets) items.push_back({text_of(one.name), text_of(one.name), {}});
  asset_picker_->set_items(items);
  asset_picker_->setVisible(assets.size() > 1);
  if (chosen_) asset_ = text_of(chosen_->name);
  asset_picker_->set_current(asset_);
  if (reference_text_.isEmpty() && !batches_.empty()) reference_text_ = text_of(tail(batches_.front().uuid));
  if (current_text_.isEmpty() && batches_.size() > 1) current_text_ = text_of(tail(batches_.back().uuid));
  show_windows();
  show_arrivals();
}

void DriftBar::follow(const monitoring::DriftReport& report) {
  reference_text_ = text_of(report.reference.text);
  current_text_ = text_of(report.current.text);
  where_current_ = text_of(report.where_current);
  new_values_of_ = text_of(report.new_values_of);
  where_->setText(text_of(report.where));
  show_windows();
  show_arrivals();
}

void DriftBar::set_reference(const QString& window) {
  reference_text_ = window;
  show_windows();
}

void DriftBar::set_current(const QString& window) {
  current_text_ = window;
  show_windows();
}

void DriftBar::forget() {
  for (auto* text : {&reference_text_, &current_text_, &where_current_, &new_values_of_}) text->clear();
}

void DriftBar::set_possible(bool possible) { measure_->setEnabled(possible); }

void DriftBar::focus_filter() {
  where_->setFocus();
  where_->selectAll();
}

void DriftBar::choose_arrivals() {
  arrivals_->setFocus();
  arrivals_->click();
}

void DriftBar::show_windows() {
  for (auto* picker : {reference_, current_}) {
    QVector<Picker::Item> items;
    const QString& chosen = picker == reference_ ? reference_text_ : current_text_;
    QString current;
    for (const auto& batch : batches_) {
      const QString id = text_of(tail(batch.uuid));
      items.push_back({id, source_name(batch.source), figure(static_cast<qint64>(batch.arrivals))});
      if (!chosen.isEmpty() && (id.startsWith(chosen) || chosen.startsWith(id))) current = id;
    }
    if (current.isEmpty() && !chosen.isEmpty()) {
      items.push_back({chosen, chosen, {}});
      current = chosen;
    }
    if (chosen_ && !chosen_->roles.time.empty()) items.push_back({kRange, tr("A range of time…"), {}});
    picker->set_items(items);
    picker->set_current(current);
  }
}

void DriftBar::show_arrivals() {
  QVector<Picker::Item> items{{kAll, tr("all"), {}}};
  if (chosen_)
    for (const auto& name : fields_of_newcomers(*chosen_))
      items.push_back({kNew + text_of(name), tr("only new values of %1").arg(text_of(name)), {}});
  QString current = kAll;
  if (!new_values_of_.isEmpty()) current = kNew + new_values_of_;
  if (!where_current_.isEmpty()) {
    // A report from the command line may ask for both; the state must be seen as it is.
    const QString text = new_values_of_.isEmpty()
                             ? tr("where %1").arg(where_current_)
                             : tr("new values of %1, where %2").arg(new_values_of_, where_current_);
    items.push_back({kWhere, text, {}});
    current = kWhere;
  }
  items.push_back({kAskWhere, tr("only where…"), {}});
  arrivals_->set_items(items);
  arrivals_->set_current(current);
}

void DriftBar::pick_arrivals(const QString& id) {
  if (id == kWhere) return;
  if (id == kAskWhere) {
    const auto typed = ask_text(this, tr("Only some of the current window"),
                                tr("Which of the current rows are compared with the reference: an expression such as "
                                   "section = 'net' and installed_size > 1000."),
                                tr("Use it"), where_current_);
    if (!typed || typed->trimmed().isEmpty()) return show_arrivals();
    where_current_ = typed->trimmed();
    new_values_of_.clear();
  } else {
    where_current_.clear();
    new_values_of_ = id.startsWith(kNew) ? id.mid(kNew.size()) : QString();
  }
  show_arrivals();
  Q_EMIT arrivals_picked();
}

void DriftBar::ask_range(bool reference) {
  auto& text = reference ? reference_text_ : current_text_;
  const auto typed =
      ask_text(this, reference ? tr("Reference: a range of time") : tr("Current: a range of time"),
               tr("FROM..TO, the end not included: 2026-01-01..2026-02-01. Either side may be left out."), tr("Use it"),
               text.contains(QLatin1String("..")) ? text : QString(), false, 2);
  if (typed) text = typed->trimmed();
  show_windows();
}

std::optional<DriftQuestion> DriftBar::question() {
  DriftQuestion question;
  question.where = utf8_of(where_->text().trimmed());
  question.where_current = utf8_of(where_current_);
  QString trouble;
  for (const auto& expression : {question.where, question.where_current})
    if (const auto parsed = records::Where::parse(expression); !parsed) trouble = message(parsed.error());
  if (reference_text_.isEmpty() || current_text_.isEmpty()) trouble = tr("Choose a reference and what is current.");
  trouble_->setText(trouble);
  trouble_->setVisible(!trouble.isEmpty());
  if (!trouble.isEmpty()) return std::nullopt;
  question.reference = utf8_of(reference_text_);
  question.current = utf8_of(current_text_);
  question.new_values_of = utf8_of(new_values_of_);
  question.rules = monitoring::rules_from(utf8_of(rules_->current())).value_or(monitoring::DriftRules::calibrated);
  question.alpha = alpha_->current().toDouble();
  return question;
}

}  // namespace millwright::ui::detail

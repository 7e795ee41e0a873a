#include "records_card.h"

#include <QLabel>
#include <QLineEdit>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <algorithm>

#include "ui_records/quarantine_table.h"
#include "ui_records/record_view.h"
#include "ui_records/words.h"
#include "ui_widgets/buttons.h"
#include "ui_widgets/error_banner.h"

namespace millwright::ui::detail {
namespace {

/// A literal of the expression language that finds these words in any case.
QString find_literal(QString words) {
  words.replace(QLatin1String("\\E"), QLatin1String("\\E\\\\E\\Q"));
  return QStringLiteral("'(?i)\\Q%1\\E'").arg(words.replace(QLatin1Char('\''), QLatin1String("''")));
}

QString quoted_name(const std::string& field) { return QLatin1Char('"') + text_of(field) + QLatin1Char('"'); }

}  // namespace

RecordsCard::RecordsCard(ProjectSession& session, QWidget* parent) : Card(tr("Records"), parent), session_(session) {
  build();
  connect(records_, &RecordView::failed, this, &RecordsCard::failed);
  connect(quarantine_, &PagedTable::failed, this, &RecordsCard::failed);
  connect(records_, &RecordView::shown, this, &RecordsCard::say_count);
  connect(mode_, &SegmentedControl::changed, this, &RecordsCard::list);
  connect(line_, &QLineEdit::returnPressed, this, &RecordsCard::apply_filter);
  connect(line_, &QLineEdit::textChanged, this, [this](const QString& text) {
    if (text.isEmpty() && !filter_.empty()) apply_filter();
  });
}

void RecordsCard::build() {
  set_flush(true);
  mode_ = new SegmentedControl({tr("Records"), tr("Quarantine")});
  mode_->setAccessibleName(tr("Which rows"));
  add_action(mode_);
  auto* filter = new QWidget;
  auto* filter_layout = new QVBoxLayout(filter);
  filter_layout->setContentsMargins(px(8), px(4), px(8), px(8));
  filter_layout->setSpacing(px(4));
  line_ = new QLineEdit;
  line_->setObjectName(QStringLiteral("data.filter"));
  line_->setPlaceholderText(tr("Filter: section = 'net' and installed_size > 1000"));
  line_->setAccessibleName(tr("Filter expression"));
  line_->setClearButtonEnabled(true);
  line_error_ = make_label({}, FontRole::caption, Tone::fail);
  line_error_->setWordWrap(true);
  line_error_->hide();
  filter_layout->addWidget(line_);
  filter_layout->addWidget(line_error_);
  body()->addWidget(filter);
  stack_ = new QStackedWidget;
  records_ = new RecordView(session_);
  quarantine_ = new QuarantineTable(session_, QuarantineTable::Look::wide);
  stack_->addWidget(records_);
  stack_->addWidget(quarantine_);
  body()->addWidget(stack_, 1);
}

void RecordsCard::show_batches(const records::Asset& asset, std::vector<records::BatchInfo> batches) {
  asset_ = asset;
  batches_ = std::move(batches);
  list();
}

records::Count RecordsCard::count() const {
  return batches_.size() == 1 ? records::Count::arrivals : records::Count::records;
}

records::Window RecordsCard::window() const {
  records::Window window;
  window.asset = asset_.id;
  for (const auto& batch : batches_) window.batches.push_back(batch.id);
  return window;
}

void RecordsCard::set_brush(records::Where brush, const QString& field, const QString& words) {
  brush_ = std::move(brush);
  brush_field_ = field;
  brush_words_ = words;
  mode_->set_current(0);
  list();
}

void RecordsCard::clear_brush() {
  if (brush_.empty()) return;
  brush_ = {};
  list();
}

void RecordsCard::set_filter(const QString& expression) {
  line_->setText(expression);
  apply_filter();
}

void RecordsCard::find(const QString& words) {
  std::vector<std::string> fields;
  for (const auto& name : {asset_.roles.id, asset_.roles.text})
    if (!name.empty()) fields.push_back(name);
  for (const auto& field : asset_.schema.fields)
    if (asset_.roles.text.empty() && field.type == records::FieldType::text) fields.push_back(field.name);
  QStringList parts;
  for (const auto& field : fields)
    parts << QStringLiteral("%1 matches %2").arg(quoted_name(field), find_literal(words));
  mode_->set_current(0);
  set_filter(parts.join(QStringLiteral(" or ")));
}

void RecordsCard::type_filter() {
  line_->setFocus();
  line_->selectAll();
}

void RecordsCard::show_quarantine(bool on) {
  mode_->set_current(on ? 1 : 0);
  list();
}

bool RecordsCard::shows_quarantine() const { return mode_->current() == 1; }

void RecordsCard::apply_filter() {
  auto parsed = records::Where::parse(utf8_of(line_->text()));
  line_error_->setVisible(!parsed);
  if (!parsed) {
    line_error_->setText(message(parsed.error()));
    for (const auto& [name, value] : parsed.error().arguments)
      if (name == "position") {
        const int position = std::max(0, text_of(value).toInt() - 1);
        line_->setFocus();
        line_->setSelection(position, std::max<int>(1, static_cast<int>(line_->text().size()) - position));
      }
    return;
  }
  filter_ = std::move(*parsed);
  brush_ = {};
  Q_EMIT filtered();
  list();
}

void RecordsCard::list() {
  if (batches_.empty()) return;
  const bool quarantine = shows_quarantine();
  stack_->setCurrentIndex(quarantine ? 1 : 0);
  line_->setVisible(!quarantine);
  if (quarantine) return list_quarantine();
  records::ReadRequest request;
  request.window = window();
  request.count = count();
  request.where = filter_.empty() ? brush_ : brush_.empty() ? filter_ : records::Where::both(filter_, brush_);
  RecordLook look;
  for (const auto& name : {asset_.roles.id, asset_.roles.text})
    if (!name.empty()) look.first_fields.push_back(name);
  if (!brush_.empty()) look.first_fields.push_back(utf8_of(brush_field_));
  records_->show_question(request, look);
}

void RecordsCard::list_quarantine() {
  line_error_->hide();
  const qint64 total = quarantine_->show_first_of(batches_);
  set_title(counted(total, tr("1 quarantined row"), tr("%1 quarantined rows")));
  set_note(total > 0 && batches_.size() > 1 ? tr("of the first batch that has some; choose a batch for its own")
                                            : QString());
}

void RecordsCard::say_count(qint64 rows) {
  if (shows_quarantine()) return;
  set_title(counted(rows, tr("1 record"), tr("%1 records")));
  QStringList notes;
  if (!brush_.empty()) notes << tr("%1: %2").arg(brush_field_, brush_words_);
  if (!filter_.empty()) notes << tr("filtered");
  set_note(notes.join(QStringLiteral(" · ")));
}

}  // namespace millwright::ui::detail

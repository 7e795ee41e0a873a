#include "drift_page.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <algorithm>

#include "base/files.h"
#include "detail/behind_brush.h"
#include "detail/drift_words.h"
#include "monitoring/drift.h"
#include "records/batch.h"
#include "ui_records/distribution_view.h"
#include "ui_records/record_view.h"
#include "ui_records/words.h"
#include "ui_widgets/buttons.h"
#include "ui_widgets/card.h"
#include "ui_widgets/dialogs.h"
#include "ui_widgets/empty_state.h"
#include "ui_widgets/error_banner.h"
#include "ui_widgets/page_header.h"
#include "ui_widgets/paged_table.h"
#include "ui_widgets/progress.h"

namespace millwright::ui {

struct DriftPage::Overview {
  std::vector<records::Asset> assets;
  std::vector<records::BatchInfo> batches;
  int64_t asset = -1;
  std::shared_ptr<const monitoring::DriftReport> report;
  [[nodiscard]] const records::Asset* chosen() const {
    return asset >= 0 ? &assets[static_cast<size_t>(asset)] : nullptr;
  }
};

DriftPage::DriftPage(PageContext context, QWidget* parent)
    : Page({QStringLiteral("drift"), tr("Drift"), RailGroup::watch, 0}, context, parent) {
  build();
  add_commands();
}

DriftPage::~DriftPage() = default;

QWidget* DriftPage::first_focus() { return stack_->currentIndex() == 1 ? static_cast<QWidget*>(fields_) : measure_; }

void DriftPage::build() {
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(px(20), px(16), px(20), px(16));
  all->setSpacing(px(12));
  build_controls(all);
  banner_ = new ErrorBanner;
  banner_->clear();
  all->addWidget(banner_);
  progress_ = new ProgressStrip;
  progress_->hide();
  all->addWidget(progress_);
  stack_ = new QStackedWidget;
  empty_ = new EmptyState(QStringLiteral("monitoring"), {}, {});
  empty_button_ = empty_->add_button({});
  stack_->addWidget(empty_);
  auto* split = new QSplitter(Qt::Horizontal);
  split->setChildrenCollapsible(false);
  split->setHandleWidth(px(12));
  split->addWidget(build_left());
  split->addWidget(build_right());
  split->setStretchFactor(0, 1);
  split->setStretchFactor(1, 2);
  split->setSizes({px(450), px(620)});
  stack_->addWidget(split);
  all->addWidget(stack_, 1);
  connect(progress_, &ProgressStrip::cancelled, this, [this] { session().cancel_work(work_); });
  connect(&session(), &ProjectSession::work_started, this, [this](int id, const QString& what) {
    if (what == work_name_) work_ = id;
  });
  connect(&session(), &ProjectSession::work_progress, this, [this](int id, const Progress& progress) {
    if (id == work_) progress_->update_progress(progress);
  });
}

void DriftPage::build_controls(QVBoxLayout* all) {
  header_ = new PageHeader(tr("Drift"));
  asset_picker_ = new Picker(tr("Asset"));
  asset_picker_->hide();
  reference_ = new Picker(tr("Reference"));
  reference_->set_swatch(tokens().reference);
  current_ = new Picker(tr("Current"));
  current_->set_swatch(tokens().current);
  for (auto* picker : {reference_, current_}) picker->set_empty_text(tr("choose"));
  header_->add_control(asset_picker_);
  header_->add_control(reference_);
  header_->add_control(make_label(tr("against"), FontRole::body, Tone::muted));
  header_->add_control(current_);
  auto* save = secondary_button(tr("Save report…"));
  measure_ = primary_button(tr("Measure drift"), QStringLiteral("D"));
  header_->add_action(save);
  header_->add_action(measure_);
  all->addWidget(header_);
  auto* row = new QHBoxLayout;
  row->setSpacing(px(8));
  rules_ = new Picker(tr("Rules"));
  rules_->set_items({{QStringLiteral("calibrated"), detail::rules_word(monitoring::DriftRules::calibrated), {}},
                     {QStringLiteral("evidently"), detail::rules_word(monitoring::DriftRules::evidently), {}},
                     {QStringLiteral("nannyml"), detail::rules_word(monitoring::DriftRules::nannyml), {}}});
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
  where_->setPlaceholderText(tr("Only rows where… (a part of the data may tell more than all of it)"));
  where_->setAccessibleName(tr("Filter of both windows"));
  where_->setClearButtonEnabled(true);
  row->addWidget(rules_);
  row->addWidget(alpha_);
  row->addWidget(where_, 1);
  all->addLayout(row);
  where_error_ = make_label({}, FontRole::caption, Tone::fail);
  where_error_->setWordWrap(true);
  where_error_->hide();
  all->addWidget(where_error_);
  connect(&Theme::instance(), &Theme::changed, this, [this] {
    reference_->set_swatch(tokens().reference);
    current_->set_swatch(tokens().current);
  });
  connect(measure_, &QPushButton::clicked, this, &DriftPage::measure);
  connect(save, &QPushButton::clicked, this, &DriftPage::save_report);
  connect(where_, &QLineEdit::returnPressed, this, &DriftPage::measure);
  connect(asset_picker_, &Picker::picked, this, [this](const QString& name) {
    asset_ = name;
    reference_text_.clear();
    current_text_.clear();
    report_.reset();
    refresh();
  });
  connect(reference_, &Picker::picked, this, [this](const QString& id) {
    if (id == QLatin1String("range")) return ask_range(true);
    reference_text_ = id;
  });
  connect(current_, &Picker::picked, this, [this](const QString& id) {
    if (id == QLatin1String("range")) return ask_range(false);
    current_text_ = id;
  });
}

QWidget* DriftPage::build_left() {
  fields_card_ = new Card(tr("Fields"));
  auto* card = fields_card_;
  card->set_flush(true);
  fields_ = new PagedTable;
  fields_->setObjectName(QStringLiteral("drift.fields"));
  fields_->setAccessibleName(tr("Fields by effect"));
  fields_->set_columns(detail::drift_columns());
  card->body()->addWidget(fields_, 1);
  auto* foot = new QWidget;
  auto* layout = new QVBoxLayout(foot);
  layout->setContentsMargins(px(8), px(8), px(8), px(12));
  sentence_ = make_label({}, FontRole::body, Tone::muted);
  sentence_->setWordWrap(true);
  layout->addWidget(sentence_);
  card->body()->addWidget(foot);
  connect(fields_, &PagedTable::current_changed, this, [this](const QVariant& key) { show_field(key.toString()); });
  return card;
}

QWidget* DriftPage::build_right() {
  auto* right = new QSplitter(Qt::Vertical);
  right->setChildrenCollapsible(false);
  right->setHandleWidth(px(12));
  picture_card_ = new Card(tr("Distribution"));
  distribution_ = new DistributionView(session());
  distribution_->clear(tr("Choose a field."));
  picture_card_->add_action(distribution_->modes());
  picture_card_->body()->addWidget(distribution_, 1);
  right->addWidget(picture_card_);
  rows_card_ = new Card(tr("Records behind the brush"));
  rows_card_->set_flush(true);
  queue_ = primary_button(tr("Queue for labeling"), QStringLiteral("Q"));
  queue_->setEnabled(false);
  rows_card_->add_action(queue_);
  records_ = new RecordView(session());
  rows_card_->body()->addWidget(records_, 1);
  right->addWidget(rows_card_);
  right->setSizes({px(340), px(300)});
  connect(queue_, &QPushButton::clicked, this, &DriftPage::queue_them);
  connect(distribution_, &DistributionView::brushed, this, &DriftPage::show_behind);
  connect(distribution_, &DistributionView::brush_cleared, this, &DriftPage::no_brush);
  connect(distribution_, &DistributionView::shown, this, [this] { picture_card_->set_note(distribution_->note()); });
  const auto report = [this](const Error& error) { banner_->show_error(error); };
  connect(distribution_, &DistributionView::failed, this, report);
  connect(records_, &RecordView::failed, this, report);
  connect(records_, &RecordView::shown, this, [this](qint64 total) {
    rows_card_->set_title(counted(total, tr("1 record behind the brush"), tr("%1 records behind the brush")));
    const bool predicted = records_->source() && records_->source()->columns().size() > 2 &&
                           records_->source()->columns().back().title == QObject::tr("Confidence");
    QStringList notes;
    if (predicted) notes << tr("least certain first");
    rows_card_->set_note(notes.join(QStringLiteral(" · ")));
    queue_->setText(tr("Queue %1 for labeling").arg(figure(total)));
    queue_->setEnabled(total > 0);
    if (auto* action = commands().action(QStringLiteral("drift.queue"))) action->setEnabled(total > 0);
  });
  no_brush();
  return right;
}

void DriftPage::add_commands() {
  const QString menu = tr("Drift");
  add_command(QStringLiteral("drift.measure"), tr("Measure drift"), menu, QKeySequence(QStringLiteral("D")),
              [this] { measure(); });
  auto* queue = add_command(QStringLiteral("drift.queue"), tr("Queue the records behind the brush for labeling"), menu,
                            QKeySequence(QStringLiteral("Q")), [this] { queue_them(); });
  queue->setEnabled(false);
  add_command(QStringLiteral("drift.filter"), tr("Filter both windows"), menu, QKeySequence(QStringLiteral("/")),
              [this] {
                where_->setFocus();
                where_->selectAll();
              });
  add_command(QStringLiteral("drift.clear_brush"), tr("Clear the brush"), menu, QKeySequence(QStringLiteral("Esc")),
              [this] { distribution_->clear_brush(); });
  add_command(QStringLiteral("drift.save"), tr("Save the report…"), menu, {}, [this] { save_report(); });
}

void DriftPage::activate(const QVariantMap& arguments) {
  const auto take_text = [&arguments](const char* name, QString& into) {
    if (arguments.contains(QLatin1String(name))) into = arguments[QLatin1String(name)].toString();
  };
  take_text("drift", wanted_report_);
  take_text("reference", wanted_reference_);
  take_text("current", wanted_current_);
  take_text("field", wanted_field_);
}

void DriftPage::refresh() {
  session().read(
      this, "overview",
      [wanted = utf8_of(asset_), report = utf8_of(wanted_report_), any_report = report_ == nullptr](
          store::Project& project, const Work&) -> Result<std::shared_ptr<Overview>> {
        auto overview = std::make_shared<Overview>();
        MW_ASSIGN(overview->assets, records::list_assets(project));
        std::erase_if(overview->assets, [](const auto& asset) { return asset.schema.fields.empty(); });
        if (!report.empty() || any_report) {
          auto found = monitoring::find_drift_report(project, report);
          if (found) overview->report = std::make_shared<const monitoring::DriftReport>(std::move(*found));
        }
        for (size_t i = 0; i < overview->assets.size(); ++i) {
          const auto& asset = overview->assets[i];
          if (wanted.empty() ? overview->report && overview->report->asset == asset.id : asset.name == wanted)
            overview->asset = static_cast<int64_t>(i);
        }
        if (overview->asset < 0 && !overview->assets.empty()) overview->asset = 0;
        if (const auto* asset = overview->chosen()) {
          MW_ASSIGN(overview->batches, records::list_batches(project, asset->id));
          if (overview->report && overview->report->asset != asset->id) overview->report.reset();
        }
        return overview;
      },
      [this](Result<std::shared_ptr<Overview>> overview) {
        if (!overview) {
          banner_->show_error(overview.error());
          return;
        }
        take(std::move(*overview));
      });
}

void DriftPage::take(std::shared_ptr<Overview> overview) {
  overview_ = std::move(overview);
  wanted_report_.clear();
  if (const auto* asset = overview_->chosen()) asset_ = text_of(asset->name);
  const bool fresh = overview_->report && (!report_ || report_->id != overview_->report->id);
  if (fresh) {
    report_ = overview_->report;
    reference_text_ = text_of(report_->reference.text);
    current_text_ = text_of(report_->current.text);
    where_->setText(text_of(report_->where));
  }
  const auto& batches = overview_->batches;
  if (!wanted_reference_.isEmpty()) reference_text_ = std::exchange(wanted_reference_, {});
  if (!wanted_current_.isEmpty()) current_text_ = std::exchange(wanted_current_, {});
  if (reference_text_.isEmpty() && !batches.empty()) reference_text_ = text_of(tail(batches.front().uuid));
  if (current_text_.isEmpty() && batches.size() > 1) current_text_ = text_of(tail(batches.back().uuid));
  show_pickers();
  const bool possible = !batches.empty() && (batches.size() > 1 || !overview_->chosen()->roles.time.empty());
  measure_->setEnabled(possible && !measuring_);
  if (report_) {
    stack_->setCurrentIndex(1);
    if (fresh || !wanted_field_.isEmpty()) show_report();
    return;
  }
  stack_->setCurrentIndex(0);
  empty_button_->disconnect(this);
  if (!possible) {
    empty_->set(QStringLiteral("monitoring"), tr("There is nothing to compare yet"),
                tr("Drift is a difference between two batches, or two ranges of a time field. Import a second batch."));
    empty_button_->setText(tr("Go to Data"));
    connect(empty_button_, &QPushButton::clicked, this, [this] { Q_EMIT navigate(QStringLiteral("data"), {}); });
  } else {
    empty_->set(
        QStringLiteral("monitoring"), tr("Nothing was compared yet"),
        tr("Choose a reference and what is current above, then measure. Every field is compared from its values."));
    empty_button_->setText(tr("Measure drift"));
    connect(empty_button_, &QPushButton::clicked, this, &DriftPage::measure);
  }
  Q_EMIT rail_changed(State::neutral, {});
}

void DriftPage::show_pickers() {
  QVector<Picker::Item> assets;
  for (const auto& asset : overview_->assets) assets.push_back({text_of(asset.name), text_of(asset.name), {}});
  asset_picker_->set_items(assets);
  asset_picker_->setVisible(assets.size() > 1);
  asset_picker_->set_current(asset_);
  for (auto* picker : {reference_, current_}) {
    QVector<Picker::Item> items;
    const QString& chosen = picker == reference_ ? reference_text_ : current_text_;
    bool listed = false;
    QString current;
    for (const auto& batch : overview_->batches) {
      const QString id = text_of(tail(batch.uuid));
      items.push_back({id, source_name(batch.source), figure(static_cast<qint64>(batch.arrivals))});
      if (!chosen.isEmpty() && (id.startsWith(chosen) || chosen.startsWith(id))) {
        listed = id == chosen || id.startsWith(chosen);
        if (listed) current = id;
      }
    }
    if (current.isEmpty() && !chosen.isEmpty()) {
      items.push_back({chosen, chosen, {}});
      current = chosen;
    }
    if (overview_->chosen() && !overview_->chosen()->roles.time.empty())
      items.push_back({QStringLiteral("range"), tr("A range of time…"), {}});
    picker->set_items(items);
    picker->set_current(current);
  }
}

void DriftPage::ask_range(bool reference) {
  auto& text = reference ? reference_text_ : current_text_;
  const auto typed =
      ask_text(this, reference ? tr("Reference: a range of time") : tr("Current: a range of time"),
               tr("FROM..TO, the end not included: 2026-01-01..2026-02-01. Either side may be left out."), tr("Use it"),
               text.contains(QLatin1String("..")) ? text : QString(), false, 2);
  if (typed) text = typed->trimmed();
  show_pickers();
}

void DriftPage::measure() {
  if (measuring_ || !overview_ || !overview_->chosen()) return;
  banner_->clear();
  const auto where = records::Where::parse(utf8_of(where_->text().trimmed()));
  where_error_->setVisible(!where);
  if (!where) {
    where_error_->setText(message(where.error()));
    return;
  }
  if (reference_text_.isEmpty() || current_text_.isEmpty()) {
    banner_->show_text(tr("Choose a reference and what is current."), {});
    return;
  }
  measuring_ = true;
  measure_->setEnabled(false);
  work_name_ = tr("Measuring drift");
  progress_->start(work_name_);
  progress_->show();
  session().work(
      this, work_name_,
      [asset = *overview_->chosen(), reference = utf8_of(reference_text_), current = utf8_of(current_text_),
       where = utf8_of(where_->text().trimmed()), rules = utf8_of(rules_->current()),
       alpha = alpha_->current().toDouble()](
          store::Project& project, const Work& work) -> Result<std::shared_ptr<const monitoring::DriftReport>> {
        monitoring::DriftRequest request;
        MW_ASSIGN(request.reference, records::parse_window(project, asset, reference));
        MW_ASSIGN(request.current, records::parse_window(project, asset, current));
        request.where = where;
        request.rules = monitoring::rules_from(rules).value_or(monitoring::DriftRules::calibrated);
        request.alpha = alpha;
        MW_ASSIGN(auto report, monitoring::measure_drift(project, request, work));
        return std::make_shared<const monitoring::DriftReport>(std::move(report));
      },
      [this](Result<std::shared_ptr<const monitoring::DriftReport>> report) {
        measuring_ = false;
        work_ = -1;
        measure_->setEnabled(true);
        progress_->finish();
        progress_->hide();
        if (!report) {
          banner_->show_error(report.error());
          return;
        }
        measured(std::move(*report));
      });
}

void DriftPage::measured(std::shared_ptr<const monitoring::DriftReport> report) {
  report_ = std::move(report);
  stack_->setCurrentIndex(1);
  show_report();
}

void DriftPage::show_report() {
  fields_card_->set_note(tr("%1 against %2 rows, %3")
                             .arg(figure(static_cast<qint64>(report_->rows_reference)),
                                  figure(static_cast<qint64>(report_->rows_current)), ago(report_->time_ms)));
  sentence_->setText(detail::drift_sentence(*report_));
  auto rows = detail::drift_rows(*report_);
  const auto drifted = static_cast<qint64>(report_->verdict.drifted);
  const bool large = std::any_of(report_->fields.begin(), report_->fields.end(),
                                 [](const auto& field) { return detail::verdict_state(field) == State::fail; });
  Q_EMIT rail_changed(drifted == 0 ? State::pass
                      : large      ? State::fail
                                   : State::warning,
                      drifted == 0 ? QString() : figure(drifted));
  QString field = std::exchange(wanted_field_, {});
  if (field.isEmpty()) field = field_;
  if (!report_->find(utf8_of(field))) field = rows.empty() ? QString() : rows.front().key.toString();
  {
    const QSignalBlocker quiet(fields_);
    fields_->set_rows(std::move(rows));
    fields_->select_key(field);
  }
  field_.clear();
  show_field(field);
}

void DriftPage::show_field(const QString& field) {
  if (!report_ || field.isEmpty() || field == field_) return;
  const auto* about = report_->find(utf8_of(field));
  if (!about) return;
  field_ = field;
  no_brush();
  picture_card_->set_title(field);
  picture_card_->set_note({});
  distribution_->setToolTip(detail::field_sentence(*about));
  records_->clear(detail::field_sentence(*about));
  DistributionRequest request;
  request.field = about->name;
  request.reference = report_->reference;
  request.current = report_->current;
  request.reference_name = tr("reference");
  request.current_name = tr("current");
  if (auto where = records::Where::parse(report_->where)) request.where = std::move(*where);
  distribution_->show_field(request);
}

void DriftPage::no_brush() {
  part_.reset();
  rows_card_->set_title(tr("Records behind the brush"));
  rows_card_->set_note({});
  queue_->setText(tr("Queue for labeling"));
  queue_->setEnabled(false);
  if (auto* action = commands().action(QStringLiteral("drift.queue"))) action->setEnabled(false);
  const auto* about = report_ ? report_->find(utf8_of(field_)) : nullptr;
  records_->clear(about ? detail::field_sentence(*about) : tr("Brush the bars to see which records they stand for."));
}

namespace {

detail::BrushQuestion question_of(const monitoring::DriftReport& report, const records::Asset& asset,
                                  const QString& field, const BrushedPart& part) {
  detail::BrushQuestion question;
  question.window = report.current;
  question.where = report.where;
  question.brush = part.where;
  question.field = utf8_of(field);
  for (const auto& name : {asset.roles.id, asset.roles.text})
    if (!name.empty() && name != question.field) question.first_fields.push_back(name);
  for (const auto& one : asset.schema.fields)
    if (question.first_fields.size() < 2 && one.type == records::FieldType::text && one.name != question.field &&
        std::find(question.first_fields.begin(), question.first_fields.end(), one.name) == question.first_fields.end())
      question.first_fields.push_back(one.name);
  return question;
}

}  // namespace

void DriftPage::show_behind(const BrushedPart& part) {
  if (!report_ || !overview_->chosen()) return;
  part_ = std::make_unique<BrushedPart>(part);
  records_->show_records(
      [question = question_of(*report_, *overview_->chosen(), field_, part)](
          store::Project& project, const Work& work) { return detail::records_behind_brush(project, question, work); });
}

void DriftPage::queue_them() {
  if (!part_ || !report_ || !queue_->isEnabled()) return;
  queue_->setEnabled(false);
  session().work(
      this, tr("Queueing records for labeling"),
      [question = question_of(*report_, *overview_->chosen(), field_, *part_), words = utf8_of(part_->words),
       id = report_->id.is_null() ? std::string() : tail(report_->id)](store::Project& project, const Work& work) {
        return detail::queue_behind_brush(project, question, id, words, work);
      },
      [this](Result<labels::Queued> queued) {
        queue_->setEnabled(part_ != nullptr);
        if (!queued) {
          banner_->show_error(queued.error());
          return;
        }
        Q_EMIT toast(tr("Queued %1 records for labeling").arg(figure(static_cast<qint64>(queued->added))), State::pass);
        Q_EMIT navigate(QStringLiteral("labels"), {{QStringLiteral("queue"), QString::number(queued->queue.id)}});
      });
}

void DriftPage::save_report() {
  if (!report_) return;
  const QString path = QFileDialog::getSaveFileName(this, tr("Save the drift report"), QStringLiteral("drift.json"),
                                                    tr("JSON (*.json);;Table (*.csv)"));
  if (path.isEmpty()) return;
  const std::string content = QFileInfo(path).suffix().toLower() == QLatin1String("csv")
                                  ? utf8_of(fields_->to_csv(false))
                                  : to_text(monitoring::to_json(*report_, true), 2) + "\n";
  if (auto written = write_file_atomically(fs::path(utf8_of(path)), content); !written)
    banner_->show_error(written.error());
  else
    Q_EMIT toast(tr("Saved %1").arg(QFileInfo(path).fileName()), State::pass);
}

}  // namespace millwright::ui

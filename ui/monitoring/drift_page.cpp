#include "drift_page.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QLabel>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <algorithm>

#include "base/files.h"
#include "detail/behind_brush.h"
#include "detail/drift_bar.h"
#include "detail/drift_words.h"
#include "monitoring/drift.h"
#include "monitoring/fill_queue.h"
#include "records/batch.h"
#include "ui_records/distribution_view.h"
#include "ui_records/record_view.h"
#include "ui_records/words.h"
#include "ui_widgets/buttons.h"
#include "ui_widgets/card.h"
#include "ui_widgets/empty_state.h"
#include "ui_widgets/error_banner.h"
#include "ui_widgets/paged_table.h"
#include "ui_widgets/progress.h"

namespace millwright::ui {

/// A report with what its picture needs.
struct DriftPage::Shown {
  monitoring::DriftReport report;
  std::shared_ptr<const std::vector<int64_t>> rows;  ///< of the current window; null: all
};

struct DriftPage::Overview {
  std::vector<records::Asset> assets;
  std::vector<records::BatchInfo> batches;
  int64_t asset = -1;
  std::shared_ptr<const Shown> report;
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

QWidget* DriftPage::first_focus() {
  if (stack_->currentIndex() == 1) return fields_;
  return overview_ ? bar_->measure_button() : nullptr;
}

void DriftPage::show_content() {
  // The page holds the keyboard while it is read.
  const bool had_focus = window()->focusWidget() == this;
  stack_->setCurrentIndex(1);
  if (had_focus) fields_->setFocus();
}

Picker* DriftPage::arrivals() const { return bar_->arrivals(); }

void DriftPage::build() {
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(px(20), px(16), px(20), px(16));
  all->setSpacing(px(12));
  bar_ = new detail::DriftBar;
  all->addWidget(bar_);
  connect(bar_, &detail::DriftBar::measure, this, &DriftPage::measure);
  connect(bar_, &detail::DriftBar::save, this, &DriftPage::save_report);
  connect(bar_, &detail::DriftBar::asset_picked, this, [this] {
    shown_.reset();
    refresh();
  });
  // To see a shift over all arrivals beside the one among what is new is one choice, not two.
  connect(bar_, &detail::DriftBar::arrivals_picked, this, [this] {
    if (shown_) measure();
  });
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
              [this] { bar_->focus_filter(); });
  add_command(QStringLiteral("drift.arrivals"), tr("Choose which arrivals are compared…"), menu,
              QKeySequence(QStringLiteral("A")), [this] { bar_->choose_arrivals(); });
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

Result<std::shared_ptr<const DriftPage::Shown>> DriftPage::to_show(const store::Project& project,
                                                                   monitoring::DriftReport report) {
  auto shown = std::make_shared<Shown>();
  MW_ASSIGN(auto rows, monitoring::compared_rows(project, report));
  if (rows) shown->rows = std::make_shared<const std::vector<int64_t>>(std::move(*rows));
  shown->report = std::move(report);
  return shown;
}

Result<std::shared_ptr<DriftPage::Overview>> DriftPage::look(store::Project& project, const std::string& asset_name,
                                                             const std::optional<std::string>& report) {
  auto overview = std::make_shared<Overview>();
  MW_ASSIGN(overview->assets, records::list_assets(project));
  std::erase_if(overview->assets, [](const auto& asset) { return asset.schema.fields.empty(); });
  std::optional<monitoring::DriftReport> found;
  if (report) {
    if (auto known = monitoring::find_drift_report(project, *report)) found = std::move(*known);
  }
  for (size_t i = 0; i < overview->assets.size(); ++i) {
    const auto& asset = overview->assets[i];
    if (asset_name.empty() ? found && found->asset == asset.id : asset.name == asset_name)
      overview->asset = static_cast<int64_t>(i);
  }
  if (overview->asset < 0 && !overview->assets.empty()) overview->asset = 0;
  const auto* asset = overview->chosen();
  if (!asset) return overview;
  MW_ASSIGN(overview->batches, records::list_batches(project, asset->id));
  if (found && found->asset == asset->id) {
    // A report whose batches are gone is history; it cannot be looked into.
    if (auto shown = to_show(project, std::move(*found))) overview->report = std::move(*shown);
  }
  return overview;
}

void DriftPage::refresh() {
  std::optional<std::string> report;
  if (!wanted_report_.isEmpty() || !shown_) report = utf8_of(wanted_report_);
  session().read(
      this, "overview",
      [asset = utf8_of(bar_->asset()), report](store::Project& project, const Work&) {
        return look(project, asset, report);
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
  const bool fresh = overview_->report && (!shown_ || shown_->report.id != overview_->report->report.id);
  bar_->set_choices(overview_->assets, overview_->asset, overview_->batches);
  if (fresh) {
    shown_ = overview_->report;
    bar_->follow(shown_->report);
  }
  if (!wanted_reference_.isEmpty()) bar_->set_reference(std::exchange(wanted_reference_, {}));
  if (!wanted_current_.isEmpty()) bar_->set_current(std::exchange(wanted_current_, {}));
  const auto& batches = overview_->batches;
  const bool possible = !batches.empty() && (batches.size() > 1 || !overview_->chosen()->roles.time.empty());
  bar_->set_possible(possible && !measuring_);
  if (shown_) {
    show_content();
    if (fresh || !wanted_field_.isEmpty()) show_report();
    return;
  }
  show_empty(possible);
}

void DriftPage::show_empty(bool possible) {
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
}

void DriftPage::measure() {
  if (measuring_ || !overview_ || !overview_->chosen()) return;
  banner_->clear();
  const auto question = bar_->question();
  if (!question) return;
  measuring_ = true;
  bar_->set_possible(false);
  work_name_ = tr("Measuring drift");
  progress_->start(work_name_);
  progress_->show();
  session().work(
      this, work_name_,
      [asset = *overview_->chosen(), question = *question](store::Project& project,
                                                           const Work& work) -> Result<std::shared_ptr<const Shown>> {
        monitoring::DriftRequest request;
        MW_ASSIGN(request.reference, records::parse_window(project, asset, question.reference));
        MW_ASSIGN(request.current, records::parse_window(project, asset, question.current));
        request.where = question.where;
        request.where_current = question.where_current;
        request.new_values_of = question.new_values_of;
        request.rules = question.rules;
        request.alpha = question.alpha;
        MW_ASSIGN(auto report, monitoring::measure_drift(project, request, work));
        return to_show(project, std::move(report));
      },
      [this](Result<std::shared_ptr<const Shown>> shown) {
        measuring_ = false;
        work_ = -1;
        bar_->set_possible(true);
        progress_->finish();
        progress_->hide();
        if (!shown) {
          banner_->show_error(shown.error());
          return;
        }
        shown_ = std::move(*shown);
        show_content();
        show_report();
      });
}

void DriftPage::show_report() {
  const auto& report = shown_->report;
  fields_card_->set_note(tr("%1 against %2 rows, %3")
                             .arg(figure(static_cast<qint64>(report.rows_reference)),
                                  figure(static_cast<qint64>(report.rows_current)), ago(report.time_ms)));
  sentence_->setText(detail::drift_sentence(report));
  auto rows = detail::drift_rows(report);
  QString field = std::exchange(wanted_field_, {});
  if (field.isEmpty()) field = field_;
  if (!report.find(utf8_of(field))) field = rows.empty() ? QString() : rows.front().key.toString();
  {
    const QSignalBlocker quiet(fields_);
    fields_->set_rows(std::move(rows));
    fields_->select_key(field);
  }
  field_.clear();
  show_field(field);
}

void DriftPage::show_field(const QString& field) {
  if (!shown_ || field.isEmpty() || field == field_) return;
  const auto& report = shown_->report;
  const auto* about = report.find(utf8_of(field));
  if (!about) return;
  field_ = field;
  no_brush();
  picture_card_->set_title(field);
  picture_card_->set_note({});
  distribution_->setToolTip(detail::field_sentence(*about));
  records_->clear(detail::field_sentence(*about));
  DistributionRequest request;
  request.field = about->name;
  request.reference = report.reference;
  request.current = report.current;
  request.reference_name = tr("reference");
  request.current_name =
      report.new_values_of.empty() ? tr("current") : tr("current, new %1").arg(text_of(report.new_values_of));
  request.current_rows = shown_->rows;
  if (auto where = records::Where::parse(report.where)) request.where = std::move(*where);
  distribution_->show_field(request);
}

void DriftPage::no_brush() {
  part_.reset();
  rows_card_->set_title(tr("Records behind the brush"));
  rows_card_->set_note({});
  queue_->setText(tr("Queue for labeling"));
  queue_->setEnabled(false);
  if (auto* action = commands().action(QStringLiteral("drift.queue"))) action->setEnabled(false);
  const auto* about = shown_ ? shown_->report.find(utf8_of(field_)) : nullptr;
  records_->clear(about ? detail::field_sentence(*about) : tr("Brush the bars to see which records they stand for."));
}

namespace {

/// What stands before the brushed field in the table of records: id, text, else the first texts.
std::vector<std::string> first_fields(const records::Asset& asset, const std::string& field) {
  std::vector<std::string> first;
  for (const auto& name : {asset.roles.id, asset.roles.text})
    if (!name.empty() && name != field) first.push_back(name);
  for (const auto& one : asset.schema.fields)
    if (first.size() < 2 && one.type == records::FieldType::text && one.name != field &&
        std::find(first.begin(), first.end(), one.name) == first.end())
      first.push_back(one.name);
  return first;
}

}  // namespace

void DriftPage::show_behind(const BrushedPart& part) {
  if (!shown_ || !overview_->chosen()) return;
  part_ = std::make_unique<BrushedPart>(part);
  detail::BrushQuestion question;
  question.report = std::shared_ptr<const monitoring::DriftReport>(shown_, &shown_->report);
  question.part = {utf8_of(field_), part.where};
  question.first_fields = first_fields(*overview_->chosen(), question.part.field);
  records_->show_records(
      [question](store::Project& project, const Work&) { return detail::records_behind_brush(project, question); });
}

void DriftPage::queue_them() {
  if (!part_ || !shown_ || !queue_->isEnabled()) return;
  queue_->setEnabled(false);
  monitoring::QueueQuestion question;
  question.name = "drift: " + utf8_of(field_) + " " + utf8_of(part_->words);
  question.behind = {shown_->report, {utf8_of(field_), part_->where}};
  question.order = std::nullopt;
  session().work(
      this, tr("Queueing records for labeling"),
      [question](store::Project& project, const Work& work) { return monitoring::fill_queue(project, question, work); },
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
  if (!shown_) return;
  const QString path = QFileDialog::getSaveFileName(this, tr("Save the drift report"), QStringLiteral("drift.json"),
                                                    tr("JSON (*.json);;Table (*.csv)"));
  if (path.isEmpty()) return;
  const std::string content = QFileInfo(path).suffix().toLower() == QLatin1String("csv")
                                  ? utf8_of(fields_->to_csv(false))
                                  : to_text(monitoring::to_json(shown_->report, true), 2) + "\n";
  if (auto written = write_file_atomically(fs::path(utf8_of(path)), content); !written)
    banner_->show_error(written.error());
  else
    Q_EMIT toast(tr("Saved %1").arg(QFileInfo(path).fileName()), State::pass);
}

}  // namespace millwright::ui

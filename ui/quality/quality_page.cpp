#include "quality_page.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <algorithm>

#include "detail/check_words.h"
#include "labels/current.h"
#include "labels/task.h"
#include "records/columns.h"
#include "snapshots/gate.h"
#include "snapshots/snapshot.h"
#include "ui_charts/bar_chart.h"
#include "ui_records/record_view.h"
#include "ui_records/words.h"
#include "ui_widgets/badge.h"
#include "ui_widgets/buttons.h"
#include "ui_widgets/card.h"
#include "ui_widgets/dialogs.h"
#include "ui_widgets/empty_state.h"
#include "ui_widgets/error_banner.h"
#include "ui_widgets/page_header.h"
#include "ui_widgets/paged_table.h"

namespace millwright::ui {

struct QualityPage::Overview {
  std::vector<records::BatchInfo> batches;
  std::vector<snapshots::Snapshot> snapshots;
  std::vector<labels::Task> tasks;
  std::vector<quality::SubjectVerdict> batch_verdicts, snapshot_verdicts;
};

struct QualityPage::Pictures {
  CategoryData missing, classes;
  QString classes_of;
};

namespace {

QString id_of(const quality::Subject& subject) {
  return (subject.kind == quality::SubjectKind::batch ? QStringLiteral("b") : QStringLiteral("s")) +
         QString::number(subject.id);
}

std::optional<quality::Subject> subject_of(const QString& id) {
  if (id.size() < 2) return std::nullopt;
  return quality::Subject{id.front() == QLatin1Char('s') ? quality::SubjectKind::snapshot : quality::SubjectKind::batch,
                          id.mid(1).toLongLong()};
}

const quality::SubjectVerdict* verdict_of(const std::vector<quality::SubjectVerdict>& verdicts, int64_t subject) {
  for (const auto& one : verdicts)
    if (one.subject == subject) return &one;
  return nullptr;
}

QString verdict_text(const quality::SubjectVerdict* verdict) {
  if (!verdict) return QObject::tr("not checked");
  return detail::verdict_word(verdict->verdict) + (verdict->overridden ? QObject::tr(", overridden") : QString());
}

Status missing_values(store::Project& project, const std::vector<int64_t>& batches, CategoryData& data) {
  MW_ASSIGN(const auto window, records::window_of_batches(project, batches));
  MW_ASSIGN(const auto scan, records::ColumnScan::open(project, window));
  std::vector<std::pair<int64_t, std::string>> fields;
  for (const auto& field : scan.fields()) {
    MW_ASSIGN(const auto summary, scan.summary(field.name));
    fields.emplace_back(summary.missing(), field.name);
  }
  std::stable_sort(fields.begin(), fields.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  for (const auto& [missing, name] : fields) {
    data.names.push_back(text_of(name));
    data.reference.push_back(static_cast<double>(missing));
  }
  return {};
}

Status class_sizes(store::Project& project, const std::vector<int64_t>& batches, int64_t task, const Work& work,
                   CategoryData& data) {
  labels::CurrentRequest request;
  request.task = task;
  request.batches = batches;
  MW_ASSIGN(const auto current, labels::current_labels(project, request, work));
  auto counts = labels::count_by_label(current);
  std::stable_sort(counts.begin(), counts.end(), [](const auto& a, const auto& b) { return a.records > b.records; });
  for (const auto& one : counts) {
    data.names.push_back(text_of(one.label));
    data.reference.push_back(static_cast<double>(one.records));
  }
  return {};
}

}  // namespace

QualityPage::QualityPage(PageContext context, QWidget* parent)
    : Page({QStringLiteral("quality"), tr("Quality"), RailGroup::data, 1}, context, parent) {
  build();
  add_commands();
}

QualityPage::~QualityPage() = default;

QWidget* QualityPage::first_focus() { return checks_; }

void QualityPage::build() {
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(px(20), px(16), px(20), px(16));
  all->setSpacing(px(12));
  header_ = new PageHeader(tr("Quality"));
  picker_ = new Picker(QString());
  picker_->setAccessibleName(tr("What is judged"));
  picker_->set_empty_text(tr("choose"));
  verdict_ = new Badge;
  header_->add_control(picker_);
  header_->add_control(verdict_);
  again_ = secondary_button(tr("Check again"), QStringLiteral("C"));
  override_ = primary_button(tr("Accept with reason…"), QStringLiteral("A"));
  header_->add_action(again_);
  header_->add_action(override_);
  all->addWidget(header_);
  banner_ = new ErrorBanner;
  banner_->clear();
  all->addWidget(banner_);
  stack_ = new QStackedWidget;
  empty_ = new EmptyState(QStringLiteral("quality"), tr("There is nothing to check yet"),
                          tr("Import data first: each batch is checked before anybody trains on it."));
  auto* go = empty_->add_button(tr("Go to Data"));
  stack_->addWidget(empty_);
  auto* split = new QSplitter(Qt::Horizontal);
  split->setChildrenCollapsible(false);
  split->setHandleWidth(px(12));
  split->addWidget(build_left());
  split->addWidget(build_right());
  split->setStretchFactor(0, 2);
  split->setStretchFactor(1, 1);
  split->setSizes({px(730), px(350)});
  stack_->addWidget(split);
  all->addWidget(stack_, 1);
  connect(go, &QPushButton::clicked, this, [this] { Q_EMIT navigate(QStringLiteral("data"), {}); });
  connect(picker_, &Picker::picked, this, &QualityPage::choose);
  connect(again_, &QPushButton::clicked, this, &QualityPage::run_gate);
  connect(override_, &QPushButton::clicked, this, &QualityPage::override_gate);
}

QWidget* QualityPage::build_left() {
  auto* left = new QSplitter(Qt::Vertical);
  left->setChildrenCollapsible(false);
  left->setHandleWidth(px(12));
  auto* card = new Card(tr("Checks"));
  card->set_flush(true);
  checks_ = new PagedTable;
  checks_->setAccessibleName(tr("Checks"));
  checks_->set_columns(detail::check_columns());
  checks_->set_empty_text(tr("Checking…"));
  sentence_ = make_label({}, FontRole::body, Tone::muted);
  sentence_->setWordWrap(true);
  sentence_->setContentsMargins(px(8), 0, px(8), px(4));
  card->body()->addWidget(sentence_);
  card->body()->addWidget(checks_, 1);
  overridden_ = make_label({}, FontRole::body, Tone::warning);
  overridden_->setWordWrap(true);
  overridden_->setTextFormat(Qt::PlainText);
  overridden_->setContentsMargins(px(8), px(8), px(8), px(12));
  overridden_->hide();
  card->body()->addWidget(overridden_);
  left->addWidget(card);
  rows_card_ = new Card(tr("Rows behind a check"));
  rows_card_->set_flush(true);
  rows_ = new RecordView(session());
  rows_->clear(tr("Press “Show” on a check to see the rows it found."));
  rows_card_->body()->addWidget(rows_, 1);
  left->addWidget(rows_card_);
  left->setSizes({px(430), px(220)});
  connect(checks_, &PagedTable::action, this, [this](const QVariant& key, int) {
    if (report_) show_rows(text_of(report_->checks[static_cast<size_t>(key.toInt())].name));
  });
  connect(checks_, &PagedTable::activated_row, this, [this](const QVariant& key) {
    if (report_) show_rows(text_of(report_->checks[static_cast<size_t>(key.toInt())].name));
  });
  connect(rows_, &RecordView::failed, this, [this](const Error& error) { banner_->show_error(error); });
  return left;
}

QWidget* QualityPage::build_right() {
  auto* right = new QSplitter(Qt::Vertical);
  right->setChildrenCollapsible(false);
  right->setHandleWidth(px(12));
  picture_card_ = new Card(tr("Missing values"));
  picture_mode_ = new SegmentedControl({tr("Missing"), tr("Classes")});
  picture_mode_->setAccessibleName(tr("Picture"));
  picture_card_->add_action(picture_mode_);
  pictures_ = new QStackedWidget;
  missing_ = new BarChart;
  missing_->set_title(tr("Missing values by field"));
  missing_->set_empty_text(tr("No value is missing."));
  classes_ = new BarChart;
  classes_->set_title(tr("Records by class"));
  classes_->set_empty_text(tr("Nothing is labeled yet."));
  pictures_->addWidget(missing_);
  pictures_->addWidget(classes_);
  picture_card_->body()->addWidget(pictures_, 1);
  right->addWidget(picture_card_);
  quarantine_card_ = new Card(tr("Quarantine"));
  quarantine_card_->set_flush(true);
  quarantine_ = new PagedTable;
  quarantine_->setAccessibleName(tr("Quarantined rows"));
  quarantine_->set_columns(
      {{.title = tr("Line"), .kind = Column::Kind::figure, .width = 72}, {.title = tr("Reason"), .stretch = true}});
  quarantine_->set_empty_text(tr("No row was quarantined."));
  quarantine_card_->body()->addWidget(quarantine_, 1);
  right->addWidget(quarantine_card_);
  right->setSizes({px(380), px(270)});
  connect(picture_mode_, &SegmentedControl::changed, this, [this](int mode) {
    pictures_->setCurrentIndex(mode);
    picture_card_->set_title(mode == 0 ? tr("Missing values") : tr("Class sizes"));
  });
  return right;
}

void QualityPage::add_commands() {
  const QString menu = tr("Data");
  add_command(QStringLiteral("quality.check"), tr("Check again"), menu, QKeySequence(QStringLiteral("C")),
              [this] { run_gate(); });
  add_command(QStringLiteral("quality.override"), tr("Accept a failing gate with a reason…"), menu,
              QKeySequence(QStringLiteral("A")), [this] { override_gate(); });
}

void QualityPage::activate(const QVariantMap& arguments) {
  if (arguments.contains(QStringLiteral("batch"))) {
    wanted_ = arguments[QStringLiteral("batch")].toString();
    wanted_snapshot_ = false;
  }
  if (arguments.contains(QStringLiteral("snapshot"))) {
    wanted_ = arguments[QStringLiteral("snapshot")].toString();
    wanted_snapshot_ = true;
  }
  if (arguments.contains(QStringLiteral("check"))) wanted_check_ = arguments[QStringLiteral("check")].toString();
}

void QualityPage::refresh() {
  session().read(
      this, "overview",
      [](store::Project& project, const Work&) -> Result<std::shared_ptr<Overview>> {
        auto overview = std::make_shared<Overview>();
        MW_ASSIGN(overview->batches, records::list_batches(project));
        MW_ASSIGN(overview->snapshots, snapshots::list_snapshots(project));
        MW_ASSIGN(overview->tasks, labels::list_tasks(project));
        MW_ASSIGN(overview->batch_verdicts, quality::latest_verdicts(project, quality::SubjectKind::batch));
        MW_ASSIGN(overview->snapshot_verdicts, quality::latest_verdicts(project, quality::SubjectKind::snapshot));
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

void QualityPage::take(std::shared_ptr<Overview> overview) {
  overview_ = std::move(overview);
  QVector<Picker::Item> items;
  int failing = 0, warning = 0;
  std::optional<quality::Subject> wanted = subject_, worst;
  const auto add = [&](const quality::Subject& subject, const Uuid& uuid, const QString& name,
                       const quality::SubjectVerdict* verdict) {
    items.push_back({id_of(subject), name, verdict_text(verdict)});
    const bool fails = verdict && !verdict->open;
    failing += fails;
    warning += verdict && verdict->verdict != quality::Verdict::pass && !fails;
    if (fails && !worst) worst = subject;
    const bool this_kind = wanted_snapshot_ == (subject.kind == quality::SubjectKind::snapshot);
    if (!wanted_.isEmpty() && this_kind &&
        (text_of(tail(uuid)).startsWith(wanted_) || QString::number(subject.id) == wanted_))
      wanted = subject;
  };
  for (const auto& snapshot : overview_->snapshots)
    add({quality::SubjectKind::snapshot, snapshot.id}, snapshot.uuid,
        tr("Snapshot %1 · %2 rows").arg(short_id(snapshot.uuid), figure(static_cast<qint64>(snapshot.counts.rows()))),
        verdict_of(overview_->snapshot_verdicts, snapshot.id));
  for (const auto& batch : overview_->batches)
    add({quality::SubjectKind::batch, batch.id}, batch.uuid, tr("Batch %1").arg(batch_name(batch)),
        verdict_of(overview_->batch_verdicts, batch.id));
  wanted_.clear();
  picker_->set_items(items);
  Q_EMIT rail_changed(failing > 0       ? State::fail
                      : warning > 0     ? State::warning
                      : items.isEmpty() ? State::neutral
                                        : State::pass,
                      failing > 0 ? figure(static_cast<qint64>(failing)) : QString());
  stack_->setCurrentIndex(items.isEmpty() ? 0 : 1);
  for (auto* widget : std::initializer_list<QWidget*>{picker_, verdict_, again_, override_})
    widget->setVisible(!items.isEmpty());
  if (items.isEmpty()) return;
  if (!wanted) wanted = worst ? worst : subject_of(items.front().id);
  choose(id_of(*wanted));
}

void QualityPage::choose(const QString& id) {
  const auto subject = subject_of(id);
  if (!subject) return;
  const bool other = subject_ != subject;
  subject_ = subject;
  picker_->set_current(id);
  if (other) {
    report_.reset();
    checks_->clear();
    rows_card_->set_title(tr("Rows behind a check"));
    rows_->clear(tr("Press “Show” on a check to see the rows it found."));
    read_pictures();
    show_quarantine();
  }
  struct Read {
    std::optional<quality::GateReport> report;
    std::vector<quality::Override> overrides;
  };
  session().read(
      this, "report",
      [subject = *subject](store::Project& project, const Work&) -> Result<Read> {
        Read read;
        MW_ASSIGN(read.report, quality::latest_report(project, subject));
        MW_ASSIGN(read.overrides, quality::overrides_of(project, subject));
        return read;
      },
      [this](Result<Read> read) {
        if (!read) {
          banner_->show_error(read.error());
          return;
        }
        report_ = read->report;
        overrides_ = read->overrides;
        if (report_)
          show_report();
        else
          run_gate();  // a gate that was never asked is asked now
      });
}

void QualityPage::run_gate() {
  if (!subject_ || running_) return;
  running_ = true;
  again_->setEnabled(false);
  verdict_->set(tr("checking"), State::running);
  session().work(
      this, tr("Checking the data"),
      [subject = *subject_](store::Project& project, const Work& work) {
        return subject.kind == quality::SubjectKind::batch ? snapshots::gate_batch(project, subject.id, work)
                                                           : snapshots::gate_snapshot(project, subject.id, work);
      },
      [this, subject = *subject_](Result<quality::GateReport> report) {
        running_ = false;
        again_->setEnabled(true);
        if (!report) {
          banner_->show_error(report.error());
          verdict_->set(tr("not checked"), State::neutral);
          return;
        }
        if (subject_ != subject) return;
        report_ = std::move(*report);
        show_report();
      });
}

void QualityPage::show_report() {
  verdict_->set(detail::verdict_word(report_->verdict), detail::state_of(report_->verdict));
  sentence_->setText(detail::gate_sentence(*report_));
  set_tone(sentence_, report_->open() ? Tone::muted : Tone::fail);
  override_->setEnabled(report_->verdict == quality::Verdict::fail && !report_->open());
  if (auto* action = commands().action(QStringLiteral("quality.override"))) action->setEnabled(override_->isEnabled());
  {
    const QSignalBlocker quiet(checks_);
    checks_->set_rows(detail::check_rows(*report_));
  }
  QStringList lines;
  for (const auto& one : overrides_)
    lines << tr("Accepted by %1, %2: %3").arg(text_of(one.by), ago(one.time_ms), text_of(one.reason));
  overridden_->setText(lines.join(QLatin1Char('\n')));
  overridden_->setVisible(!lines.isEmpty());
  if (!wanted_check_.isEmpty()) show_rows(std::exchange(wanted_check_, {}));
}

void QualityPage::read_pictures() {
  std::vector<int64_t> batches;
  int64_t task = 0;
  QString task_name;
  if (subject_->kind == quality::SubjectKind::batch) {
    batches.push_back(subject_->id);
    int64_t asset = 0;
    for (const auto& batch : overview_->batches)
      if (batch.id == subject_->id) asset = batch.asset;
    for (const auto& one : overview_->tasks)
      if (one.asset == asset) task = one.id, task_name = text_of(one.name);
  }
  for (const auto& snapshot : overview_->snapshots)
    if (subject_->kind == quality::SubjectKind::snapshot && snapshot.id == subject_->id) {
      batches = snapshot.batches;
      task = snapshot.task;
      for (const auto& one : overview_->tasks)
        if (one.id == task) task_name = text_of(one.name);
    }
  if (batches.empty()) return;
  session().read(
      this, "pictures",
      [batches, task, task_name](store::Project& project, const Work& work) -> Result<std::shared_ptr<Pictures>> {
        auto pictures = std::make_shared<Pictures>();
        pictures->missing.field = QObject::tr("rows without a value");
        pictures->classes.field = QObject::tr("records");
        pictures->classes_of = task_name;
        MW_TRY(missing_values(project, batches, pictures->missing));
        if (task != 0) MW_TRY(class_sizes(project, batches, task, work, pictures->classes));
        return pictures;
      },
      [this](Result<std::shared_ptr<Pictures>> pictures) {
        if (!pictures) {
          banner_->show_error(pictures.error());
          return;
        }
        show_pictures(std::move(*pictures));
      });
}

void QualityPage::show_pictures(std::shared_ptr<Pictures> pictures) {
  const auto show = [](BarChart* chart, CategoryData data) {
    const bool any = std::any_of(data.reference.begin(), data.reference.end(), [](double rows) { return rows > 0; });
    if (any)
      chart->set_data(std::move(data));
    else
      chart->clear();
  };
  show(missing_, pictures->missing);
  show(classes_, pictures->classes);
  picture_card_->set_note(pictures->classes_of.isEmpty() ? QString() : tr("task %1").arg(pictures->classes_of));
}

void QualityPage::show_rows(const QString& check) {
  if (!report_) return;
  for (const auto& one : report_->checks) {
    if (text_of(one.name) != check) continue;
    rows_card_->set_title(detail::check_title(one.name));
    rows_card_->set_note(
        one.sample.size() < static_cast<size_t>(one.rows)
            ? tr("%1 of %2 rows")
                  .arg(figure(static_cast<qint64>(one.sample.size())), figure(static_cast<qint64>(one.rows)))
            : tr("%1 rows").arg(figure(static_cast<qint64>(one.rows))));
    if (one.sample.empty()) {
      rows_->clear(one.rows > 0 ? tr("This check counts rows without naming them.") : tr("It found no row."));
      return;
    }
    rows_->show_records(
        [sample = one.sample](store::Project& project, const Work&) -> Result<std::shared_ptr<RecordSource>> {
          MW_ASSIGN(const auto batch, records::batch_by_id(project, sample.front().batch));
          MW_ASSIGN(const auto asset, records::asset_by_id(project, batch.asset));
          RecordLook look;
          for (const auto& name : {asset.roles.id, asset.roles.text})
            if (!name.empty()) look.first_fields.push_back(name);
          return make_list_source(project, asset.schema.fields, sample, {}, look);
        });
  }
}

void QualityPage::show_quarantine() {
  int64_t batch = 0;
  qint64 total = 0;
  const auto look = [&](int64_t id) {
    for (const auto& one : overview_->batches)
      if (one.id == id && one.rows_quarantined > 0 && batch == 0) {
        batch = id;
        total = one.rows_quarantined;
      }
  };
  if (subject_->kind == quality::SubjectKind::batch) look(subject_->id);
  for (const auto& snapshot : overview_->snapshots)
    if (subject_->kind == quality::SubjectKind::snapshot && snapshot.id == subject_->id)
      for (const int64_t id : snapshot.batches) look(id);
  quarantine_card_->set_title(tr("Quarantine · %1 rows").arg(figure(total)));
  if (batch == 0) {
    quarantine_->clear();
    return;
  }
  quarantine_->set_source(
      [&session = session(), batch](const RowsWanted& wanted, const Work&) -> Result<std::vector<Row>> {
        return session.with_reader([&](store::Project& project) -> Result<std::vector<Row>> {
          MW_ASSIGN(const auto found, records::quarantined_rows(project, batch, wanted.first, wanted.count));
          std::vector<Row> rows;
          for (const auto& one : found) {
            Cell reason = Cell::two_lines(text_of(one.reason), one_line(one.raw));
            reason.tool_tip = text_of(std::string_view(one.raw).substr(0, 2000));
            rows.push_back({QVariant(static_cast<qlonglong>(wanted.first) + static_cast<qlonglong>(rows.size())),
                            {figure(static_cast<qint64>(one.line)), reason}});
          }
          return rows;
        });
      },
      total);
}

void QualityPage::override_gate() {
  if (!report_ || report_->open() || !subject_) return;
  QStringList names;
  for (const auto& name : report_->blocking()) names << detail::check_title(name);
  const auto given = ask_reason(this, tr("Let this data pass?"),
                                tr("%1. Your name and reason stay with the data for ever, on its card and in the audit "
                                   "trail. Another failure later shuts the gate again.")
                                    .arg(names.join(QStringLiteral(", "))),
                                tr("Accept the responsibility"), session().annotator());
  if (!given) return;
  session().write(
      this,
      [subject = *subject_, by = utf8_of(given->name), reason = utf8_of(given->reason)](store::Project& project) {
        return quality::override_gate(project, subject, by, reason);
      },
      [this](Result<quality::GateReport> report) {
        if (!report) {
          banner_->show_error(report.error());
          return;
        }
        Q_EMIT toast(tr("Accepted; training is allowed"), State::warning);
        refresh();
      });
}

}  // namespace millwright::ui

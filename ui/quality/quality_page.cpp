#include "quality_page.h"

#include <QLabel>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

#include "detail/check_words.h"
#include "detail/quality_pictures.h"
#include "labels/task.h"
#include "records/asset.h"
#include "snapshots/gate.h"
#include "snapshots/snapshot.h"
#include "ui_records/quarantine_table.h"
#include "ui_records/record_view.h"
#include "ui_records/words.h"
#include "ui_widgets/badge.h"
#include "ui_widgets/buttons.h"
#include "ui_widgets/card.h"
#include "ui_widgets/dialogs.h"
#include "ui_widgets/page_header.h"
#include "ui_widgets/paged_table.h"
#include "ui_widgets/splitter.h"

namespace millwright::ui {

struct QualityPage::Overview {
  std::vector<records::BatchInfo> batches;
  std::vector<snapshots::Snapshot> snapshots;
  std::vector<labels::Task> tasks;
  std::vector<quality::SubjectVerdict> batch_verdicts, snapshot_verdicts;
};

/// The batches that the subject consists of, and the task that is theirs.
struct QualityPage::Scope {
  std::vector<records::BatchInfo> batches;
  int64_t task = 0;
  QString task_name;
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

}  // namespace

QualityPage::QualityPage(PageContext context, QWidget* parent)
    : StandardPage({QStringLiteral("quality"), tr("Quality"), RailGroup::data, 1}, QStringLiteral("quality"), context,
                   parent) {
  picker_ = new Picker(QString());
  picker_->setAccessibleName(tr("What is judged"));
  picker_->set_empty_text(tr("choose"));
  verdict_ = new Badge;
  again_ = secondary_button(tr("Check again"), QStringLiteral("C"));
  override_ = primary_button(tr("Accept with reason…"), QStringLiteral("A"));
  header()->add_control(picker_);
  header()->add_control(verdict_);
  header()->add_action(again_);
  header()->add_action(override_);
  auto* left = build_left();
  set_content(make_split(Qt::Horizontal, left, build_right(), 720, 320), checks_);
  connect(picker_, &Picker::picked, this, &QualityPage::choose);
  connect(again_, &QPushButton::clicked, this, &QualityPage::run_gate);
  connect(override_, &QPushButton::clicked, this, &QualityPage::override_gate);
  add_commands();
}

QualityPage::~QualityPage() = default;

QWidget* QualityPage::build_left() {
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
  rows_card_ = new Card(tr("Rows behind a check"));
  rows_card_->set_flush(true);
  rows_ = new RecordView(session());
  rows_->clear(tr("Press “Show” on a check to see the rows it found."));
  rows_card_->body()->addWidget(rows_, 1);
  connect(checks_, &PagedTable::action, this, &QualityPage::show_check);
  connect(checks_, &PagedTable::activated_row, this, &QualityPage::show_check);
  connect(rows_, &RecordView::failed, this, &QualityPage::report);
  return make_split(Qt::Vertical, card, rows_card_, 430, 220);
}

QWidget* QualityPage::build_right() {
  pictures_ = new detail::QualityPictures(session());
  quarantine_card_ = new Card(tr("Quarantine"));
  quarantine_card_->set_flush(true);
  quarantine_ = new QuarantineTable(session(), QuarantineTable::Look::narrow);
  quarantine_->set_empty_text(tr("No row was quarantined."));
  quarantine_card_->body()->addWidget(quarantine_, 1);
  connect(pictures_, &detail::QualityPictures::failed, this, &QualityPage::report);
  connect(quarantine_, &PagedTable::failed, this, &QualityPage::report);
  return make_split(Qt::Vertical, pictures_, quarantine_card_, 380, 270);
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
  read_overview(
      [](store::Project& project, const Work&) -> Result<std::shared_ptr<Overview>> {
        auto overview = std::make_shared<Overview>();
        MW_ASSIGN(overview->batches, records::list_batches(project));
        MW_ASSIGN(overview->snapshots, snapshots::list_snapshots(project));
        MW_ASSIGN(overview->tasks, labels::list_tasks(project));
        MW_ASSIGN(overview->batch_verdicts, quality::latest_verdicts(project, quality::SubjectKind::batch));
        MW_ASSIGN(overview->snapshot_verdicts, quality::latest_verdicts(project, quality::SubjectKind::snapshot));
        return overview;
      },
      [this](std::shared_ptr<Overview> overview) { take(std::move(overview)); });
}

void QualityPage::take(std::shared_ptr<Overview> overview) {
  overview_ = std::move(overview);
  QVector<Picker::Item> items;
  std::optional<quality::Subject> wanted = subject_, worst;
  const auto add = [&](const quality::Subject& subject, const Uuid& uuid, const QString& name,
                       const quality::SubjectVerdict* verdict) {
    items.push_back({id_of(subject), name, verdict_text(verdict)});
    if (verdict && !verdict->open && !worst) worst = subject;
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
  for (auto* widget : std::initializer_list<QWidget*>{picker_, verdict_, again_, override_})
    widget->setVisible(!items.isEmpty());
  if (items.isEmpty()) {
    show_empty(tr("There is nothing to check yet"),
               tr("Import data first: each batch is checked before anybody trains on it."), tr("Go to Data"),
               [this] { Q_EMIT navigate(QStringLiteral("data"), {}); });
    return;
  }
  show_content();
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
    show_scope();
  }
  struct Read {
    std::optional<quality::GateReport> report;
    std::vector<quality::Override> overrides;
  };
  read(
      "report",
      [subject = *subject](store::Project& project, const Work&) -> Result<Read> {
        Read read;
        MW_ASSIGN(read.report, quality::latest_report(project, subject));
        MW_ASSIGN(read.overrides, quality::overrides_of(project, subject));
        return read;
      },
      [this](Read read) {
        report_ = std::move(read.report);
        overrides_ = std::move(read.overrides);
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
          this->report(report.error());
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

QualityPage::Scope QualityPage::scope() const {
  Scope scope;
  std::vector<int64_t> wanted;
  if (subject_->kind == quality::SubjectKind::batch) wanted.push_back(subject_->id);
  for (const auto& snapshot : overview_->snapshots)
    if (subject_->kind == quality::SubjectKind::snapshot && snapshot.id == subject_->id) {
      wanted = snapshot.batches;
      scope.task = snapshot.task;
    }
  for (const auto& batch : overview_->batches)
    if (std::find(wanted.begin(), wanted.end(), batch.id) != wanted.end()) scope.batches.push_back(batch);
  const int64_t given = scope.task;
  for (const auto& task : overview_->tasks) {
    const bool its_own =
        given != 0 ? task.id == given : !scope.batches.empty() && task.asset == scope.batches.front().asset;
    if (!its_own) continue;
    scope.task = task.id;
    scope.task_name = text_of(task.name);
  }
  return scope;
}

void QualityPage::show_scope() {
  const auto now = scope();
  if (now.batches.empty()) return;
  std::vector<int64_t> batches;
  for (const auto& batch : now.batches) batches.push_back(batch.id);
  pictures_->show_batches(batches, now.task, now.task_name);
  const qint64 quarantined = quarantine_->show_first_of(now.batches);
  quarantine_card_->set_title(quarantined == 0
                                  ? tr("Quarantine")
                                  : tr("Quarantine · %1").arg(counted(quarantined, tr("1 row"), tr("%1 rows"))));
}

void QualityPage::show_check(const QVariant& key) {
  if (report_) show_rows(text_of(report_->checks[static_cast<size_t>(key.toInt())].name));
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
  write([subject = *subject_, by = utf8_of(given->name), reason = utf8_of(given->reason)](
            store::Project& project) { return quality::override_gate(project, subject, by, reason); },
        [this](const quality::GateReport&) {
          Q_EMIT toast(tr("Accepted; training is allowed"), State::warning);
          refresh();
        });
}

}  // namespace millwright::ui

#include "snapshots_page.h"

#include <QFileDialog>
#include <QInputDialog>
#include <QLabel>
#include <QStackedWidget>
#include <QTextBrowser>
#include <QVBoxLayout>
#include <algorithm>

#include "detail/snapshot_dialog.h"
#include "quality/gate_report.h"
#include "snapshots/card.h"
#include "snapshots/export.h"
#include "snapshots/verify.h"
#include "ui_charts/bar_chart.h"
#include "ui_records/words.h"
#include "ui_widgets/badge.h"
#include "ui_widgets/buttons.h"
#include "ui_widgets/card.h"
#include "ui_widgets/dialogs.h"
#include "ui_widgets/error_banner.h"
#include "ui_widgets/page_header.h"
#include "ui_widgets/paged_table.h"
#include "ui_widgets/splitter.h"

namespace millwright::ui {

struct SnapshotsPage::Overview {
  std::vector<snapshots::Snapshot> snapshots;
  std::vector<detail::TaskChoice> tasks;
  std::vector<quality::SubjectVerdict> verdicts;
  bool any_data = false;
  [[nodiscard]] QString task_name(int64_t task) const {
    for (const auto& one : tasks)
      if (one.task.id == task) return text_of(one.task.name);
    return {};
  }
  [[nodiscard]] const quality::SubjectVerdict* verdict(int64_t snapshot) const {
    for (const auto& one : verdicts)
      if (one.subject == snapshot) return &one;
    return nullptr;
  }
};

struct SnapshotsPage::Facts {
  int64_t snapshot = 0;
  std::string markdown;
  CategoryData classes, splits;
};

namespace {

State state_of(const quality::SubjectVerdict* verdict) {
  return verdict ? state_of_verdict(quality::to_string(verdict->verdict)) : State::neutral;
}
QString word_of(const quality::SubjectVerdict* verdict) {
  if (!verdict) return word_of_verdict({});
  const QString word = word_of_verdict(quality::to_string(verdict->verdict));
  return verdict->overridden ? QObject::tr("%1, accepted").arg(word) : word;
}

/// Rows of each class, largest first, and of each split.
Status count_rows(store::Project& project, const snapshots::Snapshot& snapshot, CategoryData& classes) {
  MW_ASSIGN(const auto rows, snapshots::read_rows(project, snapshot));
  std::vector<std::pair<int64_t, size_t>> counts;
  for (size_t i = 0; i < rows.labels.size(); ++i) counts.emplace_back(0, i);
  for (const int32_t label : rows.label) ++counts[static_cast<size_t>(label)].first;
  std::stable_sort(counts.begin(), counts.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  for (const auto& [count, label] : counts) {
    classes.names.push_back(text_of(rows.labels[label]));
    classes.reference.push_back(static_cast<double>(count));
  }
  classes.field = QObject::tr("rows");
  return {};
}

}  // namespace

SnapshotsPage::SnapshotsPage(PageContext context, QWidget* parent)
    : StandardPage({QStringLiteral("snapshots"), tr("Snapshots"), RailGroup::data, 2}, QStringLiteral("snapshots"),
                   context, parent) {
  auto* prove = secondary_button(tr("Verify"), QStringLiteral("V"));
  auto* save = secondary_button(tr("Export…"), QStringLiteral("X"));
  auto* fresh = primary_button(tr("New snapshot…"), QStringLiteral("N"));
  for (auto* button : {prove, save, fresh}) header()->add_action(button);
  auto* list_card = new Card(tr("Frozen data"));
  list_card->set_flush(true);
  list_ = new PagedTable;
  list_->setAccessibleName(tr("Snapshots"));
  list_->set_columns({{.title = tr("Snapshot"), .stretch = true},
                      {.title = tr("Train"), .kind = Column::Kind::figure, .width = 72},
                      {.title = tr("Valid."), .kind = Column::Kind::figure, .width = 66},
                      {.title = tr("Test"), .kind = Column::Kind::figure, .width = 66},
                      {.title = tr("Gate"), .kind = Column::Kind::badge, .width = 118}});
  list_card->body()->addWidget(list_);
  set_content(make_split(Qt::Horizontal, list_card, build_right(), 500, 570), list_);
  connect(fresh, &QPushButton::clicked, this, &SnapshotsPage::make);
  connect(prove, &QPushButton::clicked, this, &SnapshotsPage::verify);
  connect(save, &QPushButton::clicked, this, &SnapshotsPage::export_it);
  connect(list_, &PagedTable::current_changed, this, [this](const QVariant& key) { show_snapshot(key.toLongLong()); });
  add_commands();
}

SnapshotsPage::~SnapshotsPage() = default;

QWidget* SnapshotsPage::build_right() {
  counts_card_ = new Card(tr("Snapshot"));
  verdict_ = new Badge;
  auto* checks = secondary_button(tr("See its checks"));
  auto* train = secondary_button(tr("Train on it…"), QStringLiteral("T"));
  counts_card_->add_action(verdict_);
  counts_card_->add_action(checks);
  counts_card_->add_action(train);
  facts_ = make_label({}, FontRole::figure);
  facts_->setWordWrap(true);
  facts_->setTextFormat(Qt::PlainText);
  facts_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  proof_ = make_label({}, FontRole::body, Tone::muted);
  proof_->setWordWrap(true);
  counts_card_->body()->addWidget(facts_);
  counts_card_->body()->addWidget(proof_);
  counts_card_->body()->addStretch(1);
  card_card_ = new Card(tr("Class sizes"));
  card_mode_ = new SegmentedControl({tr("Classes"), tr("Splits"), tr("Data card")});
  card_mode_->setAccessibleName(tr("View of the snapshot"));
  card_card_->add_action(card_mode_);
  card_stack_ = new QStackedWidget;
  classes_ = new BarChart;
  classes_->set_title(tr("Rows by class"));
  splits_ = new BarChart;
  splits_->set_title(tr("Rows by split"));
  card_ = new QTextBrowser;
  card_->setOpenLinks(false);
  card_->setFrameShape(QFrame::NoFrame);
  card_->setAccessibleName(tr("Data card"));
  for (auto* widget : std::initializer_list<QWidget*>{classes_, splits_, card_}) card_stack_->addWidget(widget);
  card_card_->body()->addWidget(card_stack_, 1);
  connect(card_mode_, &SegmentedControl::changed, this, [this](int mode) {
    card_stack_->setCurrentIndex(mode);
    const QStringList titles{tr("Class sizes"), tr("Splits"), tr("Data card")};
    card_card_->set_title(titles.value(mode));
  });
  connect(checks, &QPushButton::clicked, this, [this] {
    if (const auto* now = chosen())
      Q_EMIT navigate(QStringLiteral("quality"), {{QStringLiteral("snapshot"), text_of(tail(now->uuid))}});
  });
  connect(train, &QPushButton::clicked, this, [this] { commands().run(QStringLiteral("snapshots.train")); });
  return make_split(Qt::Vertical, counts_card_, card_card_, 200, 450);
}

void SnapshotsPage::add_commands() {
  const QString menu = tr("Data");
  add_command(QStringLiteral("snapshots.new"), tr("New snapshot…"), menu, QKeySequence(QStringLiteral("N")),
              [this] { make(); });
  add_command(QStringLiteral("snapshots.verify"), tr("Verify the snapshot"), menu, QKeySequence(QStringLiteral("V")),
              [this] { verify(); });
  add_command(QStringLiteral("snapshots.export"), tr("Export the snapshot…"), menu, QKeySequence(QStringLiteral("X")),
              [this] { export_it(); });
  add_command(QStringLiteral("snapshots.train"), tr("Train on the snapshot…"), menu, QKeySequence(QStringLiteral("T")),
              [this] {
                if (const auto* now = chosen())
                  Q_EMIT navigate(QStringLiteral("training"), {{QStringLiteral("snapshot"), text_of(tail(now->uuid))}});
              });
}

void SnapshotsPage::activate(const QVariantMap& arguments) {
  if (arguments.contains(QStringLiteral("snapshot"))) wanted_ = arguments[QStringLiteral("snapshot")].toString();
}

void SnapshotsPage::refresh() {
  read_overview(
      [](store::Project& project, const Work&) -> Result<std::shared_ptr<Overview>> {
        auto overview = std::make_shared<Overview>();
        MW_ASSIGN(overview->snapshots, snapshots::list_snapshots(project));
        MW_ASSIGN(overview->verdicts, quality::latest_verdicts(project, quality::SubjectKind::snapshot));
        MW_ASSIGN(const auto tasks, labels::list_tasks(project));
        MW_ASSIGN(const auto assets, records::list_assets(project));
        overview->any_data = !assets.empty();
        for (const auto& task : tasks) {
          detail::TaskChoice choice;
          choice.task = task;
          for (const auto& asset : assets)
            if (asset.id == task.asset) choice.asset = asset;
          MW_ASSIGN(choice.batches, records::list_batches(project, task.asset));
          MW_ASSIGN(choice.plan, snapshots::read_split_plan(project, task.id));
          overview->tasks.push_back(std::move(choice));
        }
        return overview;
      },
      [this](std::shared_ptr<Overview> overview) { take(std::move(overview)); });
}

void SnapshotsPage::take(std::shared_ptr<Overview> overview) {
  overview_ = std::move(overview);
  const auto& all = overview_->snapshots;
  if (!all.empty()) {
    show_content();
  } else if (overview_->tasks.empty()) {
    const QString page = overview_->any_data ? QStringLiteral("labels") : QStringLiteral("data");
    show_empty(tr("There is nothing to freeze yet"),
               tr("A snapshot holds labeled records with their splits. It needs a labeling task first."),
               overview_->any_data ? tr("Go to Labels") : tr("Go to Data"),
               [this, page] { Q_EMIT navigate(page, {}); });
  } else {
    show_empty(tr("No snapshot yet"),
               tr("Freeze the labeled records: they are split once and for all, checked, and can be proven later."),
               tr("New snapshot…"), [this] { make(); });
  }
  std::vector<Row> rows;
  int64_t wanted = snapshot_;
  for (const auto& one : all) {
    const auto* verdict = overview_->verdict(one.id);
    const QString id = text_of(tail(one.uuid));
    if (!wanted_.isEmpty() && (id.startsWith(wanted_) || QString::number(one.id) == wanted_)) wanted = one.id;
    Cell name =
        Cell::two_lines(short_id(one.uuid), tr("%1 · %2").arg(overview_->task_name(one.task), ago(one.time_ms)));
    name.tool_tip = tr("%1, frozen by %2").arg(id, text_of(one.by));
    rows.push_back(
        {QVariant(static_cast<qlonglong>(one.id)),
         {name, figure(static_cast<qint64>(one.counts.train)), figure(static_cast<qint64>(one.counts.validation)),
          figure(static_cast<qint64>(one.counts.test)), Cell::badge(word_of(verdict), state_of(verdict))}});
  }
  wanted_.clear();
  if (std::none_of(all.begin(), all.end(), [wanted](const auto& one) { return one.id == wanted; }))
    wanted = all.empty() ? 0 : all.front().id;
  header()->set_subtitle(all.empty() ? QString() : tr("%1 frozen").arg(all.size()));
  {
    const QSignalBlocker quiet(list_);
    list_->set_rows(std::move(rows));
    list_->select_key(QVariant(static_cast<qlonglong>(wanted)));
  }
  if (wanted != 0) show_snapshot(wanted);
}

const snapshots::Snapshot* SnapshotsPage::chosen() const {
  if (!overview_) return nullptr;
  for (const auto& one : overview_->snapshots)
    if (one.id == snapshot_) return &one;
  return nullptr;
}

void SnapshotsPage::show_snapshot(int64_t snapshot) {
  const bool other = snapshot_ != snapshot;
  snapshot_ = snapshot;
  const auto* now = chosen();
  if (!now) return;
  const auto* verdict = overview_->verdict(snapshot);
  verdict_->set(word_of(verdict), state_of(verdict));
  counts_card_->set_title(tr("Snapshot %1").arg(short_id(now->uuid)));
  counts_card_->set_note(overview_->task_name(now->task));
  QStringList left_out;
  if (now->counts.conflicts > 0)
    left_out << tr("%1 in conflict").arg(figure(static_cast<qint64>(now->counts.conflicts)));
  if (now->counts.unlabeled > 0) left_out << tr("%1 unlabeled").arg(figure(static_cast<qint64>(now->counts.unlabeled)));
  facts_->setText(tr("root      %1\n          %2\nrows      %3 of %4\nleft out  %5")
                      .arg(text_of(to_hex(now->root)).left(32), text_of(to_hex(now->root)).mid(32),
                           figure(static_cast<qint64>(now->counts.rows())))
                      .arg(counted(static_cast<qint64>(now->batches.size()), tr("1 batch"), tr("%1 batches")))
                      .arg(left_out.isEmpty() ? tr("none") : left_out.join(QStringLiteral(", "))));
  if (!other) return;
  proof_->setText({});
  read(
      "facts",
      [snapshot = *now](store::Project& project, const Work&) -> Result<Facts> {
        Facts facts;
        facts.snapshot = snapshot.id;
        MW_ASSIGN(const auto card, snapshots::data_card(project, snapshot));
        facts.markdown = card.markdown;
        MW_TRY(count_rows(project, snapshot, facts.classes));
        facts.splits.names = {QObject::tr("train"), QObject::tr("validation"), QObject::tr("test")};
        facts.splits.reference = {static_cast<double>(snapshot.counts.train),
                                  static_cast<double>(snapshot.counts.validation),
                                  static_cast<double>(snapshot.counts.test)};
        facts.splits.field = QObject::tr("rows");
        return facts;
      },
      [this](const Facts& facts) { show_facts(facts); });
}

void SnapshotsPage::show_facts(const Facts& facts) {
  if (facts.snapshot != snapshot_) return;
  classes_->set_data(facts.classes);
  splits_->set_data(facts.splits);
  card_->setMarkdown(text_of(facts.markdown));
}

void SnapshotsPage::make() {
  if (!overview_ || overview_->tasks.empty()) {
    Q_EMIT toast(tr("Create a labeling task first"), State::neutral);
    return;
  }
  auto* dialog = new detail::SnapshotDialog(overview_->tasks, this);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  connect(dialog, &QDialog::accepted, this, [this, dialog] {
    banner()->clear();
    work(
        tr("Freezing the labeled data"),
        [request = dialog->request()](store::Project& project, const Work& work) {
          return snapshots::make_snapshot(project, request, work);
        },
        [this](const snapshots::MadeSnapshot& made) {
          wanted_ = text_of(tail(made.snapshot.uuid));
          Q_EMIT toast(made.existed ? tr("The same data was frozen before: this is that snapshot")
                                    : tr("Froze %1")
                                          .arg(counted(static_cast<qint64>(made.snapshot.counts.rows()), tr("1 row"),
                                                       tr("%1 rows"))),
                       State::pass);
          refresh();
        });
  });
  dialog->open();
}

void SnapshotsPage::verify() {
  const auto* now = chosen();
  if (!now) return;
  proof_->setText(tr("Building it again from records and labels…"));
  set_tone(proof_, Tone::muted);
  session().work(
      this, tr("Verifying the snapshot"),
      [snapshot = *now](store::Project& project, const Work& work) {
        return snapshots::rebuild(project, snapshot, work);
      },
      [this, id = now->id](Result<snapshots::Rebuilt> rebuilt) {
        if (!rebuilt) {
          proof_->setText({});
          report(rebuilt.error());
          return;
        }
        if (id != snapshot_) return;
        proof_->setText(rebuilt->identical
                            ? tr("Proven: built again from records and labels, all %1 rows and its id are the same.")
                                  .arg(figure(static_cast<qint64>(rebuilt->rows)))
                            : tr("It does not come out the same: %1").arg(text_of(rebuilt->differs)));
        set_tone(proof_, rebuilt->identical ? Tone::pass : Tone::fail);
      });
}

void SnapshotsPage::export_it() {
  const auto* now = chosen();
  if (!now) return;
  bool chosen_format = false;
  const QStringList formats{tr("JSON Lines"), tr("CSV"), tr("Folder for Hugging Face datasets")};
  const QString format =
      QInputDialog::getItem(this, tr("Export the snapshot"), tr("Format"), formats, 0, false, &chosen_format);
  if (!chosen_format) return;
  const QString folder = QFileDialog::getExistingDirectory(this, tr("Export into a folder"));
  if (folder.isEmpty()) return;
  const auto wanted = format == formats[1]   ? snapshots::ExportFormat::csv
                      : format == formats[2] ? snapshots::ExportFormat::hf
                                             : snapshots::ExportFormat::jsonl;
  work(
      tr("Exporting the snapshot"),
      [snapshot = *now, wanted, to = fs::path(utf8_of(folder))](store::Project& project, const Work& work) {
        return snapshots::export_snapshot(project, snapshot, wanted, to, work);
      },
      [this, folder](const std::vector<snapshots::ExportedFile>& files) {
        const QString wrote = counted(static_cast<qint64>(files.size()), tr("1 file"), tr("%1 files"));
        Q_EMIT toast(tr("Wrote %1 to %2").arg(wrote, folder), State::pass);
      });
}

}  // namespace millwright::ui

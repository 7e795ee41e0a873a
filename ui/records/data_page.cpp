#include "data_page.h"

#include <QFileDialog>
#include <QVBoxLayout>
#include <algorithm>
#include <map>
#include <utility>

#include "detail/field_rows.h"
#include "detail/import_dialog.h"
#include "detail/records_card.h"
#include "distribution_view.h"
#include "quality/gate_report.h"
#include "records/asset.h"
#include "records/batch.h"
#include "ui_widgets/buttons.h"
#include "ui_widgets/card.h"
#include "ui_widgets/dialogs.h"
#include "ui_widgets/page_header.h"
#include "ui_widgets/paged_table.h"
#include "ui_widgets/splitter.h"
#include "words.h"

namespace millwright::ui {

struct DataPage::Overview {
  std::vector<records::Asset> assets;
  std::vector<records::BatchInfo> batches;  ///< of the chosen asset
  std::map<int64_t, std::string> verdicts;  ///< newest one of each batch that has any
  int64_t asset = -1;                       ///< place in assets
  [[nodiscard]] const records::Asset* chosen() const {
    return asset >= 0 ? &assets[static_cast<size_t>(asset)] : nullptr;
  }
  [[nodiscard]] std::string verdict_of(const records::BatchInfo& batch) const {
    const auto found = verdicts.find(batch.id);
    return found == verdicts.end() ? std::string() : found->second;
  }
};

DataPage::DataPage(PageContext context, QWidget* parent)
    : StandardPage({QStringLiteral("data"), tr("Data"), RailGroup::data, 0}, QStringLiteral("inbox"), context, parent) {
  asset_picker_ = new Picker(tr("Asset"));
  asset_picker_->hide();
  header()->add_control(asset_picker_);
  auto* bring_in = primary_button(tr("Import…"), QStringLiteral("I"));
  header()->add_action(bring_in);
  auto* split = make_split(Qt::Horizontal, build_left(), build_right(), 460, 610);
  split->setStretchFactor(0, 2);
  split->setStretchFactor(1, 3);
  set_content(split, fields_);
  connect(bring_in, &QPushButton::clicked, this, &DataPage::import);
  connect(asset_picker_, &Picker::picked, this, &DataPage::choose_asset);
  add_commands();
}

DataPage::~DataPage() = default;

RecordView* DataPage::record_view() const { return rows_->records(); }

QWidget* DataPage::build_left() {
  auto* batches_card = new Card(tr("Batches"));
  batches_card->set_flush(true);
  batches_ = new PagedTable;
  batches_->setAccessibleName(tr("Batches"));
  batches_->set_columns({{.title = tr("Source"), .stretch = true},
                         {.title = tr("Rows"), .kind = Column::Kind::figure, .width = 76},
                         {.title = tr("Gate"), .kind = Column::Kind::badge, .width = 100}});
  batches_->set_empty_text(tr("No batches"));
  batches_card->body()->addWidget(batches_);
  fields_card_ = new Card(tr("Fields"));
  fields_card_->set_flush(true);
  fields_ = new PagedTable;
  fields_->setAccessibleName(tr("Fields"));
  fields_->set_columns(detail::field_columns());
  fields_->set_empty_text(tr("Reading the fields…"));
  fields_card_->body()->addWidget(fields_);
  connect(batches_, &PagedTable::current_changed, this, &DataPage::choose_batch);
  connect(fields_, &PagedTable::current_changed, this, [this](const QVariant& key) { show_field(key.toString()); });
  return make_split(Qt::Vertical, batches_card, fields_card_, 220, 420);
}

QWidget* DataPage::build_right() {
  picture_card_ = new Card(tr("Distribution"));
  distribution_ = new DistributionView(session());
  distribution_->clear(tr("Choose a field to see its distribution."));
  picture_card_->add_action(distribution_->modes());
  picture_card_->body()->addWidget(distribution_);
  rows_ = new detail::RecordsCard(session());
  connect(distribution_, &DistributionView::brushed, this,
          [this](const BrushedPart& part) { rows_->set_brush(part.where, field_, part.words); });
  connect(distribution_, &DistributionView::brush_cleared, rows_, &detail::RecordsCard::clear_brush);
  connect(distribution_, &DistributionView::shown, this, [this] { picture_card_->set_note(distribution_->note()); });
  connect(distribution_, &DistributionView::failed, this, &DataPage::report);
  connect(rows_, &detail::RecordsCard::failed, this, &DataPage::report);
  connect(rows_, &detail::RecordsCard::filtered, this, [this] { show_field(field_); });
  return make_split(Qt::Vertical, picture_card_, rows_, 300, 340);
}

void DataPage::add_commands() {
  const QString menu = tr("Data");
  add_command(QStringLiteral("data.import"), tr("Import a file…"), menu, QKeySequence(QStringLiteral("I")),
              [this] { import(); });
  add_command(QStringLiteral("data.filter"), tr("Filter records"), menu, QKeySequence(QStringLiteral("/")),
              [this] { rows_->type_filter(); });
  add_command(QStringLiteral("data.clear_brush"), tr("Clear the brush"), menu, QKeySequence(QStringLiteral("Esc")),
              [this] { distribution_->clear_brush(); });
  add_command(QStringLiteral("data.quarantine"), tr("Show quarantined rows"), menu, QKeySequence(QStringLiteral("U")),
              [this] { rows_->show_quarantine(!rows_->shows_quarantine()); });
  add_command(QStringLiteral("data.drop_batch"), tr("Drop this batch…"), menu, {}, [this] { drop_batch(); });
}

void DataPage::activate(const QVariantMap& arguments) {
  if (arguments.contains(QStringLiteral("asset"))) wanted_asset_ = arguments[QStringLiteral("asset")].toString();
  if (arguments.contains(QStringLiteral("batch"))) wanted_batch_ = arguments[QStringLiteral("batch")].toString();
  if (arguments.contains(QStringLiteral("field"))) wanted_field_ = arguments[QStringLiteral("field")].toString();
  if (arguments.contains(QStringLiteral("where"))) rows_->set_filter(arguments[QStringLiteral("where")].toString());
  if (arguments.contains(QStringLiteral("search"))) {
    wanted_words_ = arguments[QStringLiteral("search")].toString();
    if (overview_ && overview_->chosen()) rows_->find(std::exchange(wanted_words_, {}));
  }
  if (arguments.contains(QStringLiteral("view")))
    rows_->show_quarantine(arguments[QStringLiteral("view")].toString() == QLatin1String("quarantine"));
  if (arguments.contains(QStringLiteral("import"))) import_file(arguments[QStringLiteral("import")].toString());
}

void DataPage::refresh() {
  const std::string wanted = !wanted_asset_.isEmpty()
                                 ? utf8_of(wanted_asset_)
                                 : (overview_ && overview_->chosen() ? overview_->chosen()->name : std::string());
  const std::string wanted_batch = utf8_of(wanted_batch_);
  read_overview(
      [wanted, wanted_batch](store::Project& project, const Work&) -> Result<std::shared_ptr<Overview>> {
        auto overview = std::make_shared<Overview>();
        MW_ASSIGN(overview->assets, records::list_assets(project));
        std::string name = wanted;
        if (!wanted_batch.empty()) {
          if (const auto found = records::find_batch(project, wanted_batch)) name = found->asset_name;
        }
        for (size_t i = 0; i < overview->assets.size(); ++i)
          if (overview->assets[i].name == name) overview->asset = static_cast<int64_t>(i);
        if (overview->asset < 0 && !overview->assets.empty()) overview->asset = 0;
        if (const auto* asset = overview->chosen()) {
          MW_ASSIGN(overview->batches, records::list_batches(project, asset->id));
          MW_ASSIGN(const auto verdicts, quality::latest_verdicts(project, quality::SubjectKind::batch));
          for (const auto& each : verdicts) overview->verdicts[each.subject] = quality::to_string(each.verdict);
        }
        return overview;
      },
      [this](std::shared_ptr<Overview> overview) {
        wanted_asset_.clear();
        take(std::move(overview));
      });
}

void DataPage::take(std::shared_ptr<Overview> overview) {
  overview_ = std::move(overview);
  const auto* asset = overview_->chosen();
  const bool any = asset && !overview_->batches.empty();
  asset_picker_->setVisible(overview_->assets.size() > 1);
  if (!any) {
    show_empty(tr("There is no data in this project yet"),
               tr("Import a CSV, JSON Lines or Debian package index file to begin."), tr("Import a file…"),
               [this] { import(); });
    header()->set_subtitle({});
    return;
  }
  show_content();
  QVector<Picker::Item> items;
  for (const auto& one : overview_->assets) items.push_back({text_of(one.name), text_of(one.name), {}});
  asset_picker_->set_items(items);
  asset_picker_->set_current(text_of(asset->name));
  if (!wanted_batch_.isEmpty()) {
    for (const auto& batch : overview_->batches) {
      const QString id = text_of(tail(batch.uuid));
      if (id.startsWith(wanted_batch_) || QString::number(batch.id) == wanted_batch_) batch_ = batch.id;
    }
    wanted_batch_.clear();
  }
  if (batch_ && std::none_of(overview_->batches.begin(), overview_->batches.end(),
                             [this](const auto& b) { return b.id == *batch_; }))
    batch_.reset();
  show_batches();
  int64_t kept = 0;
  for (const auto& batch : overview_->batches) kept += batch.rows_kept;
  header()->set_subtitle(counted(kept, tr("1 record"), tr("%1 records")) + QStringLiteral(" · ") +
                         counted(static_cast<qint64>(overview_->batches.size()), tr("1 batch"), tr("%1 batches")));
  read_fields();
  show_rows();
  if (!wanted_words_.isEmpty()) rows_->find(std::exchange(wanted_words_, {}));
}

void DataPage::show_batches() {
  std::vector<Row> rows;
  if (overview_->batches.size() > 1) {
    qint64 total = 0;
    for (const auto& batch : overview_->batches) total += batch.arrivals;
    rows.push_back({QVariant(QStringLiteral("all")),
                    {Cell::two_lines(tr("All batches"), tr("each record once in the table")), figure(total), {}}});
  }
  for (const auto& batch : overview_->batches) {
    QStringList detail{ago(batch.time_ms)};
    if (batch.rows_duplicate > 0)
      detail << tr("%1 arrived before").arg(figure(static_cast<qint64>(batch.rows_duplicate)));
    if (batch.rows_quarantined > 0)
      detail << tr("%1 quarantined").arg(figure(static_cast<qint64>(batch.rows_quarantined)));
    auto name = Cell::two_lines(source_name(batch.source), detail.join(QStringLiteral(" · ")));
    name.tool_tip = text_of(batch.source) + QLatin1Char('\n') + text_of(tail(batch.uuid));
    rows.push_back(
        {QVariant(static_cast<qlonglong>(batch.id)),
         {name, figure(static_cast<qint64>(batch.arrivals)),
          Cell::badge(word_of_verdict(overview_->verdict_of(batch)), state_of_verdict(overview_->verdict_of(batch)))}});
  }
  const QSignalBlocker quiet(batches_);
  batches_->set_rows(std::move(rows));
  batches_->select_key(batch_ ? QVariant(static_cast<qlonglong>(*batch_))
                       : overview_->batches.size() > 1
                           ? QVariant(QStringLiteral("all"))
                           : QVariant(static_cast<qlonglong>(overview_->batches.front().id)));
}

void DataPage::choose_asset(const QString& name) {
  wanted_asset_ = name;
  batch_.reset();
  field_.clear();
  rows_->clear_brush();
  refresh();
}

void DataPage::choose_batch(const QVariant& key) {
  std::optional<int64_t> chosen;
  if (key.isValid() && key.toString() != QLatin1String("all")) chosen = key.toLongLong();
  if (chosen == batch_) return;
  batch_ = chosen;
  rows_->clear_brush();
  read_fields();
  show_rows();
}

std::vector<records::BatchInfo> DataPage::chosen_batches() const {
  auto batches = overview_->batches;
  if (batch_) std::erase_if(batches, [this](const auto& batch) { return batch.id != *batch_; });
  return batches;
}

void DataPage::show_rows() {
  if (overview_ && overview_->chosen()) rows_->show_batches(*overview_->chosen(), chosen_batches());
}

QString DataPage::window_name() const {
  for (const auto& batch : overview_->batches)
    if (batch_ == batch.id) return source_name(batch.source);
  return overview_->batches.size() == 1 ? source_name(overview_->batches.front().source) : tr("all batches");
}

void DataPage::read_fields() {
  records::Window window;
  window.asset = overview_->chosen()->id;
  for (const auto& batch : chosen_batches()) window.batches.push_back(batch.id);
  read(
      "fields",
      [window](store::Project& project, const Work& work) { return detail::read_field_rows(project, window, work); },
      [this](std::vector<Row> rows) {
        fields_card_->set_note(tr("of %1").arg(window_name()));
        QString field = !wanted_field_.isEmpty() ? wanted_field_ : field_;
        if (field.isEmpty() && !rows.empty()) field = detail::first_interesting(rows);
        wanted_field_.clear();
        {
          const QSignalBlocker quiet(fields_);
          fields_->set_empty_text(tr("No fields"));
          fields_->set_rows(std::move(rows));
          fields_->select_key(field);
        }
        show_field(field);
      });
}

void DataPage::show_field(const QString& field) {
  if (field.isEmpty() || !overview_ || !overview_->chosen()) return;
  if (field != field_) rows_->clear_brush();
  field_ = field;
  picture_card_->set_title(field);
  picture_card_->set_note({});
  DistributionRequest request;
  request.field = utf8_of(field);
  request.reference = rows_->window();
  request.reference_name = window_name();
  request.where = rows_->filter();
  request.count = rows_->count();
  distribution_->show_field(request);
}

void DataPage::import() {
  const QString path =
      QFileDialog::getOpenFileName(this, tr("Choose a file to import"), {},
                                   tr("Data (*.csv *.tsv *.jsonl *.ndjson *.json *Packages* *.txt);;All files (*)"));
  if (!path.isEmpty()) import_file(path);
}

void DataPage::import_file(const QString& path) {
  auto* dialog = new detail::ImportDialog(session(), path, this);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  connect(dialog, &detail::ImportDialog::imported, this, [this](const records::ImportReport& report) {
    wanted_asset_ = text_of(report.asset.name);
    wanted_batch_ = text_of(tail(report.batch_uuid));
    Q_EMIT toast(report.already_there ? tr("This file was imported before: nothing new")
                                      : tr("Imported %1 records").arg(figure(static_cast<qint64>(report.rows_kept))),
                 State::pass);
    refresh();
  });
  dialog->open();
}

void DataPage::drop_batch() {
  if (!batch_) {
    Q_EMIT toast(tr("Choose a batch first"), State::neutral);
    return;
  }
  const int64_t batch = *batch_;
  if (!confirm(
          this, tr("Drop this batch?"),
          tr("Its file goes; its line in the catalogue and in the audit trail stays. It is refused while a snapshot "
             "holds its rows."),
          tr("Drop it"), true))
    return;
  write([batch](store::Project& project) { return records::drop_batch(project, batch); },
        [this] {
          batch_.reset();
          refresh();
        });
}

}  // namespace millwright::ui

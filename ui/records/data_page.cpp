#include "data_page.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "detail/field_rows.h"
#include "detail/import_dialog.h"
#include "distribution_view.h"
#include "record_view.h"
#include "ui_charts/bar_chart.h"
#include "ui_widgets/buttons.h"
#include "ui_widgets/card.h"
#include "ui_widgets/dialogs.h"
#include "ui_widgets/empty_state.h"
#include "ui_widgets/error_banner.h"
#include "ui_widgets/page_header.h"
#include "ui_widgets/paged_table.h"
#include "words.h"

namespace millwright::ui {

struct DataPage::Overview {
  std::vector<records::Asset> assets;
  std::vector<records::BatchInfo> batches;  ///< of the chosen asset
  int64_t asset = -1;                       ///< place in assets
  [[nodiscard]] const records::Asset* chosen() const {
    return asset >= 0 ? &assets[static_cast<size_t>(asset)] : nullptr;
  }
};

DataPage::DataPage(PageContext context, QWidget* parent)
    : Page({QStringLiteral("data"), tr("Data"), RailGroup::data, 0}, context, parent) {
  build();
  add_commands();
}

DataPage::~DataPage() = default;

QWidget* DataPage::first_focus() { return stack_->currentIndex() == 0 ? nullptr : fields_; }

void DataPage::build() {
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(px(20), px(16), px(20), px(16));
  all->setSpacing(px(12));
  header_ = new PageHeader(tr("Data"));
  asset_picker_ = new Picker(tr("Asset"));
  asset_picker_->hide();
  header_->add_control(asset_picker_);
  auto* bring_in = primary_button(tr("Import…"), QStringLiteral("I"));
  header_->add_action(bring_in);
  all->addWidget(header_);
  banner_ = new ErrorBanner;
  banner_->clear();
  all->addWidget(banner_);
  stack_ = new QStackedWidget;
  empty_ = new EmptyState(QStringLiteral("inbox"), tr("There is no data in this project yet"),
                          tr("Import a CSV, JSON Lines or Debian package index file to begin."));
  auto* first = empty_->add_button(tr("Import a file…"), QStringLiteral("I"));
  stack_->addWidget(empty_);
  auto* split = new QSplitter(Qt::Horizontal);
  split->setChildrenCollapsible(false);
  split->setHandleWidth(px(12));
  split->addWidget(build_left());
  split->addWidget(build_right());
  split->setStretchFactor(0, 2);
  split->setStretchFactor(1, 3);
  split->setSizes({px(460), px(610)});
  stack_->addWidget(split);
  all->addWidget(stack_, 1);
  connect(bring_in, &QPushButton::clicked, this, &DataPage::import);
  connect(first, &QPushButton::clicked, this, &DataPage::import);
  connect(asset_picker_, &Picker::picked, this, &DataPage::choose_asset);
  connect(banner_, &ErrorBanner::retry, this, &DataPage::refresh);
}

QWidget* DataPage::build_left() {
  auto* left = new QSplitter(Qt::Vertical);
  left->setChildrenCollapsible(false);
  left->setHandleWidth(px(12));
  auto* batches_card = new Card(tr("Batches"));
  batches_card->set_flush(true);
  batches_ = new PagedTable;
  batches_->setAccessibleName(tr("Batches"));
  batches_->set_columns({{.title = tr("Source"), .stretch = true},
                         {.title = tr("Rows"), .kind = Column::Kind::figure, .width = 76},
                         {.title = tr("Gate"), .kind = Column::Kind::badge, .width = 100}});
  batches_->set_empty_text(tr("No batches"));
  batches_card->body()->addWidget(batches_);
  left->addWidget(batches_card);
  fields_card_ = new Card(tr("Fields"));
  fields_card_->set_flush(true);
  fields_ = new PagedTable;
  fields_->setAccessibleName(tr("Fields"));
  fields_->set_columns(detail::field_columns());
  fields_->set_empty_text(tr("Reading the fields…"));
  fields_card_->body()->addWidget(fields_);
  left->addWidget(fields_card_);
  left->setSizes({px(220), px(420)});
  connect(batches_, &PagedTable::current_changed, this, &DataPage::choose_batch);
  connect(fields_, &PagedTable::current_changed, this, [this](const QVariant& key) { show_field(key.toString()); });
  return left;
}

QWidget* DataPage::build_right() {
  auto* right = new QSplitter(Qt::Vertical);
  right->setChildrenCollapsible(false);
  right->setHandleWidth(px(12));
  picture_card_ = new Card(tr("Distribution"));
  distribution_ = new DistributionView(session());
  distribution_->clear(tr("Choose a field to see its distribution."));
  picture_card_->add_action(distribution_->modes());
  picture_card_->body()->addWidget(distribution_);
  right->addWidget(picture_card_);

  rows_card_ = new Card(tr("Records"));
  rows_card_->set_flush(true);
  rows_mode_ = new SegmentedControl({tr("Records"), tr("Quarantine")});
  rows_mode_->setAccessibleName(tr("Which rows"));
  rows_card_->add_action(rows_mode_);
  auto* filter = new QWidget;
  auto* filter_layout = new QVBoxLayout(filter);
  filter_layout->setContentsMargins(px(8), px(4), px(8), px(8));
  filter_layout->setSpacing(px(4));
  where_line_ = new QLineEdit;
  where_line_->setPlaceholderText(tr("Filter: section = 'net' and installed_size > 1000"));
  where_line_->setAccessibleName(tr("Filter expression"));
  where_line_->setClearButtonEnabled(true);
  where_error_ = make_label({}, FontRole::caption, Tone::fail);
  where_error_->setWordWrap(true);
  where_error_->hide();
  filter_layout->addWidget(where_line_);
  filter_layout->addWidget(where_error_);
  rows_card_->body()->addWidget(filter);
  rows_stack_ = new QStackedWidget;
  records_ = new RecordView(session());
  quarantine_ = new PagedTable;
  quarantine_->setAccessibleName(tr("Quarantined rows"));
  quarantine_->set_columns({{.title = tr("Line"), .kind = Column::Kind::figure, .width = 80},
                            {.title = tr("Reason"), .width = 260},
                            {.title = tr("As it came"), .kind = Column::Kind::id, .stretch = true}});
  rows_stack_->addWidget(records_);
  rows_stack_->addWidget(quarantine_);
  rows_card_->body()->addWidget(rows_stack_, 1);
  right->addWidget(rows_card_);
  right->setSizes({px(300), px(340)});

  connect(distribution_, &DistributionView::brushed, this, [this](const BrushedPart& part) {
    brush_ = part.where;
    brush_words_ = part.words;
    rows_mode_->set_current(0);
    show_rows();
  });
  connect(distribution_, &DistributionView::brush_cleared, this, [this] {
    brush_ = {};
    brush_words_.clear();
    show_rows();
  });
  connect(distribution_, &DistributionView::shown, this, [this] { picture_card_->set_note(distribution_->note()); });
  const auto report = [this](const Error& error) { banner_->show_error(error); };
  connect(distribution_, &DistributionView::failed, this, report);
  connect(records_, &RecordView::failed, this, report);
  connect(quarantine_, &PagedTable::failed, this, report);
  connect(records_, &RecordView::shown, this, &DataPage::show_count);
  connect(rows_mode_, &SegmentedControl::changed, this, [this](int) { show_rows(); });
  connect(where_line_, &QLineEdit::returnPressed, this, &DataPage::apply_where);
  connect(where_line_, &QLineEdit::textChanged, this, [this](const QString& text) {
    if (text.isEmpty() && !where_.empty()) apply_where();
  });
  return right;
}

void DataPage::add_commands() {
  const QString menu = tr("Data");
  add_command(QStringLiteral("data.import"), tr("Import a file…"), menu, QKeySequence(QStringLiteral("I")),
              [this] { import(); });
  add_command(QStringLiteral("data.filter"), tr("Filter records"), menu, QKeySequence(QStringLiteral("/")), [this] {
    where_line_->setFocus();
    where_line_->selectAll();
  });
  add_command(QStringLiteral("data.clear_brush"), tr("Clear the brush"), menu, QKeySequence(QStringLiteral("Esc")),
              [this] { distribution_->clear_brush(); });
  add_command(QStringLiteral("data.quarantine"), tr("Show quarantined rows"), menu, QKeySequence(QStringLiteral("U")),
              [this] {
                rows_mode_->set_current(rows_mode_->current() == 1 ? 0 : 1);
                show_rows();
              });
  add_command(QStringLiteral("data.drop_batch"), tr("Drop this batch…"), menu, {}, [this] { drop_batch(); });
}

void DataPage::activate(const QVariantMap& arguments) {
  if (arguments.contains(QStringLiteral("asset"))) wanted_asset_ = arguments[QStringLiteral("asset")].toString();
  if (arguments.contains(QStringLiteral("batch"))) wanted_batch_ = arguments[QStringLiteral("batch")].toString();
  if (arguments.contains(QStringLiteral("field"))) wanted_field_ = arguments[QStringLiteral("field")].toString();
  if (arguments.contains(QStringLiteral("where"))) {
    where_line_->setText(arguments[QStringLiteral("where")].toString());
    if (auto where = records::Where::parse(utf8_of(where_line_->text()))) where_ = std::move(*where);
  }
  if (arguments.contains(QStringLiteral("view")))
    rows_mode_->set_current(arguments[QStringLiteral("view")].toString() == QLatin1String("quarantine") ? 1 : 0);
  if (arguments.contains(QStringLiteral("import"))) import_file(arguments[QStringLiteral("import")].toString());
}

void DataPage::refresh() {
  const std::string wanted = !wanted_asset_.isEmpty()
                                 ? utf8_of(wanted_asset_)
                                 : (overview_ && overview_->chosen() ? overview_->chosen()->name : std::string());
  const std::string wanted_batch = utf8_of(wanted_batch_);
  session().read(
      this, "overview",
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
        }
        return overview;
      },
      [this](Result<std::shared_ptr<Overview>> overview) {
        if (!overview) {
          banner_->show_error(overview.error());
          banner_->set_retry(tr("Try again"));
          return;
        }
        banner_->clear();
        wanted_asset_.clear();
        take(std::move(*overview));
      });
}

void DataPage::take(std::shared_ptr<Overview> overview) {
  overview_ = std::move(overview);
  const auto* asset = overview_->chosen();
  const bool any = asset && !overview_->batches.empty();
  stack_->setCurrentIndex(any ? 1 : 0);
  asset_picker_->setVisible(overview_->assets.size() > 1);
  if (!any) {
    header_->set_subtitle({});
    Q_EMIT rail_changed(State::neutral, {});
    return;
  }
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
  bool quarantined = false, failing = false;
  for (const auto& batch : overview_->batches) {
    kept += batch.rows_kept;
    quarantined |= batch.rows_quarantined > 0;
    failing |= batch.verdict == "fail";
  }
  header_->set_subtitle(counted(kept, tr("1 record"), tr("%1 records")) + QStringLiteral(" · ") +
                        counted(static_cast<qint64>(overview_->batches.size()), tr("1 batch"), tr("%1 batches")));
  Q_EMIT rail_changed(failing       ? State::fail
                      : quarantined ? State::warning
                                    : State::pass,
                      figure(static_cast<qint64>(kept)));
  read_fields();
  show_rows();
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
    rows.push_back({QVariant(static_cast<qlonglong>(batch.id)),
                    {name, figure(static_cast<qint64>(batch.arrivals)),
                     Cell::badge(word_of_verdict(batch.verdict), state_of_verdict(batch.verdict))}});
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
  brush_ = {};
  refresh();
}

void DataPage::choose_batch(const QVariant& key) {
  std::optional<int64_t> chosen;
  if (key.isValid() && key.toString() != QLatin1String("all")) chosen = key.toLongLong();
  if (chosen == batch_) return;
  batch_ = chosen;
  brush_ = {};
  brush_words_.clear();
  read_fields();
  show_rows();
}

records::Window DataPage::window() const {
  records::Window window;
  if (!overview_ || !overview_->chosen()) return window;
  window.asset = overview_->chosen()->id;
  if (batch_) {
    window.batches = {*batch_};
  } else {
    for (const auto& batch : overview_->batches) window.batches.push_back(batch.id);
  }
  return window;
}

QString DataPage::window_name() const {
  for (const auto& batch : overview_->batches)
    if (batch_ == batch.id) return source_name(batch.source);
  return overview_->batches.size() == 1 ? source_name(overview_->batches.front().source) : tr("all batches");
}

void DataPage::read_fields() {
  const auto where_from = window();
  session().read(
      this, "fields",
      [where_from](store::Project& project, const Work& work) {
        return detail::read_field_rows(project, where_from, work);
      },
      [this](Result<std::vector<Row>> rows) {
        if (!rows) {
          banner_->show_error(rows.error());
          return;
        }
        fields_card_->set_note(tr("of %1").arg(window_name()));
        const bool none = rows->empty();
        QString field = !wanted_field_.isEmpty() ? wanted_field_ : field_;
        if (field.isEmpty() && !none) field = detail::first_interesting(*rows);
        wanted_field_.clear();
        {
          const QSignalBlocker quiet(fields_);
          fields_->set_empty_text(tr("No fields"));
          fields_->set_rows(std::move(*rows));
          fields_->select_key(field);
        }
        if (!field.isEmpty()) show_field(field);
      });
}

void DataPage::show_field(const QString& field) {
  if (field.isEmpty() || !overview_ || !overview_->chosen()) return;
  if (field != field_ && !brush_.empty()) {
    brush_ = {};
    brush_words_.clear();
    show_rows();
  }
  field_ = field;
  picture_card_->set_title(field);
  picture_card_->set_note({});
  DistributionRequest request;
  request.field = utf8_of(field);
  request.reference = window();
  request.reference_name = window_name();
  request.where = where_;
  request.count = batch_ || overview_->batches.size() == 1 ? records::Count::arrivals : records::Count::records;
  distribution_->show_field(request);
}

void DataPage::show_rows() {
  const bool quarantine = rows_mode_->current() == 1;
  rows_stack_->setCurrentIndex(quarantine ? 1 : 0);
  where_line_->setVisible(!quarantine);
  if (quarantine) {
    where_error_->hide();
    show_quarantine();
    return;
  }
  records::ReadRequest request;
  request.window = window();
  if (request.window.batches.empty()) return;
  // The picture counts arrivals of one batch and each record once over several: the table shows the same rows.
  request.count = request.window.batches.size() == 1 ? records::Count::arrivals : records::Count::records;
  request.where = where_.empty() ? brush_ : brush_.empty() ? where_ : records::Where::both(where_, brush_);
  RecordLook look;
  const auto& roles = overview_->chosen()->roles;
  for (const auto& name : {roles.id, roles.text})
    if (!name.empty()) look.first_fields.push_back(name);
  if (!brush_.empty()) look.first_fields.push_back(utf8_of(field_));
  records_->show_question(request, look);
}

void DataPage::show_count(qint64 rows) {
  if (rows_mode_->current() == 1) return;
  rows_card_->set_title(counted(rows, tr("1 record"), tr("%1 records")));
  QStringList notes;
  if (!brush_.empty()) notes << tr("%1: %2").arg(field_, brush_words_);
  if (!where_.empty()) notes << tr("filtered");
  rows_card_->set_note(notes.join(QStringLiteral(" · ")));
}

void DataPage::show_quarantine() {
  qint64 total = 0;
  int64_t batch = 0;
  for (const auto& one : overview_->batches) {
    if (batch_ && one.id != *batch_) continue;
    if (one.rows_quarantined > 0 && batch == 0) {
      batch = one.id;
      total = one.rows_quarantined;
    }
  }
  rows_card_->set_title(tr("%1 quarantined rows").arg(figure(total)));
  rows_card_->set_note(total > 0 && !batch_ && overview_->batches.size() > 1
                           ? tr("of the first batch that has some; choose a batch for its own")
                           : QString());
  quarantine_->set_empty_text(tr("Nothing was quarantined: every row that was read could be kept."));
  if (batch == 0) {
    quarantine_->clear();
    return;
  }
  quarantine_->set_source(
      [&session = session(), batch](const RowsWanted& wanted, const Work&) -> Result<std::vector<Row>> {
        return session.with_reader([&](store::Project& project) -> Result<std::vector<Row>> {
          MW_ASSIGN(const auto found, records::quarantined_rows(project, batch, wanted.first, wanted.count));
          return detail::quarantine_rows(found, wanted.first);
        });
      },
      total);
}

void DataPage::apply_where() {
  auto parsed = records::Where::parse(utf8_of(where_line_->text()));
  if (!parsed) {
    where_error_->setText(message(parsed.error()));
    where_error_->show();
    for (const auto& [name, value] : parsed.error().arguments)
      if (name == "position") {
        const int position = std::max(0, text_of(value).toInt() - 1);
        where_line_->setFocus();
        where_line_->setSelection(position, std::max<int>(1, static_cast<int>(where_line_->text().size()) - position));
      }
    return;
  }
  where_error_->hide();
  where_ = std::move(*parsed);
  brush_ = {};
  if (!field_.isEmpty()) show_field(field_);
  show_rows();
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
  session().write(
      this, [batch](store::Project& project) { return records::drop_batch(project, batch); },
      [this](Status done) {
        if (!done) {
          banner_->show_error(done.error());
          return;
        }
        batch_.reset();
        refresh();
      });
}

}  // namespace millwright::ui

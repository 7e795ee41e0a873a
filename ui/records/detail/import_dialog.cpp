#include "import_dialog.h"

#include <QComboBox>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QTableWidget>
#include <QVBoxLayout>
#include <array>

#include "ui_records/quarantine_table.h"
#include "ui_records/words.h"
#include "ui_widgets/buttons.h"
#include "ui_widgets/card.h"
#include "ui_widgets/error_banner.h"
#include "ui_widgets/paged_table.h"
#include "ui_widgets/progress.h"

namespace millwright::ui::detail {
namespace {

constexpr std::array kTypes = {records::FieldType::integer, records::FieldType::real,     records::FieldType::timestamp,
                               records::FieldType::boolean, records::FieldType::category, records::FieldType::text};

QComboBox* role_box(const QString& name) {
  auto* box = new QComboBox;
  box->setAccessibleName(name);
  box->addItem(QObject::tr("none"), QString());
  box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  box->setMinimumContentsLength(14);
  return box;
}

}  // namespace

ImportDialog::ImportDialog(ProjectSession& session, const QString& path, QWidget* parent)
    : QDialog(parent), session_(session) {
  setWindowTitle(tr("Import"));
  setModal(true);
  resize(px(860), px(640));
  build(path);
  read_assets();
  preview();
}

void ImportDialog::build(const QString& path) {
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(px(20), px(20), px(20), px(16));
  all->setSpacing(px(12));
  all->addWidget(make_label(tr("Import %1").arg(QFileInfo(path).fileName()), FontRole::title));
  all->addWidget(build_form(path));
  banner_ = new ErrorBanner;
  banner_->clear();
  all->addWidget(banner_);
  summary_ = make_label({}, FontRole::strong);
  summary_->setWordWrap(true);
  caption_ = make_label(tr("Types are inferred. Choose one to declare it: what does not fit then goes to quarantine."),
                        FontRole::caption, Tone::muted);
  caption_->setWordWrap(true);
  all->addWidget(summary_);
  all->addWidget(caption_);
  build_fields();
  all->addWidget(fields_, 3);
  quarantine_ = new PagedTable;
  quarantine_->setAccessibleName(tr("First quarantined rows"));
  quarantine_->set_columns(quarantine_columns(tr("Would be quarantined because")));
  quarantine_->hide();
  all->addWidget(quarantine_, 2);
  progress_ = new ProgressStrip;
  progress_->hide();
  all->addWidget(progress_);
  auto* row = new QHBoxLayout;
  row->setSpacing(px(8));
  auto* again = secondary_button(tr("Look again"));
  auto* leave = secondary_button(tr("Cancel"));
  import_ = primary_button(tr("Import"));
  import_->setEnabled(false);
  import_->setDefault(true);
  again->setAutoDefault(false);
  leave->setAutoDefault(false);
  row->addWidget(again);
  row->addStretch(1);
  row->addWidget(leave);
  row->addWidget(import_);
  all->addLayout(row);
  connect(again, &QPushButton::clicked, this, &ImportDialog::preview);
  connect(leave, &QPushButton::clicked, this, &QDialog::reject);
  connect(import_, &QPushButton::clicked, this, &ImportDialog::start_import);
  connect(progress_, &ProgressStrip::cancelled, this, &ImportDialog::stop);
  connect(&session_, &ProjectSession::work_started, this, [this](int id, const QString& what) {
    if (what == importing_) work_ = id;
  });
  connect(&session_, &ProjectSession::work_progress, this, [this](int id, const Progress& progress) {
    if (id == work_) progress_->update_progress(progress);
  });
}

QWidget* ImportDialog::build_form(const QString& path) {
  auto* form = new QWidget;
  auto* columns = new QHBoxLayout(form);
  columns->setContentsMargins(0, 0, 0, 0);
  columns->setSpacing(px(24));
  auto* left = new QFormLayout;
  auto* right = new QFormLayout;
  for (auto* part : {left, right}) {
    part->setHorizontalSpacing(px(12));
    part->setVerticalSpacing(px(8));
    part->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
  }
  path_ = new QLineEdit(path);
  path_->setAccessibleName(tr("File"));
  asset_ = new QComboBox;
  asset_->setEditable(true);
  asset_->setAccessibleName(tr("Asset"));
  asset_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  asset_->setMinimumContentsLength(14);
  split_ = new QComboBox;
  split_->setAccessibleName(tr("Split given by the source"));
  split_->addItem(tr("none: split it later"), QString());
  split_->addItem(tr("training"), QStringLiteral("train"));
  split_->addItem(tr("validation"), QStringLiteral("validation"));
  split_->addItem(tr("test"), QStringLiteral("test"));
  text_ = role_box(tr("Text field"));
  time_ = role_box(tr("Time field"));
  id_ = role_box(tr("Id field"));
  group_ = role_box(tr("Group field"));
  left->addRow(tr("File"), path_);
  left->addRow(tr("Asset"), asset_);
  left->addRow(tr("Given split"), split_);
  right->addRow(tr("Text"), text_);
  right->addRow(tr("Time"), time_);
  right->addRow(tr("Id"), id_);
  right->addRow(tr("Group"), group_);
  columns->addLayout(left, 1);
  columns->addLayout(right, 1);
  connect(path_, &QLineEdit::editingFinished, this, &ImportDialog::settings_changed);
  return form;
}

void ImportDialog::build_fields() {
  fields_ = new QTableWidget(0, 4);
  fields_->setAccessibleName(tr("Fields"));
  fields_->setHorizontalHeaderLabels({tr("Field"), tr("Type"), tr("Missing"), tr("Distinct")});
  fields_->verticalHeader()->hide();
  fields_->verticalHeader()->setDefaultSectionSize(px(34));
  fields_->setShowGrid(false);
  fields_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  fields_->setSelectionMode(QAbstractItemView::NoSelection);
  fields_->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
  fields_->setColumnWidth(1, px(170));
  fields_->setColumnWidth(2, px(100));
  fields_->setColumnWidth(3, px(100));
}

void ImportDialog::read_assets() {
  session_.read(
      this, "assets", [](store::Project& project, const Work&) { return records::list_assets(project); },
      [this](Result<std::vector<records::Asset>> assets) {
        if (!assets) return;
        const QString typed = asset_->currentText();
        asset_->clear();
        for (const auto& asset : *assets) asset_->addItem(text_of(asset.name));
        asset_->setCurrentText(!typed.isEmpty()   ? typed
                               : !assets->empty() ? text_of(assets->front().name)
                                                  : QFileInfo(path_->text()).baseName());
      });
}

records::ImportRequest ImportDialog::request(bool dry_run) const {
  records::ImportRequest request;
  request.source = utf8_of(path_->text());
  request.asset = utf8_of(asset_->currentText().trimmed());
  request.split = utf8_of(split_->currentData().toString());
  request.roles.text = utf8_of(text_->currentData().toString());
  request.roles.time = utf8_of(time_->currentData().toString());
  request.roles.id = utf8_of(id_->currentData().toString());
  request.roles.group = utf8_of(group_->currentData().toString());
  for (const auto& [field, type] : declared_)
    if (const auto wanted = records::field_type_from(utf8_of(type)))
      request.types.emplace_back(utf8_of(field), *wanted);
  request.dry_run = dry_run;
  return request;
}

void ImportDialog::set_busy(bool busy) {
  import_->setEnabled(!busy && fields_known_);
  progress_->setVisible(busy);
  if (!busy) progress_->finish();
}

void ImportDialog::settings_changed() {
  if (!filling_) preview();
}

void ImportDialog::preview() {
  banner_->clear();
  set_busy(true);
  import_->setEnabled(false);
  progress_->start(tr("Looking at %1").arg(QFileInfo(path_->text()).fileName()));
  session_.read(
      this, "preview",
      [wanted = request(true)](store::Project& project, const Work& work) {
        return records::import_source(project, wanted, work);
      },
      [this](Result<records::ImportReport> report) {
        fields_known_ = report.has_value();
        set_busy(false);
        if (!report) {
          banner_->show_error(report.error());
          return;
        }
        show_preview(*report);
      },
      [this](const Progress& progress) { progress_->update_progress(progress); });
}

void ImportDialog::show_preview(const records::ImportReport& report) {
  if (report.already_there) {
    summary_->setText(tr("This file is in the project already: importing it again makes no new batch."));
  } else {
    summary_->setText(
        tr("%1 of %2 rows would be kept · %3 arrived before · %4 say the same as another · %5 quarantined")
            .arg(figure(static_cast<qint64>(report.rows_kept)), figure(static_cast<qint64>(report.rows_read)),
                 figure(static_cast<qint64>(report.rows_duplicate)),
                 figure(static_cast<qint64>(report.rows_same_content)),
                 figure(static_cast<qint64>(report.rows_quarantined))));
  }
  import_->setText(
      tr("Import %1")
          .arg(counted(static_cast<qint64>(report.rows_kept + report.rows_duplicate), tr("1 row"), tr("%1 rows"))));
  show_fields(report.fields);
  quarantine_->setVisible(!report.first_quarantined.empty());
  quarantine_->set_rows(quarantine_rows(report.first_quarantined, 0));
}

void ImportDialog::show_fields(const std::vector<store::BatchField>& fields) {
  filling_ = true;
  // The boxes are made anew: the keyboard stays where it was.
  int focused = -1;
  for (int row = 0; row < fields_->rowCount(); ++row)
    if (auto* box = fields_->cellWidget(row, 1); box != nullptr && box->hasFocus()) focused = row;
  fields_->setRowCount(static_cast<int>(fields.size()));
  for (int row = 0; row < fields_->rowCount(); ++row) {
    const auto& field = fields[static_cast<size_t>(row)];
    const QString name = text_of(field.name);
    fields_->setItem(row, 0, new QTableWidgetItem(name));
    auto* type = new QComboBox;
    type->setAccessibleName(tr("Type of %1").arg(name));
    type->addItem(tr("%1 (inferred)").arg(type_word(field.type)), QString());
    for (const auto one : kTypes) type->addItem(type_word(one), QString::fromLatin1(records::name_of(one)));
    if (const auto chosen = declared_.find(name); chosen != declared_.end())
      type->setCurrentIndex(std::max(0, type->findData(chosen->second)));
    connect(type, &QComboBox::activated, this, [this, name, type] {
      if (type->currentData().toString().isEmpty()) {
        declared_.erase(name);
      } else {
        declared_[name] = type->currentData().toString();
      }
      preview();
    });
    fields_->setCellWidget(row, 1, type);
    if (row == focused) type->setFocus();
    const std::array<QString, 2> figures = {
        figure(static_cast<qint64>(field.missing)),
        (field.distinct_exact ? QString() : QStringLiteral("~")) + figure(static_cast<qint64>(field.distinct))};
    for (int i = 0; i < 2; ++i) {
      auto* item = new QTableWidgetItem(figures[static_cast<size_t>(i)]);
      item->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
      item->setFont(role_font(FontRole::figure));
      fields_->setItem(row, 2 + i, item);
    }
  }
  for (auto* box : {text_, time_, id_, group_}) {
    const QVariant chosen = box->currentData();
    while (box->count() > 1) box->removeItem(1);
    for (const auto& field : fields) box->addItem(text_of(field.name), text_of(field.name));
    box->setCurrentIndex(std::max(0, box->findData(chosen)));
  }
  filling_ = false;
}

void ImportDialog::stop() {
  if (work_ >= 0) {
    session_.cancel_work(work_);
    return;
  }
  session_.stop_read(this, "preview");
  set_busy(false);
  summary_->setText(tr("Stopped. Nothing was changed."));
}

void ImportDialog::start_import() {
  importing_ = tr("Importing %1").arg(QFileInfo(path_->text()).fileName());
  summary_->setText(importing_ + QChar(0x2026));
  set_busy(true);
  progress_->start(importing_);
  session_.work(
      this, importing_,
      [wanted = request(false)](store::Project& project, const Work& work) {
        return records::import_source(project, wanted, work);
      },
      [this](Result<records::ImportReport> report) {
        work_ = -1;
        set_busy(false);
        if (report) {
          Q_EMIT imported(*report);
          accept();
          return;
        }
        banner_->show_error(report.error());
        summary_->setText(tr("Nothing was imported."));
      });
}

}  // namespace millwright::ui::detail

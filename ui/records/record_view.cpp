#include "record_view.h"

#include <QVBoxLayout>
#include <algorithm>
#include <mutex>

#include "words.h"

namespace millwright::ui {
namespace {

/// A connection of its own beside what reads through it: readers keep a reference to their project.
struct Connection {
  store::Project project;
  std::optional<records::RecordReader> reader;
};

Result<std::shared_ptr<Connection>> connect_to(const store::Project& project) {
  MW_ASSIGN(auto own, project.clone());
  auto connection = std::make_shared<Connection>(Connection{std::move(own), std::nullopt});
  MW_ASSIGN(auto reader, records::RecordReader::open(connection->project));
  connection->reader.emplace(std::move(reader));
  return connection;
}

std::vector<records::SchemaField> arrange(const std::vector<records::SchemaField>& fields, const RecordLook& look) {
  std::vector<records::SchemaField> arranged;
  for (const auto& name : look.first_fields)
    for (const auto& field : fields)
      if (field.name == name) arranged.push_back(field);
  if (look.only && !arranged.empty()) return arranged;
  for (const auto& field : fields)
    if (std::find(look.first_fields.begin(), look.first_fields.end(), field.name) == look.first_fields.end())
      arranged.push_back(field);
  return arranged;
}

bool is_figure(records::FieldType type) {
  return type == records::FieldType::integer || type == records::FieldType::real;
}

std::vector<Column> columns_of(const std::vector<records::SchemaField>& fields,
                               const std::vector<ExtraColumn>& extras) {
  std::vector<Column> columns;
  columns.push_back({.title = QObject::tr("Record"), .kind = Column::Kind::id});
  bool stretched = false;
  for (const auto& field : fields) {
    Column column{.title = text_of(field.name),
                  .kind = is_figure(field.type) ? Column::Kind::figure : Column::Kind::text};
    if (!stretched && field.type == records::FieldType::text) column.stretch = stretched = true;
    columns.push_back(std::move(column));
  }
  for (const auto& extra : extras) columns.push_back(extra.look);
  return columns;
}

Row row_of(const records::Record& record, const QString& id, int64_t place,
           const std::vector<records::SchemaField>& fields, const std::vector<ExtraColumn>& extras) {
  Row row;
  row.key = static_cast<qint64>(place);
  row.cells.emplace_back(id);
  for (const auto& field : fields) {
    const auto* cell = record.find(field.name);
    Cell shown(cell && !cell->missing ? one_line(cell->text) : QString());
    if (cell && cell->text.size() > 40) shown.tool_tip = text_of(std::string_view(cell->text).substr(0, 2000));
    row.cells.push_back(std::move(shown));
  }
  for (const auto& extra : extras) row.cells.push_back(extra.cell(place));
  return row;
}

/// TAIL-ORDINAL with the batch's tail at the length of lists.
Result<QString> short_record_id(records::RecordReader& reader, const RecordRef& ref) {
  MW_ASSIGN(const auto batch, reader.batch_tail(ref.batch));
  return text_of(std::string_view(batch).substr(0, kShortTail)) + QLatin1Char('-') + QString::number(ref.ordinal);
}

class QuestionSource : public RecordSource {
 public:
  QuestionSource(std::shared_ptr<Connection> connection, records::RecordTable table, const RecordLook& look)
      : connection_(std::move(connection)), table_(std::move(table)), fields_(arrange(table_.fields(), look)) {}
  int64_t size() const override { return table_.size(); }
  std::vector<Column> columns() const override { return columns_of(fields_, {}); }
  Result<std::vector<Row>> rows(int64_t first, int64_t count) override {
    const std::scoped_lock lock(mutex_);
    MW_ASSIGN(const auto records, table_.rows(first, count));
    std::vector<Row> rows;
    rows.reserve(records.size());
    for (const auto& record : records) {
      MW_ASSIGN(const auto id, short_record_id(*connection_->reader, record.ref));
      rows.push_back(row_of(record, id, first + static_cast<int64_t>(rows.size()), fields_, {}));
    }
    return rows;
  }
  Result<RecordRef> record(int64_t place) const override {
    const std::scoped_lock lock(mutex_);
    return table_.record(place);
  }
  Result<std::vector<RecordRef>> records() const override {
    const std::scoped_lock lock(mutex_);
    MW_ASSIGN(auto all, table_.records());
    std::vector<RecordRef> once = all;
    std::sort(once.begin(), once.end());
    once.erase(std::unique(once.begin(), once.end()), once.end());
    if (once.size() == all.size()) return all;
    return once;
  }

 private:
  std::shared_ptr<Connection> connection_;
  records::RecordTable table_;
  std::vector<records::SchemaField> fields_;
  mutable std::mutex mutex_;
};

class ListSource : public RecordSource {
 public:
  ListSource(std::shared_ptr<Connection> connection, const std::vector<records::SchemaField>& fields,
             std::vector<RecordRef> records, std::vector<ExtraColumn> extras, const RecordLook& look)
      : connection_(std::move(connection)),
        fields_(arrange(fields, look)),
        records_(std::move(records)),
        extras_(std::move(extras)) {}
  int64_t size() const override { return static_cast<int64_t>(records_.size()); }
  std::vector<Column> columns() const override { return columns_of(fields_, extras_); }
  Result<std::vector<Row>> rows(int64_t first, int64_t count) override {
    const std::scoped_lock lock(mutex_);
    std::vector<Row> rows;
    const int64_t end = std::min(size(), first + count);
    for (int64_t place = std::max<int64_t>(0, first); place < end; ++place) {
      const RecordRef& ref = records_[static_cast<size_t>(place)];
      MW_ASSIGN(const auto record, connection_->reader->get(ref));
      MW_ASSIGN(const auto id, short_record_id(*connection_->reader, ref));
      rows.push_back(row_of(record, id, place, fields_, extras_));
    }
    return rows;
  }
  Result<RecordRef> record(int64_t place) const override {
    if (place < 0 || place >= size())
      return fail(ErrorKind::usage, "record.place", "There is no row {place} in this table.",
                  {{"place", std::to_string(place)}});
    return records_[static_cast<size_t>(place)];
  }
  Result<std::vector<RecordRef>> records() const override { return records_; }

 private:
  std::shared_ptr<Connection> connection_;
  std::vector<records::SchemaField> fields_;
  std::vector<RecordRef> records_;
  std::vector<ExtraColumn> extras_;
  std::mutex mutex_;
};

}  // namespace

Result<std::shared_ptr<RecordSource>> make_record_source(const store::Project& project,
                                                         const records::ReadRequest& request, const RecordLook& look) {
  MW_ASSIGN(auto connection, connect_to(project));
  MW_ASSIGN(auto table, records::RecordTable::open(connection->project, request));
  return std::static_pointer_cast<RecordSource>(
      std::make_shared<QuestionSource>(std::move(connection), std::move(table), look));
}

Result<std::shared_ptr<RecordSource>> make_list_source(const store::Project& project,
                                                       std::vector<records::SchemaField> fields,
                                                       std::vector<RecordRef> records, std::vector<ExtraColumn> extras,
                                                       const RecordLook& look) {
  MW_ASSIGN(auto connection, connect_to(project));
  return std::static_pointer_cast<RecordSource>(
      std::make_shared<ListSource>(std::move(connection), fields, std::move(records), std::move(extras), look));
}

RecordView::RecordView(ProjectSession& session, QWidget* parent) : QWidget(parent), session_(session) {
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(0, 0, 0, 0);
  table_ = new PagedTable;
  table_->setAccessibleName(tr("Records"));
  all->addWidget(table_);
  setFocusProxy(table_);
  connect(table_, &PagedTable::failed, this, &RecordView::failed);
  connect(table_, &PagedTable::activated_row, this, [this](const QVariant& key) { Q_EMIT chosen(key.toLongLong()); });
}

void RecordView::show_records(MakeSource make) {
  busy_ = true;
  session_.read(
      this, "records",
      [make = std::move(make)](store::Project& project, const Work& work) { return make(project, work); },
      [this](Result<std::shared_ptr<RecordSource>> made) {
        busy_ = false;
        if (!made) {
          Q_EMIT failed(made.error());
          return;
        }
        source_ = *made;
        total_ = source_->size();
        table_->set_columns(source_->columns());
        table_->set_empty_text(tr("No records"));
        table_->set_source([source = source_](const RowsWanted& wanted,
                                              const Work&) { return source->rows(wanted.first, wanted.count); },
                           total_);
        Q_EMIT shown(total_);
      });
}

void RecordView::show_question(const records::ReadRequest& request, const RecordLook& look) {
  show_records(
      [request, look](store::Project& project, const Work&) { return make_record_source(project, request, look); });
}

void RecordView::clear(const QString& empty_text) {
  session_.stop_read(this, "records");
  busy_ = false;
  source_.reset();
  total_ = -1;
  table_->clear();
  table_->set_empty_text(empty_text);
}

}  // namespace millwright::ui

// Records in a table, paged from a worker: those of a question, or a list in an order of its own.
#pragma once

#include <QWidget>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "records/reading.h"
#include "ui_session/project_session.h"
#include "ui_widgets/paged_table.h"

namespace millwright::ui {

/// What a table of records shows. Made and used on workers, one thread at a time.
class RecordSource {
 public:
  virtual ~RecordSource() = default;
  [[nodiscard]] virtual int64_t size() const = 0;
  /// Titles and looks of the columns; the first is the id.
  [[nodiscard]] virtual std::vector<Column> columns() const = 0;
  /// Fewer at the end. The key of a row is its place.
  [[nodiscard]] virtual Result<std::vector<Row>> rows(int64_t first, int64_t count) = 0;
  [[nodiscard]] virtual Result<RecordRef> record(int64_t place) const = 0;
  /// Each once, in the order shown: to queue them.
  [[nodiscard]] virtual Result<std::vector<RecordRef>> records() const = 0;
};

/// The rows of a question. `first_fields` stand before the others; with `only` the others are left out.
struct RecordLook {
  std::vector<std::string> first_fields;
  bool only = false;
};
[[nodiscard]] Result<std::shared_ptr<RecordSource>> make_record_source(const store::Project& project,
                                                                       const records::ReadRequest& request,
                                                                       const RecordLook& look);

/// A list of records in its own order, with columns that do not come from the record (a prediction, a label).
struct ExtraColumn {
  Column look;
  std::function<Cell(int64_t place)> cell;
};
[[nodiscard]] Result<std::shared_ptr<RecordSource>> make_list_source(const store::Project& project,
                                                                     std::vector<records::SchemaField> fields,
                                                                     std::vector<RecordRef> records,
                                                                     std::vector<ExtraColumn> extras,
                                                                     const RecordLook& look);

class RecordView : public QWidget {
  Q_OBJECT
 public:
  using MakeSource = std::function<Result<std::shared_ptr<RecordSource>>(store::Project&, const Work&)>;

  explicit RecordView(ProjectSession& session, QWidget* parent = nullptr);
  /// Asks on a worker and shows the answer; what was there stays until it comes.
  void show_records(MakeSource make);
  void show_question(const records::ReadRequest& request, const RecordLook& look = {});
  void clear(const QString& empty_text);
  /// −1 while nothing is shown.
  [[nodiscard]] qint64 total() const { return total_; }
  [[nodiscard]] bool busy() const { return busy_; }
  [[nodiscard]] PagedTable* table() const { return table_; }
  [[nodiscard]] std::shared_ptr<RecordSource> source() const { return source_; }

 Q_SIGNALS:
  void shown(qint64 total);
  void failed(const millwright::Error& error);
  /// Enter or double click on a record.
  void chosen(qint64 place);

 private:
  ProjectSession& session_;
  PagedTable* table_;
  std::shared_ptr<RecordSource> source_;
  qint64 total_ = -1;
  bool busy_ = false;
};

}  // namespace millwright::ui

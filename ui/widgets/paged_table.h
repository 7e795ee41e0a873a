// Tables: paged by key through a callback on a worker thread, smooth at a million rows; figures monospaced and
// right-aligned; verdicts as badges; everything by keyboard; copied and saved as CSV.
#pragma once

#include <QAbstractTableModel>
#include <QTableView>
#include <QVariant>
#include <QVector>
#include <functional>
#include <memory>
#include <vector>

#include "base/result.h"
#include "base/work.h"
#include "ui_widgets/theme.h"

namespace millwright::ui {

struct Column {
  enum class Kind {
    text,    ///< left
    figure,  ///< monospaced, right
    id,      ///< monospaced, left
    badge,   ///< a word on a tinted ground
    trend,   ///< a small line
    meter,   ///< a share of 0 … 1 as a bar, its text before it
    action,  ///< a word to press: action() is sent
  };
  QString title;
  Kind kind = Kind::text;
  int width = 0;  ///< in design pixels; 0: from the content of the first rows, 320 at most
  bool stretch = false;
  bool sortable = false;
  QString tool_tip;
};

struct Cell {
  QString text;
  QString detail;  ///< a second, muted line (rows then are two lines high)
  State state = State::neutral;
  double number = 0;       ///< meter's share
  QVector<double> points;  ///< trend
  QString tool_tip;
  Cell() = default;
  Cell(const QString& t) : text(t) {}  // NOLINT: cells are written as lists of texts
  Cell(const char* t) : text(QString::fromUtf8(t)) {}
  static Cell badge(const QString& word, State state);
  static Cell trend(QVector<double> points, State state = State::neutral);
  static Cell meter(double share, const QString& text, State state = State::pass);
  static Cell two_lines(const QString& text, const QString& detail);
};

struct Row {
  QVariant key;  ///< whatever tells the row: an id, an ordinal
  std::vector<Cell> cells;
};

/// What the table asks for. `after` is the key of the row before `first` where that is known (always, when reading
/// on), so that a source can page by key; a source whose rows have ordinals may go by `first`.
struct RowsWanted {
  qint64 first = 0;
  int count = 0;
  QVariant after;
  int sort_column = -1;
  Qt::SortOrder sort_order = Qt::AscendingOrder;
};

/// Called on a worker thread, one call at a time for each table. Fewer rows than wanted mean the end.
using FetchRows = std::function<Result<std::vector<Row>>(const RowsWanted& wanted, const Work& work)>;

class PagedTableModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  explicit PagedTableModel(QObject* parent = nullptr);
  ~PagedTableModel() override;
  void set_columns(std::vector<Column> columns);
  [[nodiscard]] const std::vector<Column>& columns() const { return columns_; }
  /// total ≥ 0: rows are numbered and any of them can be asked for; -1: not known, read on at the end.
  void set_source(FetchRows fetch, qint64 total);
  /// All rows at once: for short lists.
  void set_rows(std::vector<Row> rows);
  void clear();
  /// Asks again for what is shown (data changed), keeping the place.
  void reload(qint64 total);

  /// nullptr while the row is not here yet (it is then being fetched).
  [[nodiscard]] const Row* row(qint64 index) const;
  [[nodiscard]] const Cell* cell(const QModelIndex& index) const;
  [[nodiscard]] bool loading() const;
  [[nodiscard]] bool two_lines() const { return two_lines_; }
  [[nodiscard]] qint64 row_of_key(const QVariant& key) const;  ///< among the rows that are here; -1

  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
  [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
  [[nodiscard]] bool canFetchMore(const QModelIndex& parent) const override;
  void fetchMore(const QModelIndex& parent) override;
  void sort(int column, Qt::SortOrder order) override;

 Q_SIGNALS:
  void failed(const millwright::Error& error);
  void loaded();

 private:
  struct Fetcher;
  void want(qint64 page) const;
  void restart();
  void take(quint64 generation, qint64 page, Result<std::vector<Row>> rows);
  std::vector<Column> columns_;
  std::unique_ptr<Fetcher> fetcher_;
  bool two_lines_ = false;
};

class PagedTable : public QTableView {
  Q_OBJECT
 public:
  explicit PagedTable(QWidget* parent = nullptr);
  void set_columns(std::vector<Column> columns);
  void set_source(FetchRows fetch, qint64 total);
  void set_rows(std::vector<Row> rows);
  void clear();
  void reload(qint64 total) { model_->reload(total); }
  /// Shown in the middle while there is no row.
  void set_empty_text(const QString& text);
  /// The key of the current row; invalid where there is none.
  [[nodiscard]] QVariant current_key() const;
  /// Selects the row with this key, if it is here; keeps the selection over a reload.
  void select_key(const QVariant& key);
  [[nodiscard]] QVector<QVariant> selected_keys() const;
  /// Selected rows (all rows that are here, where nothing is selected) with a head line; RFC 4180.
  [[nodiscard]] QString to_csv(bool selected_only) const;
  [[nodiscard]] PagedTableModel* rows() const { return model_; }

 Q_SIGNALS:
  void current_changed(const QVariant& key);
  void activated_row(const QVariant& key);       ///< Enter or double click
  void action(const QVariant& key, int column);  ///< a cell of kind action
  void selection_changed(int rows);              ///< number of selected rows
  void failed(const millwright::Error& error);

 protected:
  void keyPressEvent(QKeyEvent* event) override;
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void contextMenuEvent(QContextMenuEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;

 private:
  void fit_columns();
  void keep_current();
  void adopt_theme();
  PagedTableModel* model_;
  QString empty_text_;
  QVariant kept_key_;
  bool fitted_ = false;
};

/// One field of a CSV line, quoted where RFC 4180 wants it.
[[nodiscard]] QString csv_field(const QString& text);

}  // namespace millwright::ui

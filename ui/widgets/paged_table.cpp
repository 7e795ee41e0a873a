#include "paged_table.h"

#include <QApplication>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QFileDialog>
#include <QHeaderView>
#include <QKeyEvent>
#include <QMenu>
#include <QPainter>
#include <QSaveFile>
#include <QScrollBar>
#include <QStyledItemDelegate>
#include <algorithm>
#include <numeric>

#include "badge.h"

namespace millwright::ui {

namespace {

constexpr int kFirstRowsMeasured = 60;

QFont font_of(Column::Kind kind) {
  return role_font(kind == Column::Kind::figure || kind == Column::Kind::id ? FontRole::figure : FontRole::body);
}

class CellDelegate : public QStyledItemDelegate {
 public:
  explicit CellDelegate(PagedTable* table) : QStyledItemDelegate(table), table_(table) {}

  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    const Tokens& t = tokens();
    painter->save();
    if (option.state & QStyle::State_Selected) painter->fillRect(option.rect, t.selection);
    painter->setPen(t.line);
    painter->drawLine(option.rect.bottomLeft(), option.rect.bottomRight());
    if ((option.state & QStyle::State_Selected) && index.column() == 0 && table_->hasFocus())
      painter->fillRect(QRect(option.rect.left(), option.rect.top(), px(3), option.rect.height() - 1), t.accent);
    const Cell* cell = table_->rows()->cell(index);
    const Column& column = table_->rows()->columns()[static_cast<size_t>(index.column())];
    const QRect inner = option.rect.adjusted(px(8), 0, -px(8), -1);
    if (cell == nullptr)
      paint_waiting(*painter, inner, column);
    else
      paint_cell(*painter, inner, column, *cell, option);
    painter->restore();
  }

 private:
  static void paint_waiting(QPainter& painter, const QRect& inner, const Column& column) {
    const int width = std::min(inner.width(), px(column.kind == Column::Kind::text ? 96 : 40));
    const bool right = column.kind == Column::Kind::figure;
    painter.fillRect(QRect(right ? inner.right() - width : inner.left(), inner.center().y() - px(3), width, px(6)),
                     tokens().hover);
  }

  static void paint_cell(QPainter& painter, const QRect& inner, const Column& column, const Cell& cell,
                         const QStyleOptionViewItem& option) {
    const Tokens& t = tokens();
    using Kind = Column::Kind;
    if (column.kind == Kind::badge) {
      if (cell.text.isEmpty()) return;
      QSize size = badge_size(cell.text);
      size.setWidth(std::min(size.width(), inner.width()));
      paint_badge(painter,
                  QRectF(inner.left(), inner.center().y() - size.height() / 2.0 + 0.5, size.width(), size.height()),
                  cell.text, cell.state);
      return;
    }
    if (column.kind == Kind::trend) {
      const QColor color = cell.state == State::neutral ? t.faint : color_of(cell.state);
      const int height = std::min(px(14), inner.height());
      paint_trend(painter, QRectF(inner.left(), inner.center().y() - height / 2.0, inner.width(), height), cell.points,
                  color);
      return;
    }
    if (column.kind == Kind::meter) return paint_meter_cell(painter, inner, cell);
    painter.setFont(font_of(column.kind));
    const bool right = column.kind == Kind::figure;
    QColor ink = cell.state == State::neutral ? t.text : text_of(cell.state);
    if (column.kind == Kind::action) {
      ink = option.state & QStyle::State_MouseOver ? t.accent_text : t.muted;
    }
    painter.setPen(ink);
    QRect first = inner;
    if (!cell.detail.isEmpty()) {
      const int middle = inner.center().y();
      first.setBottom(middle + px(1));
      QRect second = inner;
      second.setTop(middle + px(1));
      painter.save();
      painter.setFont(role_font(FontRole::caption));
      painter.setPen(t.muted);
      painter.drawText(second, (right ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignTop | Qt::TextSingleLine,
                       painter.fontMetrics().elidedText(cell.detail, Qt::ElideRight, second.width()));
      painter.restore();
    }
    const QString flat = QString(cell.text).replace('\n', ' ');
    painter.drawText(first,
                     (right ? Qt::AlignRight : Qt::AlignLeft) |
                         (cell.detail.isEmpty() ? Qt::AlignVCenter : Qt::AlignBottom) | Qt::TextSingleLine,
                     painter.fontMetrics().elidedText(flat, Qt::ElideRight, first.width()));
  }

  static void paint_meter_cell(QPainter& painter, const QRect& inner, const Cell& cell) {
    painter.setFont(role_font(FontRole::figure));
    painter.setPen(tokens().text);
    const int words = std::max(painter.fontMetrics().horizontalAdvance(cell.text), px(48));
    painter.drawText(QRect(inner.left(), inner.top(), words, inner.height()), Qt::AlignRight | Qt::AlignVCenter,
                     cell.text);
    const int left = inner.left() + words + px(10);
    if (inner.right() - left < px(16)) return;
    const QColor color = cell.state == State::neutral ? tokens().reference : color_of(cell.state);
    paint_meter(painter, QRectF(left, inner.center().y() - px(2), inner.right() - left, px(5)), cell.number, color);
  }

  PagedTable* table_;
};

}  // namespace

QString csv_field(const QString& text) {
  if (!text.contains(',') && !text.contains('"') && !text.contains('\n') && !text.contains('\r')) return text;
  QString quoted = text;
  return '"' + quoted.replace('"', QLatin1String("\"\"")) + '"';
}

PagedTable::PagedTable(QWidget* parent) : QTableView(parent), model_(new PagedTableModel(this)) {
  setModel(model_);
  setItemDelegate(new CellDelegate(this));
  setShowGrid(false);
  setSelectionBehavior(QAbstractItemView::SelectRows);
  setSelectionMode(QAbstractItemView::ExtendedSelection);
  setEditTriggers(QAbstractItemView::NoEditTriggers);
  setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
  setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
  setWordWrap(false);
  setCornerButtonEnabled(false);
  setMouseTracking(true);
  setTabKeyNavigation(false);
  setMinimumHeight(px(72));
  verticalHeader()->hide();
  verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
  horizontalHeader()->setHighlightSections(false);
  horizontalHeader()->setMinimumSectionSize(px(32));
  horizontalHeader()->setSectionsMovable(false);
  horizontalHeader()->setSortIndicatorShown(false);
  connect(horizontalHeader(), &QHeaderView::sectionClicked, this, [this](int section) {
    if (!model_->columns()[static_cast<size_t>(section)].sortable) return;
    auto* header = horizontalHeader();
    const bool down = header->isSortIndicatorShown() && header->sortIndicatorSection() == section &&
                      header->sortIndicatorOrder() == Qt::DescendingOrder;
    const auto order = down ? Qt::AscendingOrder : Qt::DescendingOrder;
    header->setSortIndicatorShown(true);
    header->setSortIndicator(section, order);
    model_->sort(section, order);
  });
  connect(model_, &PagedTableModel::failed, this, &PagedTable::failed);
  connect(model_, &PagedTableModel::loaded, this, [this] {
    verticalHeader()->setDefaultSectionSize(px(model_->two_lines() ? 46 : 32));
    if (!fitted_) fit_columns();
    if (kept_key_.isValid())
      select_key(kept_key_);
    else if (currentIndex().isValid())
      keep_current();  // a row that was chosen before it was read
    viewport()->update();
  });
  connect(selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this](const QModelIndex& now) {
    if (!now.isValid()) return;
    kept_key_ = {};  // never back to the old row when its successor is still being read
    keep_current();
  });
  connect(selectionModel(), &QItemSelectionModel::selectionChanged, this, [this] {
    qint64 rows = 0;
    for (const auto& range : selectionModel()->selection()) rows += range.height();
    Q_EMIT selection_changed(static_cast<int>(rows));
  });
  connect(this, &QTableView::doubleClicked, this, [this] {
    if (const QVariant key = current_key(); key.isValid()) Q_EMIT activated_row(key);
  });
  connect(&Theme::instance(), &Theme::changed, this, &PagedTable::adopt_theme);
  adopt_theme();
}

void PagedTable::adopt_theme() {
  horizontalHeader()->setFont(role_font(FontRole::caption));
  horizontalHeader()->setFixedHeight(px(32));
  verticalHeader()->setDefaultSectionSize(px(model_->two_lines() ? 46 : 32));
  fitted_ = false;
  fit_columns();
  viewport()->update();
}

void PagedTable::set_columns(std::vector<Column> columns) {
  model_->set_columns(std::move(columns));
  horizontalHeader()->setSortIndicatorShown(false);
  fitted_ = false;
  fit_columns();
}

void PagedTable::set_source(FetchRows fetch, qint64 total) {
  fitted_ = false;
  model_->set_source(std::move(fetch), total);
}

void PagedTable::set_rows(std::vector<Row> rows) {
  fitted_ = false;
  model_->set_rows(std::move(rows));
}

void PagedTable::clear() {
  kept_key_ = {};
  model_->clear();
}

void PagedTable::set_empty_text(const QString& text) {
  empty_text_ = text;
  viewport()->update();
}

void PagedTable::keep_current() {
  const Row* row = model_->row(currentIndex().row());
  if (row == nullptr) return;
  kept_key_ = row->key;
  Q_EMIT current_changed(row->key);
}

QVariant PagedTable::current_key() const {
  const Row* row = currentIndex().isValid() ? model_->row(currentIndex().row()) : nullptr;
  return row ? row->key : QVariant();
}

void PagedTable::select_key(const QVariant& key) {
  kept_key_ = key;
  const qint64 row = model_->row_of_key(key);
  if (row < 0 || row == currentIndex().row()) return;
  selectRow(static_cast<int>(row));
}

QVector<QVariant> PagedTable::selected_keys() const {
  QVector<QVariant> keys;
  for (const auto& index : selectionModel()->selectedRows())
    if (const Row* row = model_->row(index.row())) keys.push_back(row->key);
  return keys;
}

QString PagedTable::to_csv(bool selected_only) const {
  QStringList lines, fields;
  for (const auto& column : model_->columns()) fields << csv_field(column.title);
  lines << fields.join(',');
  QVector<int> rows;
  if (selected_only) {
    for (const auto& index : selectionModel()->selectedRows()) rows.push_back(index.row());
    std::sort(rows.begin(), rows.end());
  } else {
    for (int i = 0; i < model_->rowCount(); ++i) rows.push_back(i);
  }
  for (int i : rows) {
    const Row* row = model_->row(i);
    if (row == nullptr) continue;
    fields.clear();
    for (const auto& cell : row->cells)
      fields << csv_field(cell.detail.isEmpty() ? cell.text : QStringLiteral("%1 (%2)").arg(cell.text, cell.detail));
    lines << fields.join(',');
  }
  return lines.join(QLatin1String("\r\n")) + QLatin1String("\r\n");
}

namespace {

// Where a little room is missing, texts end in … before anything scrolls; where much is, widths stay and it scrolls.
void give_way(const std::vector<Column>& columns, std::vector<int>& widths, int missing) {
  const int least = px(84);
  const auto soft = [&](size_t c) {
    return columns[c].kind == Column::Kind::text || columns[c].kind == Column::Kind::trend ||
           columns[c].kind == Column::Kind::meter;
  };
  int spare = 0;
  for (size_t c = 0; c < columns.size(); ++c)
    if (soft(c)) spare += std::max(0, widths[c] - least);
  if (missing <= 0 || spare < missing) return;
  while (missing > 0) {  // the widest first
    size_t widest = columns.size();
    for (size_t c = 0; c < columns.size(); ++c)
      if (soft(c) && widths[c] > least && (widest == columns.size() || widths[c] > widths[widest])) widest = c;
    if (widest == columns.size()) return;
    const int step = std::min({missing, widths[widest] - least, 8});
    widths[widest] -= step;
    missing -= step;
  }
}

}  // namespace

// Widths from the first rows; what is left goes to the columns that stretch.
void PagedTable::fit_columns() {
  const auto& columns = model_->columns();
  if (columns.empty()) return;
  int used = 0, stretching = 0;
  std::vector<int> widths(columns.size());
  const int rows = std::min(model_->rowCount(), kFirstRowsMeasured);
  bool any = false;
  for (size_t c = 0; c < columns.size(); ++c) {
    const Column& column = columns[c];
    const QFontMetrics head(role_font(FontRole::caption)), body(font_of(column.kind)),
        small(role_font(FontRole::caption));
    int width = head.horizontalAdvance(column.title) + (column.sortable ? px(16) : px(2));
    for (int r = 0; r < rows; ++r) {
      const Row* row = model_->row(r);
      if (row == nullptr) break;
      any = true;
      if (c >= row->cells.size()) continue;
      const Cell& cell = row->cells[c];
      int wanted = body.horizontalAdvance(cell.text);
      if (column.kind == Column::Kind::badge) wanted = badge_size(cell.text).width();
      if (column.kind == Column::Kind::trend) wanted = px(72);
      if (column.kind == Column::Kind::meter) wanted = std::max(wanted, px(48)) + px(90);
      width = std::max({width, wanted, small.horizontalAdvance(cell.detail)});
    }
    width = std::min(width, px(320)) + px(18);
    if (column.width > 0) width = px(column.width);
    widths[c] = width;
    used += width;
    stretching += column.stretch ? 1 : 0;
  }
  give_way(columns, widths, used - viewport()->width());
  int left = viewport()->width() - std::accumulate(widths.begin(), widths.end(), 0);
  for (size_t c = 0; c < columns.size(); ++c) {
    if (columns[c].stretch && left > 0) {
      const int share = left / stretching--;
      left -= share;
      widths[c] += share;
    }
    horizontalHeader()->resizeSection(static_cast<int>(c), widths[c]);
  }
  fitted_ = any;
}

void PagedTable::resizeEvent(QResizeEvent* event) {
  QTableView::resizeEvent(event);
  fit_columns();
}

void PagedTable::paintEvent(QPaintEvent* event) {
  QTableView::paintEvent(event);
  if (model_->rowCount() > 0) return;
  const QString text = model_->loading() ? tr("Reading…") : empty_text_;
  if (text.isEmpty()) return;
  QPainter painter(viewport());
  painter.setFont(role_font(FontRole::body));
  painter.setPen(tokens().muted);
  painter.drawText(viewport()->rect().adjusted(px(16), 0, -px(16), 0), Qt::AlignCenter | Qt::TextWordWrap, text);
}

void PagedTable::keyPressEvent(QKeyEvent* event) {
  if (event->matches(QKeySequence::Copy)) {
    QApplication::clipboard()->setText(to_csv(true));
    return;
  }
  if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) {
    if (const QVariant key = current_key(); key.isValid()) Q_EMIT activated_row(key);
    return;
  }
  const int last = model_->rowCount() - 1;
  if (event->key() == Qt::Key_Home && last >= 0) return selectRow(0), scrollToTop();
  if (event->key() == Qt::Key_End && last >= 0) return selectRow(last), scrollToBottom();
  // Letters belong to the page's commands: no search by typing here.
  if (!event->text().isEmpty() && event->text()[0].isPrint() && !(event->modifiers() & Qt::ControlModifier)) {
    event->ignore();
    return;
  }
  QTableView::keyPressEvent(event);
}

void PagedTable::mouseReleaseEvent(QMouseEvent* event) {
  QTableView::mouseReleaseEvent(event);
  const QModelIndex index = indexAt(event->pos());
  if (!index.isValid() || event->button() != Qt::LeftButton) return;
  if (model_->columns()[static_cast<size_t>(index.column())].kind != Column::Kind::action) return;
  const Row* row = model_->row(index.row());
  const Cell* cell = model_->cell(index);
  if (row != nullptr && cell != nullptr && !cell->text.isEmpty()) Q_EMIT action(row->key, index.column());
}

void PagedTable::contextMenuEvent(QContextMenuEvent* event) {
  QMenu menu(this);
  auto* copy = menu.addAction(tr("Copy as CSV"));
  copy->setEnabled(!selectionModel()->selectedRows().isEmpty());
  auto* save = menu.addAction(tr("Save as CSV…"));
  const QAction* chosen = menu.exec(event->globalPos());
  if (chosen == copy) QApplication::clipboard()->setText(to_csv(true));
  if (chosen != save) return;
  const QString path =
      QFileDialog::getSaveFileName(this, tr("Save as CSV"), QStringLiteral("rows.csv"), tr("CSV (*.csv)"));
  if (path.isEmpty()) return;
  QSaveFile file(path);
  if (!file.open(QIODevice::WriteOnly) || file.write(to_csv(false).toUtf8()) < 0 || !file.commit())
    Q_EMIT failed(Error{ErrorKind::store,
                        "ui.save_failed",
                        "{path} could not be written: {why}.",
                        {{"path", path.toStdString()}, {"why", file.errorString().toStdString()}},
                        {}});
}

}  // namespace millwright::ui

#include <QThreadPool>
#include <condition_variable>
#include <mutex>
#include <unordered_map>

#include "paged_table.h"

namespace millwright::ui {

namespace {

constexpr qint64 kPage = 256;        // rows fetched at once
constexpr size_t kPagesKept = 96;    // of a numbered source: some 25,000 rows
constexpr size_t kPagesWaiting = 3;  // older wishes are dropped: the view has scrolled past them

QThreadPool& pool() {
  static auto* pool = [] {
    auto* p = new QThreadPool;
    p->setMaxThreadCount(2);
    return p;
  }();
  return *pool;
}

}  // namespace

Cell Cell::badge(const QString& word, State state) {
  Cell cell(word);
  cell.state = state;
  return cell;
}

Cell Cell::trend(QVector<double> points, State state) {
  Cell cell;
  cell.points = std::move(points);
  cell.state = state;
  return cell;
}

Cell Cell::meter(double share, const QString& text, State state) {
  Cell cell(text);
  cell.number = share;
  cell.state = state;
  return cell;
}

Cell Cell::two_lines(const QString& text, const QString& detail) {
  Cell cell(text);
  cell.detail = detail;
  return cell;
}

// What a worker may touch: it outlives the model for as long as a fetch is under way.
struct PagedTableModel::Fetcher {
  struct Mailbox {
    std::mutex mutex;
    std::condition_variable idle;
    PagedTableModel* model = nullptr;
    bool busy = false;
  };
  std::shared_ptr<Mailbox> mailbox = std::make_shared<Mailbox>();
  std::stop_source stop;
  FetchRows fetch;
  qint64 total = 0;  // of a numbered source; -1: read on at the end
  qint64 known = 0;  // rows that the view has been told of
  bool at_end = true;
  bool busy = false;
  bool broken = false;  // the source failed: it is not asked again until somebody says so
  quint64 generation = 0;
  int sort_column = -1;
  Qt::SortOrder sort_order = Qt::AscendingOrder;
  std::unordered_map<qint64, std::vector<Row>> pages;
  std::vector<qint64> recent;   // least recently fetched first
  std::vector<qint64> waiting;  // newest last
  std::vector<Row> fixed;
  bool is_fixed = true;
};

PagedTableModel::PagedTableModel(QObject* parent) : QAbstractTableModel(parent), fetcher_(std::make_unique<Fetcher>()) {
  fetcher_->mailbox->model = this;
}

PagedTableModel::~PagedTableModel() {
  fetcher_->stop.request_stop();
  // A source may lean on things that go when its owner goes: wait for the fetch under way.
  std::unique_lock lock(fetcher_->mailbox->mutex);
  fetcher_->mailbox->model = nullptr;
  fetcher_->mailbox->idle.wait(lock, [&] { return !fetcher_->mailbox->busy; });
}

void PagedTableModel::set_columns(std::vector<Column> columns) {
  beginResetModel();
  columns_ = std::move(columns);
  endResetModel();
}

void PagedTableModel::set_source(FetchRows fetch, qint64 total) {
  beginResetModel();
  Fetcher& f = *fetcher_;
  f.is_fixed = false;
  f.fixed.clear();
  f.fetch = std::move(fetch);
  f.total = total;
  f.known = std::max<qint64>(total, 0);
  two_lines_ = false;
  restart();
  endResetModel();
  if (total != 0) want(0);
}

void PagedTableModel::restart() {
  Fetcher& f = *fetcher_;
  ++f.generation;
  f.stop.request_stop();
  f.stop = {};
  f.pages.clear();
  f.recent.clear();
  f.waiting.clear();
  f.at_end = f.total >= 0;
  f.broken = false;
}

void PagedTableModel::set_rows(std::vector<Row> rows) {
  beginResetModel();
  Fetcher& f = *fetcher_;
  f.total = static_cast<qint64>(rows.size());
  restart();
  f.is_fixed = true;
  f.known = f.total;
  two_lines_ = false;
  for (const auto& row : rows)
    for (const auto& cell : row.cells) two_lines_ = two_lines_ || !cell.detail.isEmpty();
  f.fixed = std::move(rows);
  endResetModel();
  Q_EMIT loaded();
}

void PagedTableModel::clear() { set_rows({}); }

void PagedTableModel::reload(qint64 total) {
  Fetcher& f = *fetcher_;
  if (f.is_fixed) return;
  const bool same = total >= 0 && total == f.known;
  if (!same) beginResetModel();
  const auto shown = f.recent;
  f.total = total;
  f.known = std::max<qint64>(total, 0);
  restart();
  if (!same) endResetModel();
  if (same && total > 0) {
    for (qint64 page : shown) want(page);
    Q_EMIT dataChanged(index(0, 0), index(static_cast<int>(f.known) - 1, std::max(0, columnCount() - 1)));
  }
  if (total != 0 && f.waiting.empty()) want(0);
}

void PagedTableModel::want(qint64 page) const {
  Fetcher& f = *fetcher_;
  if (f.is_fixed || f.broken || !f.fetch || f.pages.contains(page)) return;
  std::erase(f.waiting, page);
  f.waiting.push_back(page);
  if (f.waiting.size() > kPagesWaiting) f.waiting.erase(f.waiting.begin());
  if (f.busy) return;
  f.busy = true;
  const qint64 next = f.waiting.back();
  RowsWanted wanted;
  wanted.first = next * kPage;
  wanted.count = static_cast<int>(kPage);
  wanted.sort_column = f.sort_column;
  wanted.sort_order = f.sort_order;
  if (const auto before = f.pages.find(next - 1); before != f.pages.end() && !before->second.empty())
    wanted.after = before->second.back().key;
  auto mailbox = f.mailbox;
  {
    std::lock_guard lock(mailbox->mutex);
    mailbox->busy = true;
  }
  Work work;
  work.stop = f.stop.get_token();
  pool().start([mailbox, fetch = f.fetch, wanted, work, next, generation = f.generation] {
    auto rows = std::make_shared<Result<std::vector<Row>>>(fetch(wanted, work));
    std::lock_guard lock(mailbox->mutex);
    mailbox->busy = false;
    mailbox->idle.notify_all();
    if (mailbox->model == nullptr) return;
    QMetaObject::invokeMethod(
        mailbox->model,
        [model = mailbox->model, rows, next, generation] { model->take(generation, next, std::move(*rows)); },
        Qt::QueuedConnection);
  });
}

void PagedTableModel::take(quint64 generation, qint64 page, Result<std::vector<Row>> rows) {
  Fetcher& f = *fetcher_;
  f.busy = false;
  if (generation == f.generation) {
    std::erase(f.waiting, page);
    if (!rows) {
      f.at_end = true;
      f.broken = rows.error().kind != ErrorKind::cancelled;
      f.waiting.clear();
      if (rows.error().kind != ErrorKind::cancelled) Q_EMIT failed(rows.error());
    } else {
      const auto got = static_cast<qint64>(rows->size());
      for (const auto& row : *rows)
        for (const auto& cell : row.cells) two_lines_ = two_lines_ || !cell.detail.isEmpty();
      const qint64 first = page * kPage;
      const bool grows = f.total < 0 && got > 0;
      if (grows) beginInsertRows({}, static_cast<int>(first), static_cast<int>(first + got - 1));
      f.pages[page] = std::move(*rows);
      f.recent.push_back(page);
      if (grows) {
        f.known = first + got;
        endInsertRows();
      }
      if (f.total < 0) f.at_end = got < kPage;
      if (f.total >= 0 && f.recent.size() > kPagesKept) {
        f.pages.erase(f.recent.front());
        f.recent.erase(f.recent.begin());
      }
      if (!grows && got > 0 && columnCount() > 0)
        Q_EMIT dataChanged(index(static_cast<int>(first), 0),
                           index(static_cast<int>(std::min(first + got, f.known)) - 1, columnCount() - 1));
      Q_EMIT loaded();
    }
  }
  if (!f.busy && !f.waiting.empty()) want(f.waiting.back());
}

const Row* PagedTableModel::row(qint64 index) const {
  Fetcher& f = *fetcher_;
  if (index < 0 || index >= f.known) return nullptr;
  if (f.is_fixed) return &f.fixed[static_cast<size_t>(index)];
  const auto page = f.pages.find(index / kPage);
  if (page == f.pages.end()) {
    want(index / kPage);
    return nullptr;
  }
  const auto place = static_cast<size_t>(index % kPage);
  return place < page->second.size() ? &page->second[place] : nullptr;
}

const Cell* PagedTableModel::cell(const QModelIndex& index) const {
  const Row* r = row(index.row());
  const auto column = static_cast<size_t>(index.column());
  return r != nullptr && column < r->cells.size() ? &r->cells[column] : nullptr;
}

bool PagedTableModel::loading() const { return fetcher_->busy || !fetcher_->waiting.empty(); }

qint64 PagedTableModel::row_of_key(const QVariant& key) const {
  const Fetcher& f = *fetcher_;
  for (size_t i = 0; i < f.fixed.size() && f.is_fixed; ++i)
    if (f.fixed[i].key == key) return static_cast<qint64>(i);
  for (const auto& [page, rows] : f.pages)
    for (size_t i = 0; i < rows.size(); ++i)
      if (rows[i].key == key) return page * kPage + static_cast<qint64>(i);
  return -1;
}

int PagedTableModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(fetcher_->known);
}

int PagedTableModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(columns_.size());
}

QVariant PagedTableModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const Cell* c = cell(index);
  if (role == Qt::DisplayRole) return c ? c->text : QString();
  if (role == Qt::ToolTipRole && c) return c->tool_tip;
  if (role == Qt::AccessibleTextRole && c)
    return c->detail.isEmpty() ? c->text : QStringLiteral("%1, %2").arg(c->text, c->detail);
  return {};
}

QVariant PagedTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || section < 0 || section >= columnCount()) return {};
  const Column& column = columns_[static_cast<size_t>(section)];
  const bool right = column.kind == Column::Kind::figure;
  if (role == Qt::DisplayRole) return column.title;
  if (role == Qt::ToolTipRole && !column.tool_tip.isEmpty()) return column.tool_tip;
  if (role == Qt::TextAlignmentRole)
    return QVariant::fromValue(Qt::Alignment((right ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter));
  return {};
}

bool PagedTableModel::canFetchMore(const QModelIndex& parent) const {
  return !parent.isValid() && !fetcher_->at_end && !fetcher_->busy;
}

void PagedTableModel::fetchMore(const QModelIndex&) { want(fetcher_->known / kPage); }

void PagedTableModel::sort(int column, Qt::SortOrder order) {
  if (column < 0 || column >= columnCount() || !columns_[static_cast<size_t>(column)].sortable) return;
  Fetcher& f = *fetcher_;
  f.sort_column = column;
  f.sort_order = order;
  if (f.is_fixed) {
    beginResetModel();
    const auto c = static_cast<size_t>(column);
    const bool numbers = columns_[c].kind == Column::Kind::figure || columns_[c].kind == Column::Kind::meter;
    const auto less = [&](const Row& a, const Row& b) {
      if (c >= a.cells.size() || c >= b.cells.size()) return a.cells.size() < b.cells.size();
      const Cell &x = a.cells[c], &y = b.cells[c];
      if (numbers && x.number != y.number) return x.number < y.number;
      return QString::localeAwareCompare(x.text, y.text) < 0;
    };
    std::stable_sort(f.fixed.begin(), f.fixed.end(),
                     [&](const Row& a, const Row& b) { return order == Qt::AscendingOrder ? less(a, b) : less(b, a); });
    endResetModel();
    return;
  }
  const qint64 total = f.total;
  beginResetModel();
  f.known = std::max<qint64>(total, 0);
  restart();
  endResetModel();
  if (total != 0) want(0);
}

}  // namespace millwright::ui

#include "type_ahead.h"

#include <QKeyEvent>
#include <QLineEdit>
#include <QListView>
#include <QPainter>
#include <QStandardItemModel>
#include <QStyledItemDelegate>
#include <QVBoxLayout>
#include <algorithm>

#include "badge.h"
#include "theme.h"

namespace millwright::ui {

namespace {

constexpr int kIdRole = Qt::UserRole + 1;
constexpr int kDetailRole = Qt::UserRole + 2;
constexpr int kPositionsRole = Qt::UserRole + 3;

// Lower case without diacritics, one QChar for one QChar, so that positions stay true.
QString folded(const QString& text) {
  QString out(text.size(), QChar());
  for (int i = 0; i < text.size(); ++i) {
    QChar c = text[i];
    const QString parts = c.decomposition();
    if (!parts.isEmpty() && c.decompositionTag() == QChar::Canonical) c = parts[0];
    out[i] = c.toLower();
  }
  return out;
}

bool starts_word(const QString& text, int i) {
  if (i == 0) return true;
  const QChar before = text[i - 1];
  return !before.isLetterOrNumber() || (before.isLower() && text[i].isUpper());
}

class MatchDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;
  QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const override { return {px(120), px(30)}; }
  void paint(QPainter* p, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    const Tokens& t = tokens();
    p->save();
    p->setRenderHint(QPainter::Antialiasing);
    if (option.state & QStyle::State_Selected) {
      p->setPen(Qt::NoPen);
      p->setBrush(t.selection);
      p->drawRoundedRect(option.rect.adjusted(0, 1, 0, -1), px(6), px(6));
    }
    const bool on = index.flags() & Qt::ItemIsEnabled;
    QRect words = option.rect.adjusted(px(10), 0, -px(10), 0);
    const QString detail = index.data(kDetailRole).toString();
    if (!detail.isEmpty()) {
      p->setFont(role_font(FontRole::key));
      const int width = p->fontMetrics().horizontalAdvance(detail);
      p->setPen(t.muted);
      p->drawText(words, Qt::AlignRight | Qt::AlignVCenter, detail);
      words.setRight(words.right() - width - px(12));
    }
    const QString text = index.data(Qt::DisplayRole).toString();
    const auto hits = index.data(kPositionsRole).value<QVector<int>>();
    draw_match(p, words, text, hits, on);
    p->restore();
  }

 private:
  static void draw_match(QPainter* p, const QRect& where, const QString& text, const QVector<int>& hits, bool on) {
    const QFont plain = role_font(FontRole::body), strong = role_font(FontRole::strong);
    double x = where.left();
    for (int i = 0; i < text.size();) {
      const bool hit = hits.contains(i);
      int end = i + 1;
      while (end < text.size() && hits.contains(end) == hit) ++end;
      const QString run = text.mid(i, end - i);
      p->setFont(hit ? strong : plain);
      p->setPen(!on ? tokens().muted : hit ? tokens().accent_text : tokens().text);
      const double width = p->fontMetrics().horizontalAdvance(run);
      if (x + width > where.right()) {
        p->drawText(QRectF(x, where.top(), where.right() - x, where.height()), Qt::AlignVCenter,
                    p->fontMetrics().elidedText(text.mid(i), Qt::ElideRight, static_cast<int>(where.right() - x)));
        return;
      }
      p->drawText(QRectF(x, where.top(), width + 4, where.height()), Qt::AlignVCenter, run);
      x += width;
      i = end;
    }
  }
};

}  // namespace

std::optional<Match> fuzzy_match(const QString& pattern, const QString& text) {
  const QString wanted = folded(pattern.simplified()), there = folded(text);
  Match match;
  if (wanted.isEmpty()) return match;
  // A run that starts a word is the best reading; otherwise the characters in order, each as near as it goes.
  for (int at = static_cast<int>(there.indexOf(wanted)); at >= 0;
       at = static_cast<int>(there.indexOf(wanted, at + 1))) {
    const int score = (at == 0                 ? 3000
                       : starts_word(text, at) ? 2000
                                               : 1000) -
                      at - static_cast<int>(text.size() - wanted.size());
    if (match.positions.isEmpty() || score > match.score) {
      match.score = score;
      match.positions.clear();
      for (int i = 0; i < wanted.size(); ++i) match.positions.push_back(at + i);
    }
  }
  if (!match.positions.isEmpty()) return match;
  int from = 0;
  for (const QChar c : wanted) {
    if (c.isSpace()) continue;
    int hit = -1;
    for (int i = from; i < there.size(); ++i) {
      if (there[i] != c) continue;
      if (hit < 0) hit = i;
      if (starts_word(text, i) || (!match.positions.isEmpty() && i == match.positions.last() + 1)) {
        hit = i;
        break;
      }
    }
    if (hit < 0) {  // a word's start was preferred where the rest then had no room: take the nearest instead
      match.positions.clear();
      int next = 0;
      for (const QChar d : wanted) {
        if (d.isSpace()) continue;
        next = static_cast<int>(there.indexOf(d, next));
        if (next < 0) return std::nullopt;
        match.positions.push_back(next++);
      }
      break;
    }
    match.positions.push_back(hit);
    from = hit + 1;
  }
  match.score = 100;
  for (int i = 0; i < match.positions.size(); ++i) {
    if (starts_word(text, match.positions[i])) match.score += 20;
    if (i > 0) match.score -= std::min(20, match.positions[i] - match.positions[i - 1] - 1);
  }
  return match;
}

TypeAheadList::TypeAheadList(const QString& prompt, QWidget* parent) : QWidget(parent) {
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(0, 0, 0, 0);
  all->setSpacing(px(6));
  field_ = new QLineEdit;
  field_->setPlaceholderText(prompt);
  field_->setAccessibleName(prompt);
  field_->setClearButtonEnabled(false);
  list_ = new QListView;
  list_->setAccessibleName(prompt);
  list_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  list_->setUniformItemSizes(true);
  list_->setFocusPolicy(Qt::NoFocus);
  list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  list_->setItemDelegate(new MatchDelegate(list_));
  model_ = new QStandardItemModel(this);
  list_->setModel(model_);
  all->addWidget(field_);
  all->addWidget(list_, 1);
  field_->installEventFilter(this);
  connect(field_, &QLineEdit::textChanged, this, [this](const QString& text) {
    filter();
    Q_EMIT text_changed(text);
  });
  connect(list_, &QListView::clicked, this, [this] { choose_current(); });
}

void TypeAheadList::set_items(QVector<Item> items) {
  items_ = std::move(items);
  filter();
}

void TypeAheadList::set_text(const QString& text) { field_->setText(text); }
QString TypeAheadList::text() const { return field_->text(); }

void TypeAheadList::start() {
  field_->setFocus();
  field_->selectAll();
}

void TypeAheadList::filter() {
  struct Found {
    int item, score;
    QVector<int> positions;
  };
  std::vector<Found> found;
  const QString pattern = field_->text();
  for (int i = 0; i < items_.size(); ++i)
    if (auto match = fuzzy_match(pattern, items_[i].text))
      found.push_back({i, match->score + items_[i].weight - (items_[i].enabled ? 0 : 5000), match->positions});
  std::stable_sort(found.begin(), found.end(), [](const Found& a, const Found& b) { return a.score > b.score; });
  model_->clear();
  for (const auto& f : found) {
    const Item& item = items_[f.item];
    auto* row = new QStandardItem(item.text);
    row->setData(item.id, kIdRole);
    row->setData(item.detail, kDetailRole);
    row->setData(QVariant::fromValue(f.positions), kPositionsRole);
    row->setEnabled(item.enabled);
    model_->appendRow(row);
  }
  if (model_->rowCount() > 0) list_->setCurrentIndex(model_->index(0, 0));
}

QStringList TypeAheadList::shown_ids() const {
  QStringList ids;
  for (int i = 0; i < model_->rowCount(); ++i) ids << model_->index(i, 0).data(kIdRole).toString();
  return ids;
}

QString TypeAheadList::current_id() const { return list_->currentIndex().data(kIdRole).toString(); }

void TypeAheadList::choose_current() {
  const QModelIndex index = list_->currentIndex();
  if (index.isValid() && (index.flags() & Qt::ItemIsEnabled)) Q_EMIT chosen(index.data(kIdRole).toString());
}

namespace {

bool is_own_key(int key) {
  for (const int own :
       {Qt::Key_Down, Qt::Key_Up, Qt::Key_PageDown, Qt::Key_PageUp, Qt::Key_Return, Qt::Key_Enter, Qt::Key_Escape})
    if (key == own) return true;
  return false;
}

}  // namespace

bool TypeAheadList::eventFilter(QObject* watched, QEvent* event) {
  const bool override = event->type() == QEvent::ShortcutOverride;
  if (watched != field_ || (event->type() != QEvent::KeyPress && !override))
    return QWidget::eventFilter(watched, event);
  const auto* key = static_cast<QKeyEvent*>(event);
  if (override) {
    // The list's own keys are not for the page behind it: Escape leaves the list before it clears a brush.
    if (key->modifiers() != Qt::NoModifier || !is_own_key(key->key())) return QWidget::eventFilter(watched, event);
    event->accept();
    return true;
  }
  const int rows = model_->rowCount(), here = list_->currentIndex().row();
  const auto go = [&](int row) {
    if (rows > 0) list_->setCurrentIndex(model_->index(std::clamp(row, 0, rows - 1), 0));
    return true;
  };
  switch (key->key()) {
    case Qt::Key_Down:
      return go(here + 1);
    case Qt::Key_Up:
      return go(here - 1);
    case Qt::Key_PageDown:
      return go(here + 8);
    case Qt::Key_PageUp:
      return go(here - 8);
    case Qt::Key_Return:
    case Qt::Key_Enter:
      choose_current();
      return true;
    case Qt::Key_Escape:
      Q_EMIT left();
      return true;
    default:
      return QWidget::eventFilter(watched, event);
  }
}

}  // namespace millwright::ui

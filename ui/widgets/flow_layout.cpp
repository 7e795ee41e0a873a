#include "flow_layout.h"

#include <QWidget>

namespace millwright::ui {

FlowLayout::FlowLayout(QWidget* parent, int spacing, int columns) : QLayout(parent), columns_(columns) {
  setContentsMargins(0, 0, 0, 0);
  setSpacing(spacing);
}

FlowLayout::~FlowLayout() { qDeleteAll(items_); }
void FlowLayout::addItem(QLayoutItem* item) { items_.push_back(item); }
int FlowLayout::count() const { return static_cast<int>(items_.size()); }
QLayoutItem* FlowLayout::itemAt(int index) const { return items_.value(index); }
QLayoutItem* FlowLayout::takeAt(int index) {
  return index >= 0 && index < items_.size() ? items_.takeAt(index) : nullptr;
}
int FlowLayout::heightForWidth(int width) const { return arrange(QRect(0, 0, width, 0), false); }
QSize FlowLayout::sizeHint() const { return minimumSize(); }

QSize FlowLayout::minimumSize() const {
  QSize size;
  for (auto* item : items_) size = size.expandedTo(item->minimumSize());
  const auto m = contentsMargins();
  return size + QSize(m.left() + m.right(), m.top() + m.bottom());
}

void FlowLayout::setGeometry(const QRect& rect) {
  QLayout::setGeometry(rect);
  arrange(rect, true);
}

int FlowLayout::arrange(const QRect& rect, bool move) const {
  const QRect inner = rect.marginsRemoved(contentsMargins());
  const auto shown = [](QLayoutItem* item) { return !item->widget() || !item->widget()->isHidden(); };
  int cell = 0, columns = columns_;
  if (columns_ > 0) {
    int widest = 1;
    for (auto* item : items_)
      if (shown(item)) widest = std::max(widest, item->sizeHint().width());
    columns = std::clamp((inner.width() + spacing()) / (widest + spacing()), 1, columns_);
    cell = (inner.width() - spacing() * (columns - 1)) / columns;
  }
  int x = inner.x(), y = inner.y(), line = 0;
  for (auto* item : items_) {
    if (!shown(item)) continue;
    const QSize size(columns_ > 0 ? cell : std::min(item->sizeHint().width(), inner.width()),
                     item->sizeHint().height());
    if (x > inner.x() && x + size.width() > inner.x() + inner.width()) {
      x = inner.x();
      y += line + spacing();
      line = 0;
    }
    if (move) item->setGeometry(QRect(QPoint(x, y), size));
    x += size.width() + spacing();
    line = std::max(line, size.height());
  }
  return y + line - rect.y() + contentsMargins().bottom();
}

void clear_layout(QLayout* layout) {
  while (auto* item = layout->takeAt(0)) {
    if (auto* widget = item->widget()) {
      widget->hide();
      widget->deleteLater();
    } else if (auto* inner = item->layout()) {
      clear_layout(inner);
    }
    delete item;
  }
}

}  // namespace millwright::ui

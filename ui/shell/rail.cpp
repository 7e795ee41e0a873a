#include "rail.h"

#include <QKeyEvent>
#include <QLabel>
#include <QPainter>
#include <QVBoxLayout>
#include <algorithm>
#include <optional>

#include "ui_widgets/badge.h"
#include "ui_widgets/card.h"
#include "ui_widgets/flow_layout.h"

namespace millwright::ui {

namespace {

QString group_name(RailGroup group) {
  switch (group) {
    case RailGroup::loop:
      return Rail::tr("The loop");
    case RailGroup::data:
      return Rail::tr("Data");
    case RailGroup::labels:
      return Rail::tr("Labels");
    case RailGroup::models:
      return Rail::tr("Models");
    case RailGroup::watch:
      return Rail::tr("Watch");
  }
  return {};
}

QString state_word(State state) {
  switch (state) {
    case State::pass:
      return Rail::tr("good");
    case State::warning:
      return Rail::tr("warning");
    case State::fail:
      return Rail::tr("needs you");
    case State::running:
      return Rail::tr("working");
    case State::neutral:
      break;
  }
  return Rail::tr("empty");
}

}  // namespace

RailItem::RailItem(const PageInfo& info, const QString& key, QWidget* parent)
    : QWidget(parent), id_(info.id), title_(info.title) {
  setFocusPolicy(Qt::TabFocus);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  setAccessibleName(title_);
  setToolTip(key.isEmpty() ? QString() : QStringLiteral("%1 (%2)").arg(title_, key));
}

void RailItem::set_current(bool current) {
  current_ = current;
  update();
}

void RailItem::set_state(State state, const QString& figure) {
  state_ = state;
  figure_ = figure;
  setAccessibleDescription(QStringLiteral("%1 %2").arg(state_word(state), figure));
  update();
}

QSize RailItem::sizeHint() const { return {px(176), px(32)}; }
void RailItem::enterEvent(QEnterEvent*) { update(); }
void RailItem::leaveEvent(QEvent*) { update(); }

void RailItem::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const Tokens& t = tokens();
  const QRectF box = QRectF(rect()).adjusted(0, 1, 0, -1);
  if (current_ || underMouse()) {
    painter.setPen(Qt::NoPen);
    painter.setBrush(current_ ? t.selection : t.hover);
    painter.drawRoundedRect(box, px(6), px(6));
  }
  if (hasFocus()) {
    painter.setPen(QPen(t.accent, 1.4));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), px(5), px(5));
  }
  const double middle = height() / 2.0;
  if (state_ == State::neutral) {
    painter.setPen(QPen(t.faint, 1.4));
    painter.setBrush(Qt::NoBrush);
    painter.drawEllipse(QPointF(px(14), middle), px(3.5), px(3.5));
  } else {
    paint_dot(painter, QPointF(px(14), middle), state_, px(8));
  }
  int right = width() - px(10);
  if (!figure_.isEmpty()) {
    painter.setFont(role_font(FontRole::key));
    painter.setPen(t.muted);
    const int wide = painter.fontMetrics().horizontalAdvance(figure_);
    painter.drawText(QRect(right - wide, 0, wide, height()), Qt::AlignRight | Qt::AlignVCenter, figure_);
    right -= wide + px(8);
  }
  painter.setFont(role_font(current_ ? FontRole::strong : FontRole::body));
  painter.setPen(t.text);
  const int left = px(28);
  painter.drawText(QRect(left, 0, right - left, height()), Qt::AlignLeft | Qt::AlignVCenter,
                   painter.fontMetrics().elidedText(title_, Qt::ElideRight, right - left));
}

void RailItem::mousePressEvent(QMouseEvent*) { Q_EMIT chosen(id_); }

void RailItem::keyPressEvent(QKeyEvent* event) {
  switch (event->key()) {
    case Qt::Key_Return:
    case Qt::Key_Enter:
    case Qt::Key_Space:
      Q_EMIT chosen(id_);
      return;
    case Qt::Key_Up:
      Q_EMIT moved(-1);
      return;
    case Qt::Key_Down:
      Q_EMIT moved(1);
      return;
    default:
      QWidget::keyPressEvent(event);
  }
}

Rail::Rail(QWidget* parent) : QWidget(parent) {
  setFixedWidth(px(200));
  setAccessibleName(tr("Rooms"));
  layout_ = new QVBoxLayout(this);
  layout_->setContentsMargins(px(8), px(12), px(9), px(12));
  layout_->setSpacing(0);
  connect(&Theme::instance(), &Theme::changed, this, [this] {
    setFixedWidth(px(200));
    update();
  });
}

void Rail::set_pages(QVector<PageInfo> pages) {
  clear_layout(layout_);
  items_.clear();
  std::stable_sort(pages.begin(), pages.end(), [](const PageInfo& a, const PageInfo& b) {
    return a.group != b.group ? a.group < b.group : a.order < b.order;
  });
  std::optional<RailGroup> group;
  for (const auto& page : pages) {
    if (group != page.group) {
      group = page.group;
      auto* head = make_label(group_name(page.group), FontRole::small, Tone::muted);
      head->setContentsMargins(px(10), layout_->count() == 0 ? px(2) : px(12), 0, px(4));
      layout_->addWidget(head);
    }
    const int number = static_cast<int>(items_.size()) + 1;
    auto* item = new RailItem(page, number <= 9 ? QStringLiteral("Ctrl %1").arg(number) : QString(), this);
    connect(item, &RailItem::chosen, this, &Rail::chosen);
    connect(item, &RailItem::moved, this, [this, item](int by) {
      const auto at = items_.indexOf(item) + by;
      if (at >= 0 && at < items_.size()) items_[at]->setFocus(Qt::TabFocusReason);
    });
    items_.push_back(item);
    layout_->addWidget(item);
  }
  layout_->addStretch(1);
}

void Rail::set_current(const QString& id) {
  for (auto* item : items_) item->set_current(item->id() == id);
}

void Rail::set_state(const QString& id, State state, const QString& figure) {
  for (auto* item : items_)
    if (item->id() == id) item->set_state(state, figure);
}

QStringList Rail::ids() const {
  QStringList ids;
  for (const auto* item : items_) ids << item->id();
  return ids;
}

void Rail::take_focus() {
  for (auto* item : items_)
    if (item->current()) return item->setFocus(Qt::ShortcutFocusReason);
  if (!items_.isEmpty()) items_.front()->setFocus(Qt::ShortcutFocusReason);
}

void Rail::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.fillRect(rect(), tokens().surface);
  painter.fillRect(QRect(width() - 1, 0, 1, height()), tokens().line);
}

}  // namespace millwright::ui

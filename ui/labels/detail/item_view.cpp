#include "item_view.h"

#include <QFocusEvent>
#include <QLabel>
#include <QPainter>
#include <QScrollArea>
#include <QVBoxLayout>

#include "ui_widgets/badge.h"
#include "ui_widgets/card.h"
#include "ui_widgets/flow_layout.h"
#include "ui_widgets/theme.h"

namespace millwright::ui::detail {
namespace {

constexpr int kLongestChip = 48;

void fill_chip(Badge& chip, const QString& name, const QString& value) {
  const QString shown = value.size() > kLongestChip ? value.left(kLongestChip) + QChar(0x2026) : value;
  chip.set(name + QLatin1Char(' ') + shown, State::neutral);
  chip.setToolTip(name + QStringLiteral(": ") + value.left(2000));
  chip.setAccessibleName(chip.toolTip());
}

}  // namespace

ItemView::ItemView(QWidget* parent) : QWidget(parent) {
  setFocusPolicy(Qt::StrongFocus);
  setAccessibleName(tr("Item to label"));
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(px(28), px(20), px(28), px(12));
  all->setSpacing(px(12));
  id_ = make_label({}, FontRole::figure, Tone::muted);
  chips_ = new QWidget;
  (new FlowLayout(chips_, px(8)))->addWidget(id_);
  auto* inner = new QWidget;
  auto* column = new QVBoxLayout(inner);
  column->setContentsMargins(0, 0, px(8), 0);
  column->setSpacing(px(14));
  text_ = make_label({}, FontRole::item);
  inputs_ = make_label({}, FontRole::body);
  for (auto* label : {text_, inputs_}) {
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
    label->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    column->addWidget(label);
  }
  column->addStretch(1);
  scroll_ = new QScrollArea;
  scroll_->setWidget(inner);
  scroll_->setWidgetResizable(true);
  scroll_->setFrameShape(QFrame::NoFrame);
  scroll_->setFocusPolicy(Qt::NoFocus);
  scroll_->viewport()->setAutoFillBackground(false);
  inner->setAutoFillBackground(false);
  remark_ = make_label({}, FontRole::body, Tone::muted);
  remark_->setTextFormat(Qt::PlainText);
  remark_->setWordWrap(true);
  all->addWidget(chips_);
  all->addWidget(scroll_, 1);
  all->addWidget(remark_);
  adopt_theme();
  connect(&Theme::instance(), &Theme::changed, this, &ItemView::adopt_theme);
}

void ItemView::adopt_theme() {
  QFont larger = role_font(FontRole::body);
  if (larger.pixelSize() > 0) {
    larger.setPixelSize(larger.pixelSize() * 5 / 4);
  } else {
    larger.setPointSizeF(larger.pointSizeF() * 1.25);
  }
  inputs_->setFont(larger);
}

void ItemView::show_item(const ItemContent& item) {
  id_text_ = item.id;
  text_->setText(item.text.isEmpty() ? tr("(empty)") : item.text);
  QStringList paragraphs, heads;
  for (const auto& [name, value] : item.inputs) {
    if (value.isEmpty()) continue;
    const bool shorter = value.size() <= kLongestChip && !value.contains(QLatin1Char(' '));
    (shorter ? heads : paragraphs) << value;
  }
  inputs_->setText(paragraphs.join(QStringLiteral("\n\n")));
  inputs_->setVisible(!paragraphs.isEmpty());
  // What names the item stands before it; the record's own id only where nothing else does.
  id_->setText(heads.isEmpty() ? item.id : heads.join(QStringLiteral("  ")));
  id_->setToolTip(tr("Record %1").arg(item.id));
  show_chips(item.context);
  scroll_->ensureVisible(0, 0);
  setAccessibleDescription(item.text + QLatin1Char('\n') + paragraphs.join(QLatin1Char('\n')));
}

// Chips are kept from item to item: making some twenty widgets anew is most of what a key press would take.
void ItemView::show_chips(const QVector<std::pair<QString, QString>>& context) {
  size_t used = 0;
  for (const auto& [name, value] : context) {
    if (value.isEmpty()) continue;
    if (used == chip_pool_.size()) {
      chip_pool_.push_back(new Badge(chips_));
      chips_->layout()->addWidget(chip_pool_.back());
    }
    fill_chip(*chip_pool_[used], name, value);
    chip_pool_[used++]->show();
  }
  for (; used < chip_pool_.size(); ++used) chip_pool_[used]->hide();
}

void ItemView::show_waiting() {
  id_text_.clear();
  id_->setText({});
  text_->setText(tr("Reading the next item…"));
  inputs_->hide();
}

void ItemView::set_remark(const QString& text) { remark_->setText(text); }

void ItemView::focusInEvent(QFocusEvent* event) {
  QWidget::focusInEvent(event);
  update();
}
void ItemView::focusOutEvent(QFocusEvent* event) {
  QWidget::focusOutEvent(event);
  update();
}

}  // namespace millwright::ui::detail

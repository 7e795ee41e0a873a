#include "label_pad.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>
#include <algorithm>

#include "ui_widgets/buttons.h"
#include "ui_widgets/card.h"
#include "ui_widgets/flow_layout.h"
#include "ui_widgets/type_ahead.h"

namespace millwright::ui::detail {
namespace {

constexpr int kMostColumns = 12;

QString text_of(const std::string& utf8) { return QString::fromStdString(utf8); }

}  // namespace

LabelPad::LabelPad(QWidget* parent) : QWidget(parent) {
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(px(16), px(12), px(16), px(12));
  all->setSpacing(px(10));
  keys_ = new QWidget;
  new FlowLayout(keys_, px(8), kMostColumns);
  auto policy = keys_->sizePolicy();
  policy.setHeightForWidth(true);
  keys_->setSizePolicy(policy);
  type_ahead_ = new TypeAheadList(tr("Type a part of the label"));
  type_ahead_->setAccessibleName(tr("Find a label"));
  type_ahead_->hide();
  all->addWidget(keys_);
  all->addWidget(type_ahead_);
  auto* foot = new QHBoxLayout;
  foot->setSpacing(px(12));
  hint_ = make_label({}, FontRole::caption, Tone::muted);
  saved_ = make_label({}, FontRole::caption, Tone::muted);
  foot->addWidget(hint_);
  foot->addStretch(1);
  foot->addWidget(saved_);
  all->addLayout(foot);
  connect(type_ahead_, &TypeAheadList::chosen, this, [this](const QString& label) {
    stop_type_ahead();
    Q_EMIT chosen(label);
  });
  connect(type_ahead_, &TypeAheadList::left, this, [this] {
    stop_type_ahead();
    Q_EMIT left();
  });
}

void LabelPad::set_labels(const std::vector<labels::Label>& labels) {
  clear_layout(keys_->layout());
  by_key_.clear();
  buttons_.clear();
  QVector<TypeAheadList::Item> all;
  int without_key = 0;
  for (const auto& label : labels) {
    const QString name = text_of(label.name);
    const QString key = label.key ? text_of(*label.key) : QString();
    all.push_back({name, name, key.toUpper()});
    if (key.isEmpty()) {
      ++without_key;
      continue;
    }
    by_key_.insert(key.front().toLower(), name);
    auto* button = new Button(name, Button::Role::label);
    button->set_key(key.toUpper());
    button->setCheckable(true);
    button->setFocusPolicy(Qt::TabFocus);
    button->setAccessibleName(tr("Label %1, key %2").arg(name, key.toUpper()));
    if (!label.definition.empty()) button->setToolTip(text_of(label.definition));
    buttons_.insert(name, button);
    connect(button, &QPushButton::clicked, this, [this, name] { Q_EMIT chosen(name); });
    keys_->layout()->addWidget(button);
  }
  type_ahead_->set_items(all);
  hint_->setText(without_key > 0
                     ? tr("Press / and type to find one of %1 labels; %2 have no key").arg(all.size()).arg(without_key)
                     : tr("Press / and type to find a label · Enter repeats the last one"));
  keys_->updateGeometry();
}

std::optional<QString> LabelPad::label_of(QChar key) const {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return std::nullopt;
  return *found;
}

void LabelPad::mark(const QString& label) {
  for (auto it = buttons_.begin(); it != buttons_.end(); ++it) it.value()->setChecked(it.key() == label);
}

bool LabelPad::typing() const { return type_ahead_->isVisible(); }

void LabelPad::start_type_ahead() {
  // As high as the keys were: the item above stays where it is.
  type_ahead_->setFixedHeight(std::max(keys_->height(), px(140)));
  keys_->hide();
  type_ahead_->show();
  type_ahead_->set_text({});
  type_ahead_->start();
}

void LabelPad::stop_type_ahead() {
  type_ahead_->hide();
  keys_->show();
}

}  // namespace millwright::ui::detail

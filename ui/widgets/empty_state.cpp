#include "empty_state.h"

#include <QLabel>
#include <QVBoxLayout>

#include "buttons.h"
#include "card.h"

namespace millwright::ui {

EmptyState::EmptyState(const QString& icon, const QString& sentence, const QString& first, QWidget* parent)
    : QWidget(parent) {
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(px(24), px(24), px(24), px(24));
  all->setSpacing(px(8));
  all->addStretch(2);
  icon_label_ = new QLabel;
  icon_label_->setAlignment(Qt::AlignCenter);
  sentence_ = make_label({}, FontRole::strong);
  sentence_->setAlignment(Qt::AlignCenter);
  sentence_->setWordWrap(true);
  first_ = make_label({}, FontRole::body, Tone::muted);
  first_->setAlignment(Qt::AlignCenter);
  first_->setWordWrap(true);
  buttons_ = new QVBoxLayout;
  buttons_->setSpacing(px(8));
  all->addWidget(icon_label_);
  all->addSpacing(px(4));
  all->addWidget(sentence_);
  all->addWidget(first_);
  all->addSpacing(px(8));
  all->addLayout(buttons_);
  all->addStretch(3);
  connect(&Theme::instance(), &Theme::changed, this, [this] { show_icon(); });
  set(icon, sentence, first);
}

void EmptyState::set(const QString& icon, const QString& sentence, const QString& first) {
  icon_ = icon;
  sentence_->setText(sentence);
  first_->setText(first);
  first_->setVisible(!first.isEmpty());
  setAccessibleName(sentence + QLatin1Char(' ') + first);
  show_icon();
}

void EmptyState::show_icon() {
  icon_label_->setPixmap(icon_pixmap(icon_, px(32), tokens().faint, devicePixelRatioF()));
}

Button* EmptyState::add_button(const QString& text, const QString& key, bool primary) {
  auto* button = primary ? primary_button(text, key) : secondary_button(text, key);
  buttons_->addWidget(button, 0, Qt::AlignHCenter);
  return button;
}

}  // namespace millwright::ui

#include "page_header.h"

#include <QHBoxLayout>
#include <QLabel>

#include "card.h"

namespace millwright::ui {

PageHeader::PageHeader(const QString& title, const QString& subtitle, QWidget* parent) : QWidget(parent) {
  auto* all = new QHBoxLayout(this);
  all->setContentsMargins(0, 0, 0, 0);
  all->setSpacing(px(12));
  title_ = make_label(title, FontRole::title);
  title_->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
  all->addWidget(title_);
  controls_ = new QHBoxLayout;
  controls_->setSpacing(px(8));
  all->addLayout(controls_);
  subtitle_ = new ElidedLabel(subtitle);
  subtitle_->set_role(FontRole::body, Tone::muted);
  subtitle_->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  all->addWidget(subtitle_, 1);
  actions_ = new QHBoxLayout;
  actions_->setSpacing(px(8));
  all->addLayout(actions_);
  setMinimumHeight(px(28));
  setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
}

void PageHeader::set_title(const QString& title) { title_->setText(title); }
void PageHeader::set_subtitle(const QString& subtitle) { subtitle_->set_text(subtitle); }
void PageHeader::add_control(QWidget* widget) { controls_->addWidget(widget, 0, Qt::AlignVCenter); }
void PageHeader::add_action(QWidget* widget) { actions_->addWidget(widget, 0, Qt::AlignVCenter); }

}  // namespace millwright::ui

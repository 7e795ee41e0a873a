#include "standard_page.h"

#include <QStackedWidget>
#include <QVBoxLayout>
#include <utility>

#include "ui_widgets/buttons.h"
#include "ui_widgets/empty_state.h"
#include "ui_widgets/error_banner.h"
#include "ui_widgets/page_header.h"

namespace millwright::ui {

StandardPage::StandardPage(PageInfo info, const QString& icon, PageContext context, QWidget* parent)
    : Page(std::move(info), context, parent), icon_(icon) {
  column_ = new QVBoxLayout(this);
  column_->setContentsMargins(px(20), px(16), px(20), px(16));
  column_->setSpacing(px(12));
  header_ = new PageHeader(this->info().title);
  banner_ = new ErrorBanner;
  stack_ = new QStackedWidget;
  empty_ = new EmptyState(icon, {}, {});
  empty_button_ = empty_->add_button({});
  empty_button_->hide();  // until show_empty() gives it a verb
  stack_->addWidget(empty_);
  column_->addWidget(header_);
  column_->addWidget(banner_);
  column_->addWidget(stack_, 1);
  connect(banner_, &ErrorBanner::retry, this, [this] { refresh(); });
  connect(empty_button_, &QPushButton::clicked, this, [this] {
    if (act_) act_();
  });
}

QWidget* StandardPage::first_focus() {
  if (shows_content()) return first_focus_;
  return empty_button_->isHidden() ? nullptr : empty_button_;
}

void StandardPage::add_below_banner(QWidget* widget) {
  column_->insertWidget(column_->count() - 1, widget, 0, Qt::AlignLeft);
}

void StandardPage::set_content(QWidget* content, QWidget* first_focus) {
  stack_->addWidget(content);
  first_focus_ = first_focus;
}

void StandardPage::show_content() {
  if (shows_content()) return;
  // The page holds the keyboard while it is read, the button while it is empty: left alone, it would land on whatever
  // comes next.
  const QWidget* focus = window()->focusWidget();
  const bool had_focus = focus == this || focus == empty_button_;
  stack_->setCurrentIndex(1);
  if (had_focus && first_focus_ != nullptr) first_focus_->setFocus();
}

bool StandardPage::shows_content() const { return stack_->currentIndex() == 1; }

void StandardPage::show_empty(const QString& sentence, const QString& first, const QString& verb,
                              std::function<void()> act) {
  empty_->set(icon_, sentence, first);
  empty_button_->setText(verb);
  empty_button_->show();
  act_ = std::move(act);
  stack_->setCurrentIndex(0);
}

void StandardPage::report(const Error& error) {
  overview_failed_ = false;
  banner_->set_retry({});
  banner_->show_error(error);
}

void StandardPage::overview_read(const Error* error) {
  if (error != nullptr) {
    report(*error);
    overview_failed_ = true;
    banner_->set_retry(tr("Try again"));
  } else if (std::exchange(overview_failed_, false)) {
    banner_->clear();
  }
}

}  // namespace millwright::ui

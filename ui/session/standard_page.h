// A page as most are: a head, a place for errors, and below them either its content or why there is none yet.
#pragma once

#include <functional>
#include <utility>

#include "ui_session/page.h"

class QStackedWidget;
class QVBoxLayout;

namespace millwright::ui {

class Button;
class EmptyState;
class ErrorBanner;
class PageHeader;

class StandardPage : public Page {
  Q_OBJECT
 public:
  /// icon: a name of resources/icons, shown while the page is empty.
  StandardPage(PageInfo info, const QString& icon, PageContext context, QWidget* parent = nullptr);

  /// What has the keyboard first: the empty state's button while there is nothing to show.
  QWidget* first_focus() final;

 protected:
  [[nodiscard]] PageHeader* header() const { return header_; }
  [[nodiscard]] ErrorBanner* banner() const { return banner_; }
  /// Between the banner and the content, at the left.
  void add_below_banner(QWidget* widget);
  /// What the page shows when there is something to show, and what of it has the keyboard first.
  void set_content(QWidget* content, QWidget* first_focus);

  void show_content();
  [[nodiscard]] bool shows_content() const;
  /// Why there is nothing yet, what to do first, and the button that does it.
  void show_empty(const QString& sentence, const QString& first, const QString& verb, std::function<void()> act);

  /// Into the banner; a cancelled error takes away what stands there.
  void report(const Error& error);

  /// What refresh() reads. A failure stands in the banner with "Try again"; the next success takes it away.
  template <class Job, class Then>
  void read_overview(Job job, Then then) {
    session().read(this, "overview", std::move(job), [this, then = std::move(then)](auto result) mutable {
      overview_read(result ? nullptr : &result.error());
      if (result) hand_over(then, result);
    });
  }
  /// ProjectSession's read and work with their failures in the banner: `then` gets the value alone.
  template <class Job, class Then>
  void read(const char* slot, Job job, Then then) {
    session().read(this, slot, std::move(job), or_report(std::move(then)));
  }
  template <class Job, class Then>
  void work(const QString& what, Job job, Then then) {
    session().work(this, what, std::move(job), or_report(std::move(then)));
  }
  /// A write that fails is shown by the window: `then` is called for one that is saved.
  template <class Job, class Then>
  void write(Job job, Then then) {
    session().write(this, std::move(job), [then = std::move(then)](auto result) mutable {
      if (result) hand_over(then, result);
    });
  }

 private:
  void overview_read(const Error* error);
  template <class Then, class R>
  static void hand_over(Then& then, R& result) {
    if constexpr (std::is_void_v<typename R::value_type>)
      then();
    else
      then(std::move(*result));
  }
  template <class Then>
  auto or_report(Then then) {
    return [this, then = std::move(then)](auto result) mutable {
      if (result)
        hand_over(then, result);
      else
        report(result.error());
    };
  }

  QString icon_;
  QVBoxLayout* column_;
  PageHeader* header_;
  ErrorBanner* banner_;
  QStackedWidget* stack_;
  EmptyState* empty_;
  Button* empty_button_;
  QWidget* first_focus_ = nullptr;
  std::function<void()> act_;
  bool overview_failed_ = false;
};

}  // namespace millwright::ui

// ui/flywheel: home. The loop as a ring with live figures, what is red, and the next useful things to do, each with its
// verb. It shows what planning/ tells and decides nothing.
#pragma once

#include "planning/flywheel.h"
#include "ui_session/page.h"

class QLabel;
class QVBoxLayout;

namespace millwright::ui {

class Card;
class ErrorBanner;
class KpiTile;
class PageHeader;
class Ring;

class FlywheelPage : public Page {
  Q_OBJECT
 public:
  explicit FlywheelPage(PageContext context, QWidget* parent = nullptr);
  void refresh() override;
  /// The rail's dots come from here.
  [[nodiscard]] bool refreshes_hidden() const override { return true; }
  [[nodiscard]] QWidget* first_focus() override;

 private:
  void show_status(const planning::FlywheelStatus& status);
  void show_kpis(const planning::FlywheelStatus& status);
  void show_next(const planning::FlywheelStatus& status);
  void tell_rail(const planning::FlywheelStatus& status);
  void verify();

  PageHeader* header_;
  ErrorBanner* banner_;
  std::vector<KpiTile*> tiles_;
  Ring* ring_;
  QVBoxLayout* next_;
  QWidget* first_button_ = nullptr;
};

}  // namespace millwright::ui

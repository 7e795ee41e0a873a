// ui/quality: the Quality page. Is this batch or snapshot fit? What was found, where the limit is, which rows; and who
// let it pass nevertheless.
#pragma once

#include <memory>
#include <optional>

#include "quality/gate_report.h"
#include "ui_session/page.h"

class QLabel;
class QStackedWidget;

namespace millwright::ui {

class Badge;
class BarChart;
class Button;
class Card;
class EmptyState;
class ErrorBanner;
class PagedTable;
class PageHeader;
class Picker;
class RecordView;
class SegmentedControl;

class QualityPage : public Page {
  Q_OBJECT
 public:
  explicit QualityPage(PageContext context, QWidget* parent = nullptr);
  ~QualityPage() override;
  /// {"batch": tail or row}, {"snapshot": tail or row}, {"check": name}
  void activate(const QVariantMap& arguments) override;
  void refresh() override;
  QWidget* first_focus() override;

 private:
  struct Overview;
  struct Pictures;
  void build();
  QWidget* build_left();
  QWidget* build_right();
  void add_commands();
  void take(std::shared_ptr<Overview> overview);
  void choose(const QString& id);
  void run_gate();
  void show_report();
  void show_pictures(std::shared_ptr<Pictures> pictures);
  void read_pictures();
  void show_rows(const QString& check);
  void show_quarantine();
  void override_gate();

  std::shared_ptr<Overview> overview_;
  std::optional<quality::Subject> subject_;
  std::optional<quality::GateReport> report_;
  std::vector<quality::Override> overrides_;
  QString wanted_, wanted_check_;
  bool wanted_snapshot_ = false;
  bool running_ = false;

  PageHeader* header_ = nullptr;
  Picker* picker_ = nullptr;
  Badge* verdict_ = nullptr;
  Button* override_ = nullptr;
  Button* again_ = nullptr;
  ErrorBanner* banner_ = nullptr;
  QStackedWidget* stack_ = nullptr;
  EmptyState* empty_ = nullptr;
  PagedTable* checks_ = nullptr;
  QLabel* sentence_ = nullptr;
  QLabel* overridden_ = nullptr;
  Card* rows_card_ = nullptr;
  RecordView* rows_ = nullptr;
  Card* picture_card_ = nullptr;
  SegmentedControl* picture_mode_ = nullptr;
  QStackedWidget* pictures_ = nullptr;
  BarChart* missing_ = nullptr;
  BarChart* classes_ = nullptr;
  Card* quarantine_card_ = nullptr;
  PagedTable* quarantine_ = nullptr;
};

}  // namespace millwright::ui

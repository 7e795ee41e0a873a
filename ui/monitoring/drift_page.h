// ui/monitoring: the Drift page. What moved between two windows, ranked; the distribution; the records behind a brush;
// and from there to a labeling queue.
#pragma once

#include <memory>
#include <optional>

#include "ui_session/page.h"

class QLabel;
class QLineEdit;
class QStackedWidget;
class QVBoxLayout;

namespace millwright::monitoring {
struct DriftReport;
}

namespace millwright::ui {

class Button;
class Card;
class DistributionView;
class EmptyState;
class ErrorBanner;
class PagedTable;
class PageHeader;
class Picker;
class ProgressStrip;
class RecordView;
struct BrushedPart;

class DriftPage : public Page {
  Q_OBJECT
 public:
  explicit DriftPage(PageContext context, QWidget* parent = nullptr);
  ~DriftPage() override;
  /// {"drift": tail of a kept report}, {"reference": batch}, {"current": batch}, {"field": name}
  void activate(const QVariantMap& arguments) override;
  void refresh() override;
  QWidget* first_focus() override;

  [[nodiscard]] PagedTable* fields() const { return fields_; }
  [[nodiscard]] DistributionView* distribution() const { return distribution_; }
  [[nodiscard]] RecordView* records() const { return records_; }
  [[nodiscard]] Button* queue_button() const { return queue_; }

 private:
  struct Overview;
  void build();
  void build_controls(QVBoxLayout* all);
  QWidget* build_left();
  QWidget* build_right();
  void add_commands();
  void take(std::shared_ptr<Overview> overview);
  void show_pickers();
  void show_report();
  void measure();
  void measured(std::shared_ptr<const monitoring::DriftReport> report);
  void show_field(const QString& field);
  void show_behind(const BrushedPart& part);
  void no_brush();
  void queue_them();
  void save_report();
  void ask_range(bool reference);

  std::shared_ptr<Overview> overview_;
  std::shared_ptr<const monitoring::DriftReport> report_;
  QString wanted_report_, wanted_reference_, wanted_current_, wanted_field_;
  QString reference_text_, current_text_;  ///< windows as the core reads them
  QString asset_, field_;
  std::unique_ptr<BrushedPart> part_;
  bool measuring_ = false;
  int work_ = -1;
  QString work_name_;

  PageHeader* header_ = nullptr;
  Picker* asset_picker_ = nullptr;
  Picker* reference_ = nullptr;
  Picker* current_ = nullptr;
  Picker* rules_ = nullptr;
  Picker* alpha_ = nullptr;
  QLineEdit* where_ = nullptr;
  QLabel* where_error_ = nullptr;
  Button* measure_ = nullptr;
  ErrorBanner* banner_ = nullptr;
  ProgressStrip* progress_ = nullptr;
  QStackedWidget* stack_ = nullptr;
  EmptyState* empty_ = nullptr;
  Button* empty_button_ = nullptr;
  Card* fields_card_ = nullptr;
  PagedTable* fields_ = nullptr;
  QLabel* sentence_ = nullptr;
  Card* picture_card_ = nullptr;
  DistributionView* distribution_ = nullptr;
  Card* rows_card_ = nullptr;
  RecordView* records_ = nullptr;
  Button* queue_ = nullptr;
};

}  // namespace millwright::ui

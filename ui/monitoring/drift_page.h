// ui/monitoring: the Drift page. What moved between two windows, ranked; the distribution; the records behind a brush;
// and from there to a labeling queue.
#pragma once

#include <memory>
#include <optional>

#include "ui_session/page.h"

class QLabel;
class QStackedWidget;

namespace millwright::monitoring {
struct DriftReport;
}
namespace millwright::ui::detail {
class DriftBar;
}

namespace millwright::ui {

class Button;
class Card;
class DistributionView;
class EmptyState;
class ErrorBanner;
class PagedTable;
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
  /// Which arrivals of the current window are compared: "all", "new:FIELD", "where".
  [[nodiscard]] Picker* arrivals() const;

 private:
  struct Shown;
  struct Overview;
  [[nodiscard]] static Result<std::shared_ptr<const Shown>> to_show(const store::Project& project,
                                                                    monitoring::DriftReport report);
  [[nodiscard]] static Result<std::shared_ptr<Overview>> look(store::Project& project, const std::string& asset,
                                                              const std::optional<std::string>& report);
  void build();
  QWidget* build_left();
  QWidget* build_right();
  void add_commands();
  void take(std::shared_ptr<Overview> overview);
  void show_content();
  void show_empty(bool possible);
  void show_report();
  void measure();
  void show_field(const QString& field);
  void show_behind(const BrushedPart& part);
  void no_brush();
  void queue_them();
  void save_report();

  std::shared_ptr<Overview> overview_;
  std::shared_ptr<const Shown> shown_;
  QString wanted_report_, wanted_reference_, wanted_current_, wanted_field_;
  QString field_;
  std::unique_ptr<BrushedPart> part_;
  bool measuring_ = false;
  int work_ = -1;
  QString work_name_;

  detail::DriftBar* bar_ = nullptr;
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

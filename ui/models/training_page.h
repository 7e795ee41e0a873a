// ui/models: the Training page (plan a run, watch it, see where it errs) and the Models page (registry and stages).
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "models/training.h"
#include "ui_session/standard_page.h"

class QStackedWidget;

namespace millwright::ui {

class Button;
class Card;
class PagedTable;
class RecordView;
class SegmentedControl;

namespace detail {
class EvaluationView;
class TrainingCurve;
struct RunsOverview;
}  // namespace detail

class TrainingPage : public StandardPage {
  Q_OBJECT
 public:
  explicit TrainingPage(PageContext context, QWidget* parent = nullptr);
  ~TrainingPage() override;
  /// {"snapshot": tail}: plan a run on it. {"run": tail}, {"job": row}
  void activate(const QVariantMap& arguments) override;
  void refresh() override;

  /// The evaluation that is shown; null while there is none.
  [[nodiscard]] std::shared_ptr<const models::Evaluation> shown_evaluation() const;
  [[nodiscard]] PagedTable* runs() const { return runs_; }
  [[nodiscard]] RecordView* records() const { return records_; }
  /// The job that is watched, 0: none.
  [[nodiscard]] qint64 job() const { return job_; }

 private:
  using Overview = detail::RunsOverview;
  QWidget* build_top();
  QWidget* build_bottom();
  void add_commands();
  void take(std::shared_ptr<Overview> overview);
  void plan();
  void start(const models::TrainRequest& request);
  void watch(const jobs::Job& job);
  void ended(const jobs::Job& job);
  void retry();
  void show_run(int64_t run);
  void show_cell(int truth, int predicted);
  [[nodiscard]] const models::Run* run_named(const QVariant& key) const;

  std::shared_ptr<Overview> overview_;
  qint64 job_ = 0;
  int64_t run_ = 0;
  QString wanted_snapshot_, wanted_run_;

  Button *gate_button_ = nullptr, *retry_button_ = nullptr;
  QString refused_snapshot_;
  detail::TrainingCurve* curve_ = nullptr;
  Card* evaluation_card_ = nullptr;
  detail::EvaluationView* evaluation_ = nullptr;
  Card* bottom_card_ = nullptr;
  SegmentedControl* bottom_mode_ = nullptr;
  QStackedWidget* bottom_ = nullptr;
  PagedTable* runs_ = nullptr;
  RecordView* records_ = nullptr;
};

}  // namespace millwright::ui

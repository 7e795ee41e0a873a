// How labels are to be judged: by which algorithm, in how many folds, beginning where. Says about how long it will take
// before it is started.
#pragma once

#include <vector>

#include "labels/task.h"
#include "models/cross_validation_plan.h"
#include "models/registry.h"
#include "ui_widgets/dialogs.h"

class QComboBox;
class QLabel;
class QSpinBox;
class QTimer;

namespace millwright::ui {
class TrainingForm;
}  // namespace millwright::ui

namespace millwright::ui::detail {

class CrossValidationDialog : public Dialog {
  Q_OBJECT
 public:
  /// `models`: those of the registry; encoders among them can be started from.
  CrossValidationDialog(const labels::Task& task, const std::vector<models::Model>& models, QWidget* parent);
  [[nodiscard]] models::CrossValidationRequest request() const;
  /// What is said of a request; of one that is no longer asked for, nothing is shown.
  void show_plan(const models::CrossValidationRequest& request, const Result<models::CrossValidationPlan>& plan);

 Q_SIGNALS:
  /// The request is another than before: what is to be said of it?
  void plan_wanted(const millwright::models::CrossValidationRequest& request);

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  void show_algorithm();
  void fit_words();
  int64_t task_;
  QComboBox* algorithm_;
  QLabel* about_algorithm_;
  QSpinBox* folds_;
  QLabel* plan_;
  QTimer* pause_;  ///< until nothing was changed for a moment
  TrainingForm* training_;
};

}  // namespace millwright::ui::detail

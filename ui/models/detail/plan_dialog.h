// Planning a run: on which snapshot, with which algorithm and options, seed and device. The form is made from the one
// declaration of the options that the engine reads too.
#pragma once

#include <vector>

#include "models/registry.h"
#include "models/training.h"
#include "models/training_plan.h"
#include "snapshots/snapshot.h"
#include "ui_widgets/dialogs.h"

class QComboBox;
class QLabel;
class QTimer;

namespace millwright::ui {
class TrainingForm;
}  // namespace millwright::ui

namespace millwright::ui::detail {

class AlgorithmList;

struct SnapshotChoice {
  snapshots::Snapshot snapshot;
  std::string task;
  bool gate_open = true;
};

class PlanDialog : public Dialog {
  Q_OBJECT
 public:
  /// `models`: those of the registry; encoders among them can be started from.
  PlanDialog(std::vector<SnapshotChoice> choices, const std::vector<models::Model>& models, const QString& wanted,
             QWidget* parent);
  [[nodiscard]] models::TrainRequest request() const;
  /// What is said of a request; of one that is no longer asked for, nothing is shown.
  void show_plan(const models::TrainRequest& request, const Result<models::TrainingPlan>& plan);

 Q_SIGNALS:
  /// The request is another than before: what is to be said of it?
  void plan_wanted(const millwright::models::TrainRequest& request);

 private:
  void show_snapshot();
  void show_algorithm();
  void show_objectives(const models::TrainingPlan& plan);
  std::vector<SnapshotChoice> choices_;
  QComboBox* snapshot_;
  QLabel* about_snapshot_;
  AlgorithmList* algorithm_;
  QLabel* error_;
  QTimer* pause_;  ///< until nothing was changed for a moment
  TrainingForm* training_;
  bool objective_chosen_ = false;  ///< by hand
};

}  // namespace millwright::ui::detail

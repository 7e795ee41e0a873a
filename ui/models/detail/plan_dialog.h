// Planning a run: on which snapshot, with which algorithm and options, seed and device. The form is made from the one
// declaration of the options that the engine reads too.
#pragma once

#include <map>
#include <vector>

#include "models/registry.h"
#include "models/training.h"
#include "snapshots/snapshot.h"
#include "ui_widgets/dialogs.h"

class QComboBox;
class QFormLayout;
class QLabel;
class QSpinBox;

namespace millwright::ui::detail {

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

 private:
  void show_options();
  void show_snapshot();
  [[nodiscard]] QString value_of(const QString& option) const;
  std::vector<SnapshotChoice> choices_;
  QComboBox* snapshot_;
  QLabel* about_snapshot_;
  QComboBox* algorithm_;
  QLabel* about_algorithm_;
  QWidget* options_;
  QFormLayout* form_;
  QFormLayout* options_form_;
  std::map<QString, QWidget*> fields_;
  QComboBox* base_;
  QSpinBox* seed_;
  QComboBox* device_;
};

}  // namespace millwright::ui::detail

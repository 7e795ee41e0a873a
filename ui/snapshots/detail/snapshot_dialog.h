// What a new snapshot is made of. The split is fixed at a task's first one and only shown after that.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "labels/task.h"
#include "records/asset.h"
#include "records/batch.h"
#include "snapshots/snapshot.h"
#include "snapshots/split.h"
#include "ui_widgets/dialogs.h"

class QCheckBox;
class QComboBox;
class QLabel;
class QLineEdit;
class QListWidget;
class QSpinBox;

namespace millwright::ui::detail {

struct TaskChoice {
  labels::Task task;
  records::Asset asset;
  std::vector<records::BatchInfo> batches;
  std::optional<snapshots::SplitPlan> plan;
};

class SnapshotDialog : public Dialog {
  Q_OBJECT
 public:
  SnapshotDialog(std::vector<TaskChoice> choices, QWidget* parent);
  [[nodiscard]] snapshots::SnapshotRequest request() const;

 private:
  void show_task();
  void judge();
  [[nodiscard]] const TaskChoice& choice() const;
  std::vector<TaskChoice> choices_;
  QComboBox* task_;
  QListWidget* batches_;
  QLineEdit* where_;
  QLabel* error_;
  QLineEdit* split_;
  QSpinBox* seed_;
  QComboBox* group_;
  QLabel* fixed_;
};

}  // namespace millwright::ui::detail

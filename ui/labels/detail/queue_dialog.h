// Making a task, and filling a queue: the two questions before anybody can label.
#pragma once

#include <QDialog>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/work.h"
#include "labels/task.h"
#include "monitoring/fill_queue.h"
#include "records/asset.h"
#include "ui_widgets/dialogs.h"

class QCheckBox;
class QComboBox;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QSpinBox;

namespace millwright::ui::detail {

using monitoring::fill_queue;
using monitoring::QueueQuestion;

class QueueDialog : public Dialog {
  Q_OBJECT
 public:
  QueueDialog(const labels::Task& task, const std::vector<std::string>& people, QWidget* parent);
  [[nodiscard]] QueueQuestion question() const;

 private:
  [[nodiscard]] bool suspects() const;
  int64_t task_;
  QLineEdit* name_;
  QLineEdit* where_;
  QLabel* where_error_;
  QComboBox* order_;
  QComboBox* assign_;
  QSpinBox* limit_;
  QCheckBox* unlabeled_;
};

/// A task, and where its first labels come from.
struct TaskQuestion {
  labels::NewTask task;
  std::string label_field;  ///< take labels over from this field, in the name of `by`
  std::string by;
};
class TaskDialog : public Dialog {
  Q_OBJECT
 public:
  TaskDialog(std::vector<records::Asset> assets, const QString& annotator, QWidget* parent);
  [[nodiscard]] TaskQuestion question() const;

 private:
  void show_kind();
  void show_fields();
  void judge();
  [[nodiscard]] labels::TaskKind kind() const;
  std::vector<records::Asset> assets_;
  QLineEdit* name_;
  QComboBox* kind_;
  QLabel* about_kind_;
  QComboBox* asset_;
  QComboBox* text_;
  QComboBox* second_;
  QPlainTextEdit* labels_;
  QComboBox* from_field_;
  QLineEdit* by_;
};

}  // namespace millwright::ui::detail

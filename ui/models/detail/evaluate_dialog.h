// On which rows a model is to be evaluated.
#pragma once

#include <string>
#include <vector>

#include "records/batch.h"
#include "snapshots/snapshot.h"
#include "ui_widgets/dialogs.h"

class QComboBox;
class QLabel;
class QLineEdit;

namespace millwright::ui::detail {

class EvaluateDialog : public Dialog {
  Q_OBJECT
 public:
  EvaluateDialog(const std::vector<snapshots::Snapshot>& snapshots, const std::vector<records::BatchInfo>& batches,
                 QWidget* parent);
  /// "SNAPSHOT:test" or "batch:B".
  [[nodiscard]] std::string on() const;
  [[nodiscard]] std::string where() const;

 private:
  QComboBox* on_;
  QLineEdit* where_;
  QLabel* error_;
};

}  // namespace millwright::ui::detail

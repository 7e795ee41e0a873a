// What a model folder is, before it is taken in, and what it will be called.
#pragma once

#include <string>

#include "models/registry.h"
#include "ui_widgets/dialogs.h"

class QLineEdit;

namespace millwright::ui::detail {

class ModelFolderDialog : public Dialog {
  Q_OBJECT
 public:
  ModelFolderDialog(const QString& folder, const models::ModelFolder& found, QWidget* parent);
  [[nodiscard]] std::string name() const;

 private:
  QLineEdit* name_;
};

}  // namespace millwright::ui::detail

// Of which records an encoder is to compute embeddings, and where.
#pragma once

#include <vector>

#include "models/embedding.h"
#include "models/registry.h"
#include "records/batch.h"
#include "ui_widgets/dialogs.h"

class QComboBox;

namespace millwright::ui::detail {

class EmbedDialog : public Dialog {
  Q_OBJECT
 public:
  EmbedDialog(const models::Model& model, const std::vector<records::BatchInfo>& batches, QWidget* parent);
  [[nodiscard]] models::EmbedRequest request() const;

 private:
  std::string model_;
  QComboBox* of_;
  QComboBox* device_;
};

}  // namespace millwright::ui::detail

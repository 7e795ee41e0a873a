#include "embed_dialog.h"

#include <QComboBox>
#include <QFormLayout>
#include <QLabel>
#include <QVBoxLayout>
#include <map>

#include "ui_records/words.h"
#include "ui_widgets/buttons.h"
#include "ui_widgets/card.h"

namespace millwright::ui::detail {

EmbedDialog::EmbedDialog(const models::Model& model, const std::vector<records::BatchInfo>& batches, QWidget* parent)
    : Dialog(tr("Embed records"), tr("Embed"), parent), model_(tail(model.uuid)) {
  setMinimumWidth(px(520));
  auto* about =
      make_label(tr("%1 computes a vector for each record's text. Similar earlier items on the Labels page go "
                    "by them. Records that have one already are left out.")
                     .arg(text_of(model.name.empty() ? model.family : model.name)),
                 FontRole::body, Tone::muted);
  about->setWordWrap(true);
  body()->addWidget(about);
  auto* form = add_form();
  of_ = new QComboBox;
  of_->setAccessibleName(tr("Records of"));
  std::map<std::string, qint64> assets;
  for (const auto& batch : batches) assets[batch.asset_name] += batch.rows_kept;
  // The item's data is {asset, batch}; an empty batch means all of the asset's.
  for (const auto& [asset, rows] : assets)
    of_->addItem(tr("All of %1 (%2)").arg(text_of(asset), counted(rows, tr("1 record"), tr("%1 records"))),
                 QStringList{text_of(asset), QString()});
  for (auto batch = batches.rbegin(); batch != batches.rend(); ++batch)
    of_->addItem(
        tr("Batch %1 (%2)")
            .arg(batch_name(*batch), counted(static_cast<qint64>(batch->rows_kept), tr("1 record"), tr("%1 records"))),
        QStringList{text_of(batch->asset_name), text_of(tail(batch->uuid))});
  device_ = new QComboBox;
  device_->setAccessibleName(tr("Device"));
  device_->addItem(tr("auto: the best there is"), QStringLiteral("auto"));
  device_->addItem(tr("processor"), QStringLiteral("cpu"));
  device_->addItem(tr("first GPU"), QStringLiteral("cuda:0"));
  form->addRow(tr("Records of"), of_);
  form->addRow(tr("Device"), device_);
  accept_button()->setEnabled(of_->count() > 0);
}

models::EmbedRequest EmbedDialog::request() const {
  const QStringList of = of_->currentData().toStringList();
  return {model_, utf8_of(of.value(0)), utf8_of(of.value(1)), utf8_of(device_->currentData().toString())};
}

}  // namespace millwright::ui::detail

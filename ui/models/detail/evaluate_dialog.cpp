#include "evaluate_dialog.h"

#include <QComboBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QVBoxLayout>

#include "records/where.h"
#include "ui_records/words.h"
#include "ui_widgets/buttons.h"
#include "ui_widgets/card.h"
#include "ui_widgets/error_banner.h"

namespace millwright::ui::detail {

EvaluateDialog::EvaluateDialog(const std::vector<snapshots::Snapshot>& snapshots,
                               const std::vector<records::BatchInfo>& batches, QWidget* parent)
    : Dialog(tr("Evaluate the model"), tr("Evaluate"), parent) {
  auto* form = add_form();
  on_ = new QComboBox;
  on_->setAccessibleName(tr("On"));
  for (const auto& snapshot : snapshots) {
    const QString id = text_of(tail(snapshot.uuid));
    const QString name = short_id(snapshot.uuid);
    on_->addItem(tr("Snapshot %1, test split (%2 rows)").arg(name, figure(static_cast<qint64>(snapshot.counts.test))),
                 id + QStringLiteral(":test"));
    on_->addItem(tr("Snapshot %1, validation split (%2 rows)")
                     .arg(name, figure(static_cast<qint64>(snapshot.counts.validation))),
                 id + QStringLiteral(":validation"));
  }
  for (const auto& batch : batches)
    on_->addItem(tr("Batch %1 (%2 rows)").arg(batch_name(batch), figure(static_cast<qint64>(batch.arrivals))),
                 QStringLiteral("batch:") + text_of(tail(batch.uuid)));
  where_ = new QLineEdit;
  where_->setAccessibleName(tr("Only rows where"));
  where_->setPlaceholderText(tr("all of them"));
  error_ = make_label({}, FontRole::caption, Tone::fail);
  error_->setWordWrap(true);
  error_->hide();
  form->addRow(tr("On"), on_);
  form->addRow(tr("Only rows where"), where_);
  form->addRow(QString(), error_);
  connect(where_, &QLineEdit::textChanged, this, [this](const QString& text) {
    const auto parsed = records::Where::parse(utf8_of(text));
    accept_button()->setEnabled(parsed.has_value());
    error_->setVisible(!parsed);
    if (!parsed) error_->setText(message(parsed.error()));
  });
}

std::string EvaluateDialog::on() const { return utf8_of(on_->currentData().toString()); }
std::string EvaluateDialog::where() const { return utf8_of(where_->text().trimmed()); }

}  // namespace millwright::ui::detail

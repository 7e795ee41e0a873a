#include "model_folder_dialog.h"

#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QVBoxLayout>

#include "ui_records/words.h"
#include "ui_widgets/buttons.h"
#include "ui_widgets/card.h"

namespace millwright::ui::detail {
namespace {

constexpr size_t kLabelsShown = 6;

QString label_words(const std::vector<std::string>& labels) {
  QStringList shown;
  for (size_t i = 0; i < std::min(labels.size(), kLabelsShown); ++i) shown << text_of(labels[i]);
  QString words = shown.join(QStringLiteral(", "));
  if (labels.size() > kLabelsShown)
    words += QObject::tr(" and %1 more").arg(figure(static_cast<qint64>(labels.size() - kLabelsShown)));
  return words;
}

}  // namespace

ModelFolderDialog::ModelFolderDialog(const QString& folder, const models::ModelFolder& found, QWidget* parent)
    : Dialog(tr("Add this model?"), tr("Add the model"), parent) {
  setMinimumWidth(px(520));
  auto* form = add_form();
  const auto add = [form](const QString& name, const QString& value) {
    auto* label = make_label(value, FontRole::body);
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
    label->setAccessibleName(name + QStringLiteral(": ") + value);
    form->addRow(name, label);
  };
  name_ = new QLineEdit(text_of(found.name));
  name_->setAccessibleName(tr("Name"));
  form->addRow(tr("Name"), name_);
  add(tr("Folder"), folder);
  add(tr("Family"), text_of(found.family));
  if (found.layers > 0)
    add(tr("Layers"), tr("%1, %2 wide").arg(figure(qint64{found.layers}), figure(qint64{found.hidden})));
  if (!found.tokenizer.empty()) add(tr("Tokenizer"), text_of(found.tokenizer));
  add(tr("Parameters"), figure(qint64{found.parameters}));
  if (!found.labels.empty()) add(tr("Labels"), label_words(found.labels));
  add(tr("Size"),
      tr("%1 in %2")
          .arg(bytes(found.bytes), counted(static_cast<qint64>(found.files.size()), tr("1 file"), tr("%1 files"))));
  auto* note = make_label(tr("Its files are copied into the project; the folder is not needed afterwards."),
                          FontRole::caption, Tone::muted);
  note->setWordWrap(true);
  body()->addWidget(note);
  connect(name_, &QLineEdit::textChanged, this,
          [this](const QString& text) { accept_button()->setEnabled(!text.trimmed().isEmpty()); });
  name_->setFocus();
  name_->selectAll();
}

std::string ModelFolderDialog::name() const { return utf8_of(name_->text().trimmed()); }

}  // namespace millwright::ui::detail

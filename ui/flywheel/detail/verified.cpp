#include "verified.h"

#include <QCoreApplication>
#include <QLabel>
#include <QVBoxLayout>

#include "ui_widgets/card.h"
#include "ui_widgets/dialogs.h"
#include "ui_widgets/error_banner.h"

namespace millwright::ui {
namespace {

constexpr size_t kMostShown = 12;

QString tr(const char* text) { return QCoreApplication::translate("Verified", text); }

void add(Dialog& dialog, const QString& words, FontRole role, Tone tone) {
  auto* label = make_label(words, role, tone);
  label->setWordWrap(true);
  label->setTextInteractionFlags(Qt::TextSelectableByMouse);
  dialog.body()->addWidget(label);
}

}  // namespace

void show_verified(const store::VerifyReport& report, QWidget* parent) {
  Dialog dialog(report.ok() ? tr("Everything is as it was saved") : tr("Something is not as it was saved"), tr("Done"),
                parent);
  for (size_t i = 0; i < report.problems.size() && i < kMostShown; ++i)
    add(dialog, message(report.problems[i]), FontRole::body, Tone::fail);
  if (report.problems.size() > kMostShown)
    add(dialog, tr("and %1 more").arg(figure(static_cast<qint64>(report.problems.size() - kMostShown))), FontRole::body,
        Tone::fail);
  QStringList lines;
  for (const auto& [name, count] : report.checked)
    lines << QStringLiteral("%1  %2")
                 .arg(figure(qint64{count}), 11)
                 .arg(QString::fromStdString(name).replace(QLatin1Char('_'), QLatin1Char(' ')));
  if (report.erased > 0) lines << QStringLiteral("%1  %2").arg(figure(qint64{report.erased}), 11).arg(tr("erased"));
  add(dialog, tr("Every file was read and compared with what is known of it:"), FontRole::body, Tone::muted);
  add(dialog, lines.join(QLatin1Char('\n')), FontRole::figure, Tone::text);
  dialog.exec();
}

}  // namespace millwright::ui

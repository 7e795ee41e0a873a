#include "settings.h"

#include <QDir>
#include <QFormLayout>
#include <QLabel>
#include <QSettings>
#include <QVBoxLayout>
#include <cmath>

#include "ui_widgets/buttons.h"
#include "ui_widgets/card.h"

namespace millwright::ui {

namespace {

constexpr int kRecent = 10;

void put_first(const char* key, const QString& value) {
  QSettings settings(QStringLiteral("Millwright"), QStringLiteral("workbench"));
  QStringList list = settings.value(QLatin1String(key)).toStringList();
  list.removeAll(value);
  list.prepend(value);
  settings.setValue(QLatin1String(key), QStringList(list.mid(0, kRecent)));
}

QString page_key(const QString& folder) {
  return QStringLiteral("last_page/") + QString(QDir(folder).absolutePath()).replace('/', '|');
}

}  // namespace

ThemeChoice Settings::theme() {
  const QString name = QSettings("Millwright", "workbench").value(QStringLiteral("theme")).toString();
  return name == QLatin1String("light")  ? ThemeChoice::light
         : name == QLatin1String("dark") ? ThemeChoice::dark
                                         : ThemeChoice::system;
}

void Settings::set_theme(ThemeChoice choice) {
  const char* name = choice == ThemeChoice::light ? "light" : choice == ThemeChoice::dark ? "dark" : "system";
  QSettings("Millwright", "workbench").setValue(QStringLiteral("theme"), QLatin1String(name));
}

double Settings::text_scale() {
  return QSettings("Millwright", "workbench").value(QStringLiteral("text_scale"), 1.0).toDouble();
}

void Settings::set_text_scale(double factor) {
  QSettings("Millwright", "workbench").setValue(QStringLiteral("text_scale"), factor);
}

QStringList Settings::recent_projects() {
  QStringList there;
  const QStringList all = QSettings("Millwright", "workbench").value(QStringLiteral("recent")).toStringList();
  for (const auto& folder : all)
    if (QDir(folder).exists(QStringLiteral("project.db"))) there << folder;
  return there;
}

void Settings::remember_project(const QString& folder) { put_first("recent", QDir(folder).absolutePath()); }

void Settings::forget_project(const QString& folder) {
  QSettings settings("Millwright", "workbench");
  QStringList all = settings.value(QStringLiteral("recent")).toStringList();
  all.removeAll(folder);
  settings.setValue(QStringLiteral("recent"), all);
}

QStringList Settings::annotators() {
  return QSettings("Millwright", "workbench").value(QStringLiteral("annotators")).toStringList();
}

void Settings::remember_annotator(const QString& name) { put_first("annotators", name); }

QByteArray Settings::geometry() {
  return QSettings("Millwright", "workbench").value(QStringLiteral("geometry")).toByteArray();
}

void Settings::set_geometry(const QByteArray& geometry) {
  QSettings("Millwright", "workbench").setValue(QStringLiteral("geometry"), geometry);
}

QString Settings::last_page(const QString& folder) {
  return QSettings("Millwright", "workbench").value(page_key(folder)).toString();
}

void Settings::set_last_page(const QString& folder, const QString& page) {
  QSettings("Millwright", "workbench").setValue(page_key(folder), page);
}

SettingsDialog::SettingsDialog(QWidget* parent) : QDialog(parent) {
  setWindowTitle(tr("Settings"));
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(px(20), px(20), px(20), px(16));
  all->setSpacing(px(16));
  all->addWidget(make_label(tr("Settings"), FontRole::title));
  auto* form = new QFormLayout;
  form->setHorizontalSpacing(px(24));
  form->setVerticalSpacing(px(12));
  form->setLabelAlignment(Qt::AlignLeft);

  auto* theme = new SegmentedControl({tr("As the system"), tr("Light"), tr("Dark")});
  theme->set_current(static_cast<int>(Theme::instance().choice()));
  connect(theme, &SegmentedControl::changed, this, [](int index) {
    const auto choice = static_cast<ThemeChoice>(index);
    Settings::set_theme(choice);
    Theme::instance().set_choice(choice);
  });
  form->addRow(make_label(tr("Theme"), FontRole::body, Tone::muted), theme);

  static const double kSizes[] = {0.9, 1.0, 1.15, 1.3, 1.5};
  auto* size = new SegmentedControl({QStringLiteral("90 %"), QStringLiteral("100 %"), QStringLiteral("115 %"),
                                     QStringLiteral("130 %"), QStringLiteral("150 %")});
  for (int i = 0; i < 5; ++i)
    if (std::abs(Theme::instance().text_scale() - kSizes[i]) < 0.01) size->set_current(i);
  connect(size, &SegmentedControl::changed, this, [](int index) {
    Settings::set_text_scale(kSizes[index]);
    Theme::instance().set_text_scale(kSizes[index]);
  });
  form->addRow(make_label(tr("Size of the text"), FontRole::body, Tone::muted), size);
  all->addLayout(form);
  auto* note = make_label(tr("Both take effect at once. Some spaces follow the size of the text at the next start."),
                          FontRole::caption, Tone::muted);
  note->setWordWrap(true);
  all->addWidget(note);
  auto* row = new QHBoxLayout;
  row->addStretch(1);
  auto* close = primary_button(tr("Done"));
  connect(close, &QPushButton::clicked, this, &QDialog::accept);
  row->addWidget(close);
  all->addLayout(row);
}

}  // namespace millwright::ui

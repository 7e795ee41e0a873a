#include "project_picker.h"

#include <QDir>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>

#include "settings.h"
#include "ui_widgets/buttons.h"
#include "ui_widgets/card.h"
#include "ui_widgets/error_banner.h"
#include "ui_widgets/flow_layout.h"
#include "ui_widgets/progress.h"

namespace millwright::ui {

namespace {

QWidget* way_in(const QString& icon_name, const QString& title, const QString& text, Button* button) {
  auto* row = new QWidget;
  auto* layout = new QHBoxLayout(row);
  layout->setContentsMargins(0, px(6), 0, px(6));
  layout->setSpacing(px(14));
  auto* mark = new QLabel;
  const auto paint = [mark, icon_name] {
    mark->setPixmap(icon_pixmap(icon_name, px(22), tokens().accent_text, mark->devicePixelRatioF()));
  };
  paint();
  QObject::connect(&Theme::instance(), &Theme::changed, mark, paint);
  layout->addWidget(mark);
  auto* words = new QVBoxLayout;
  words->setSpacing(px(2));
  words->addWidget(make_label(title, FontRole::strong));
  auto* note = make_label(text, FontRole::body, Tone::muted);
  note->setWordWrap(true);
  words->addWidget(note);
  layout->addLayout(words, 1);
  layout->addWidget(button);
  return row;
}

}  // namespace

ProjectPicker::ProjectPicker(QWidget* parent) : QWidget(parent) {
  auto* all = new QVBoxLayout(this);
  all->addStretch(2);
  auto* middle = new QWidget;
  middle->setFixedWidth(px(640));
  auto* layout = new QVBoxLayout(middle);
  layout->setSpacing(px(16));
  auto* head = new QHBoxLayout;
  auto* mark = new QLabel;
  mark->setPixmap(icon_pixmap(QStringLiteral("millwright"), px(44), Qt::white, devicePixelRatioF()));
  head->setSpacing(px(14));
  head->addWidget(mark);
  auto* names = new QVBoxLayout;
  names->setSpacing(px(2));
  names->addWidget(make_label(QStringLiteral("Millwright"), FontRole::title));
  names->addWidget(make_label(tr("Data in, labels, a model, and back to the data."), FontRole::body, Tone::muted));
  head->addLayout(names, 1);
  layout->addLayout(head);
  banner_ = new ErrorBanner;
  layout->addWidget(banner_);
  choices_ = new QWidget;
  auto* choices = new QVBoxLayout(choices_);
  choices->setContentsMargins(0, 0, 0, 0);
  choices->setSpacing(px(16));
  auto* start = new Card(tr("Start"));
  auto* demo = primary_button(tr("Open the demo"));
  auto* fresh = secondary_button(tr("New project…"), tr("Ctrl N"));
  auto* open = secondary_button(tr("Open…"), tr("Ctrl O"));
  connect(demo, &QPushButton::clicked, this, &ProjectPicker::demo_wanted);
  connect(fresh, &QPushButton::clicked, this, &ProjectPicker::new_wanted);
  connect(open, &QPushButton::clicked, this, &ProjectPicker::open_dialog_wanted);
  start->body()->addWidget(way_in(QStringLiteral("demo"), tr("The demo"),
                                  tr("Turns the loop once on Debian's package descriptions; two minutes at most."),
                                  demo));
  start->body()->addWidget(make_line());
  start->body()->addWidget(way_in(QStringLiteral("plus"), tr("A new project"),
                                  tr("An empty folder for your own data. Nothing leaves this machine."), fresh));
  start->body()->addWidget(make_line());
  start->body()->addWidget(
      way_in(QStringLiteral("folder"), tr("One that is there"), tr("A folder whose name ends in .millwright."), open));
  choices->addWidget(start);
  auto* recent = new Card(tr("Recent projects"));
  recent_ = new QVBoxLayout;
  recent_->setSpacing(0);
  recent->body()->addLayout(recent_);
  choices->addWidget(recent);
  layout->addWidget(choices_);
  busy_ = new Card;
  busy_text_ = make_label({}, FontRole::strong);
  bar_ = new ProgressBar;
  static_cast<Card*>(busy_)->body()->addWidget(busy_text_);
  static_cast<Card*>(busy_)->body()->addWidget(bar_);
  busy_->hide();
  layout->addWidget(busy_);
  auto* row = new QHBoxLayout;
  row->addStretch(1);
  row->addWidget(middle);
  row->addStretch(1);
  all->addLayout(row);
  all->addStretch(3);
  refresh();
}

void ProjectPicker::refresh() {
  clear_layout(recent_);
  const QStringList folders = Settings::recent_projects();
  for (const auto& folder : folders.mid(0, 6)) {
    auto* row = new QWidget;
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, px(4), 0, px(4));
    auto* words = new QVBoxLayout;
    words->setSpacing(0);
    words->addWidget(new ElidedLabel(QFileInfo(folder).completeBaseName()));
    auto* where = new ElidedLabel(QDir::toNativeSeparators(folder));
    where->set_role(FontRole::caption, Tone::muted);
    words->addWidget(where);
    layout->addLayout(words, 1);
    auto* open = secondary_button(tr("Open"));
    open->setAccessibleName(tr("Open %1").arg(QFileInfo(folder).completeBaseName()));
    connect(open, &QPushButton::clicked, this, [this, folder] { Q_EMIT open_wanted(folder); });
    layout->addWidget(open);
    recent_->addWidget(row);
  }
  if (folders.isEmpty())
    recent_->addWidget(make_label(tr("None yet. Those you open will be listed here."), FontRole::body, Tone::muted));
}

void ProjectPicker::set_busy(const QString& what) {
  choices_->setVisible(what.isEmpty());
  busy_->setVisible(!what.isEmpty());
  busy_text_->setText(what);
  bar_->set_share(what.isEmpty() ? 0 : -1);
}

}  // namespace millwright::ui

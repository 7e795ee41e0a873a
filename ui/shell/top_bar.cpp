#include "top_bar.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPainter>

#include "ui_widgets/badge.h"
#include "ui_widgets/buttons.h"
#include "ui_widgets/card.h"

namespace millwright::ui {

TopBar::TopBar(QWidget* parent) : QWidget(parent) {
  setFixedHeight(px(44));
  auto* all = new QHBoxLayout(this);
  all->setContentsMargins(px(8), 0, px(12), 1);
  all->setSpacing(px(8));
  // Both sides take the same room, so that the field stands in the middle.
  auto* left = new QWidget;
  auto* left_layout = new QHBoxLayout(left);
  left_layout->setContentsMargins(0, 0, 0, 0);
  left_layout->setSpacing(px(4));
  menu_ = quiet_button({});
  menu_->set_icon_name(QStringLiteral("menu"));
  menu_->setAccessibleName(tr("Menu"));
  menu_->setToolTip(tr("Menu (F10)"));
  left_layout->addWidget(menu_);
  left_layout->addWidget(make_label(QStringLiteral("Millwright"), FontRole::strong));
  project_ = quiet_button({});
  project_->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
  project_->hide();
  left_layout->addWidget(project_);
  left_layout->addStretch(1);
  auto* search = new SearchField;
  auto* right = new QWidget;
  auto* right_layout = new QHBoxLayout(right);
  right_layout->setContentsMargins(0, 0, 0, 0);
  right_layout->setSpacing(px(8));
  right_layout->addStretch(1);
  who_ = secondary_button({});
  who_->set_icon_name(QStringLiteral("user"));
  who_->set_drop_arrow(true);
  who_->hide();
  right_layout->addWidget(who_);
  all->addWidget(left, 1);
  all->addWidget(search, 0);
  all->addWidget(right, 1);
  connect(menu_, &QPushButton::clicked, this, &TopBar::menu_wanted);
  connect(project_, &QPushButton::clicked, this, &TopBar::project_wanted);
  connect(who_, &QPushButton::clicked, this, &TopBar::annotator_wanted);
  connect(search, &SearchField::wanted, this, &TopBar::search_wanted);
  connect(&Theme::instance(), &Theme::changed, this, [this] { setFixedHeight(px(44)); });
}

void TopBar::set_project(const QString& name, const QString& folder, bool read_only) {
  project_->setVisible(!name.isEmpty());
  project_->setText(read_only ? tr("%1 · read only").arg(name) : name);
  project_->setToolTip(folder);
  project_->setAccessibleName(tr("Project: %1").arg(name));
  project_->updateGeometry();
}

void TopBar::set_annotator(const QString& name) {
  who_->setVisible(!name.isEmpty());
  who_->setText(name);
  who_->setToolTip(tr("Who is labeling"));
  who_->setAccessibleName(tr("Who is labeling: %1").arg(name));
  who_->updateGeometry();
}

void TopBar::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.fillRect(rect(), tokens().surface);
  painter.fillRect(QRect(0, height() - 1, width(), 1), tokens().line);
}

SearchField::SearchField(QWidget* parent) : QWidget(parent) {
  setFocusPolicy(Qt::TabFocus);
  setAccessibleName(tr("Search actions, pages and records"));
  setCursor(Qt::IBeamCursor);
  setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
  connect(&Theme::instance(), &Theme::changed, this, [this] { updateGeometry(); });
}

QSize SearchField::sizeHint() const { return {px(420), px(28)}; }
void SearchField::mousePressEvent(QMouseEvent*) { Q_EMIT wanted(); }

void SearchField::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter || event->key() == Qt::Key_Space)
    Q_EMIT wanted();
  else
    QWidget::keyPressEvent(event);
}

void SearchField::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const Tokens& t = tokens();
  painter.setPen(QPen(hasFocus() ? t.accent : t.line, hasFocus() ? 1.4 : 1));
  painter.setBrush(t.background);
  painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), px(6), px(6));
  painter.drawPixmap(QRectF(px(10), (height() - px(14)) / 2.0, px(14), px(14)).toRect(),
                     icon_pixmap(QStringLiteral("search"), px(14), t.muted, devicePixelRatioF()));
  const QString key = tr("Ctrl K");
  const QSize cap = key_cap_size(key);
  paint_key_cap(painter,
                QRectF(width() - cap.width() - px(6), (height() - cap.height()) / 2.0, cap.width(), cap.height()), key);
  painter.setFont(role_font(FontRole::body));
  painter.setPen(t.muted);
  const QRect words(px(32), 0, width() - px(48) - cap.width(), height());
  painter.drawText(
      words, Qt::AlignLeft | Qt::AlignVCenter,
      painter.fontMetrics().elidedText(tr("Search actions, pages, records…"), Qt::ElideRight, words.width()));
}

}  // namespace millwright::ui

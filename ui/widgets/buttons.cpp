#include "buttons.h"

#include <QFrame>
#include <QKeyEvent>
#include <QMenu>
#include <QMouseEvent>
#include <QPainter>
#include <QVBoxLayout>

#include "badge.h"
#include "type_ahead.h"

namespace millwright::ui {

namespace {
constexpr int kSearchableFrom = 14;  // a longer list gets a search field

QFont button_font() {
  QFont f = role_font(FontRole::body);
  f.setWeight(QFont::Medium);
  return f;
}
}  // namespace

Button::Button(const QString& text, Role role, QWidget* parent) : QPushButton(text, parent), role_(role) {
  setCursor(Qt::ArrowCursor);
  setSizePolicy(role == Role::label ? QSizePolicy::Preferred : QSizePolicy::Fixed, QSizePolicy::Fixed);
  setFocusPolicy(Qt::StrongFocus);
  connect(&Theme::instance(), &Theme::changed, this, [this] {
    updateGeometry();
    update();
  });
}

void Button::set_role(Role role) {
  role_ = role;
  update();
}

void Button::set_key(const QString& key) {
  key_ = key;
  updateGeometry();
  update();
}

void Button::set_icon_name(const QString& name) {
  icon_ = name;
  updateGeometry();
  update();
}

void Button::set_swatch(const QColor& color) {
  swatch_ = color;
  updateGeometry();
  update();
}

void Button::set_drop_arrow(bool on) {
  arrow_ = on;
  updateGeometry();
  update();
}

QSize Button::sizeHint() const {
  int width = QFontMetrics(button_font()).horizontalAdvance(text()) + 1 + 2 * px(12);
  if (!icon_.isEmpty()) width += px(16) + (text().isEmpty() ? 0 : px(6));
  if (text().isEmpty()) width -= px(8);
  if (swatch_.isValid()) width += px(18);
  if (!key_.isEmpty()) width += key_cap_size(key_).width() + px(8) - px(4);
  if (arrow_ || menu()) width += px(16);
  return {width, px(role_ == Role::label ? 36 : 28)};
}

QSize Button::minimumSizeHint() const {
  if (role_ != Role::label) return sizeHint();
  return {std::min(sizeHint().width(), px(96)), sizeHint().height()};
}

void Button::enterEvent(QEnterEvent* event) {
  QPushButton::enterEvent(event);
  update();
}

void Button::leaveEvent(QEvent* event) {
  QPushButton::leaveEvent(event);
  update();
}

void Button::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const Tokens& t = tokens();
  const bool on = isEnabled(), filled = role_ == Role::primary || role_ == Role::danger;
  QColor ground = t.raised, edge = t.line, ink = on ? t.text : t.muted;
  if (role_ == Role::primary) ground = t.accent, edge = t.accent, ink = t.on_accent;
  if (role_ == Role::danger) ground = t.fail, edge = t.fail, ink = Theme::instance().dark() ? t.background : Qt::white;
  if (role_ == Role::quiet) ground = Qt::transparent, edge = Qt::transparent, ink = on ? t.muted : t.faint;
  if (!on && filled) ground = t.neutral_soft, edge = t.line, ink = t.muted;
  if (on && filled && (underMouse() || isDown())) ground = mix(t.text, ground, isDown() ? 0.22 : 0.12);
  if (on && !filled && (underMouse() || isDown())) {
    ground = isDown() ? t.pressed : t.hover;
    if (role_ == Role::quiet) ink = t.text;
  }
  if (isChecked()) ground = t.accent_soft, edge = t.accent, ink = t.text;
  const QRectF box = QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5);
  painter.setPen(edge.alpha() == 0 ? QPen(Qt::NoPen) : QPen(edge, 1));
  painter.setBrush(ground);
  painter.drawRoundedRect(box, px(6), px(6));
  if (hasFocus()) {
    painter.setPen(QPen(filled ? t.on_accent : t.accent, filled ? 1.0 : 1.6));
    painter.setBrush(Qt::NoBrush);
    const double inset = filled ? 2.5 : 0.8;
    painter.drawRoundedRect(QRectF(rect()).adjusted(inset, inset, -inset, -inset), px(5), px(5));
  }
  const int pad = text().isEmpty() ? px(8) : px(12);
  int left = pad, right = width() - pad;
  if (!key_.isEmpty()) {
    const QSize cap = key_cap_size(key_);
    right = width() - px(8) - cap.width();
    paint_key_cap(painter, QRectF(right, (height() - cap.height()) / 2.0, cap.width(), cap.height()), key_,
                  filled && on);
    right -= px(8);
  }
  if (arrow_ || menu()) {
    right -= px(12);
    painter.drawPixmap(QRectF(right + px(2), (height() - px(12)) / 2.0, px(12), px(12)).toRect(),
                       icon_pixmap(QStringLiteral("chevron-down"), px(12), ink, devicePixelRatioF()));
    right -= px(4);
  }
  if (swatch_.isValid()) {
    painter.setPen(Qt::NoPen);
    painter.setBrush(swatch_);
    painter.drawRoundedRect(QRectF(left, (height() - px(10)) / 2.0, px(10), px(10)), 2, 2);
    left += px(18);
  }
  if (!icon_.isEmpty()) {
    painter.drawPixmap(QRectF(left, (height() - px(16)) / 2.0, px(16), px(16)).toRect(),
                       icon_pixmap(icon_, px(16), ink, devicePixelRatioF()));
    left += px(16) + px(6);
  }
  painter.setFont(button_font());
  painter.setPen(ink);
  const QRect words(left, 0, std::max(0, right - left), height());
  QString shown = text();
  if (painter.fontMetrics().horizontalAdvance(shown) > words.width() + 1)
    shown = painter.fontMetrics().elidedText(shown, Qt::ElideRight, words.width());
  painter.drawText(words, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine, shown);
}

Button* primary_button(const QString& text, const QString& key, QWidget* parent) {
  auto* button = new Button(text, Button::Role::primary, parent);
  button->set_key(key);
  return button;
}

Button* secondary_button(const QString& text, const QString& key, QWidget* parent) {
  auto* button = new Button(text, Button::Role::secondary, parent);
  button->set_key(key);
  return button;
}

Button* quiet_button(const QString& text, const QString& key, QWidget* parent) {
  auto* button = new Button(text, Button::Role::quiet, parent);
  button->set_key(key);
  return button;
}

Picker::Picker(const QString& prefix, QWidget* parent) : Button(prefix, Role::secondary, parent), prefix_(prefix) {
  empty_text_ = tr("none");
  set_drop_arrow(true);
  connect(this, &QPushButton::clicked, this, &Picker::open);
  show_current();
}

void Picker::set_items(QVector<Item> items) {
  const QString kept = current();
  items_ = std::move(items);
  current_ = -1;
  set_current(kept);
}

void Picker::set_current(const QString& id) {
  current_ = -1;
  for (int i = 0; i < items_.size(); ++i)
    if (items_[i].id == id) current_ = i;
  show_current();
}

QString Picker::current() const { return current_ < 0 ? QString() : items_[current_].id; }

void Picker::set_empty_text(const QString& text) {
  empty_text_ = text;
  show_current();
}

void Picker::show_current() {
  QString shown = current_ < 0 ? empty_text_ : items_[current_].text;
  if (current_ >= 0 && !items_[current_].detail.isEmpty()) shown += QStringLiteral(" · ") + items_[current_].detail;
  const QString whole = prefix_.isEmpty() ? shown : QStringLiteral("%1: %2").arg(prefix_, shown);
  setText(QFontMetrics(button_font()).elidedText(whole, Qt::ElideMiddle, px(320)));
  setToolTip(whole == text() ? QString() : whole);
  setAccessibleName(whole);
  setEnabled(!items_.isEmpty());
  updateGeometry();
}

void Picker::open() {
  const auto choose = [this](const QString& id) {
    set_current(id);
    Q_EMIT picked(id);
  };
  if (items_.size() < kSearchableFrom) {
    QMenu menu(this);
    for (const auto& item : items_) {
      auto* action = menu.addAction(item.detail.isEmpty() ? item.text : item.text + '\t' + item.detail);
      action->setCheckable(true);
      action->setChecked(item.id == current());
      connect(action, &QAction::triggered, this, [choose, id = item.id] { choose(id); });
    }
    menu.setMinimumWidth(width());
    menu.exec(mapToGlobal(QPoint(0, height() + 2)));
    return;
  }
  auto* popup = new QFrame(this, Qt::Popup);
  popup->setAttribute(Qt::WA_DeleteOnClose);
  popup->setProperty("surface", "popup");
  auto* layout = new QVBoxLayout(popup);
  layout->setContentsMargins(px(8), px(8), px(8), px(8));
  auto* list = new TypeAheadList(tr("Search"), popup);
  QVector<TypeAheadList::Item> entries;
  for (const auto& item : items_) entries.push_back({item.id, item.text, item.detail, true});
  list->set_items(std::move(entries));
  layout->addWidget(list);
  connect(list, &TypeAheadList::chosen, this, [choose, popup](const QString& id) {
    popup->close();
    choose(id);
  });
  connect(list, &TypeAheadList::left, popup, &QWidget::close);
  popup->resize(std::max(width(), px(280)), px(360));
  popup->move(mapToGlobal(QPoint(0, height() + 2)));
  popup->show();
  list->start();
}

SegmentedControl::SegmentedControl(const QStringList& segments, QWidget* parent)
    : QWidget(parent), segments_(segments), enabled_(segments.size(), true) {
  setFocusPolicy(Qt::StrongFocus);
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
  setAccessibleName(segments.join(QStringLiteral(", ")));
  connect(&Theme::instance(), &Theme::changed, this, [this] {
    updateGeometry();
    update();
  });
}

void SegmentedControl::set_current(int index) {
  current_ = index;
  setAccessibleDescription(segments_.value(index));
  update();
}

void SegmentedControl::set_enabled(int index, bool enabled) {
  enabled_[index] = enabled;
  update();
}

QSize SegmentedControl::sizeHint() const {
  int width = 4;
  for (int i = 0; i < segments_.size(); ++i) width += segment_rect(i).width();
  return {width, px(28)};
}

QRect SegmentedControl::segment_rect(int index) const {
  const QFontMetrics metrics(button_font());
  int left = 2;
  for (int i = 0; i < index; ++i) left += metrics.horizontalAdvance(segments_[i]) + px(22);
  return {left, 2, metrics.horizontalAdvance(segments_[index]) + px(22), px(28) - 4};
}

void SegmentedControl::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const Tokens& t = tokens();
  painter.setPen(QPen(hasFocus() ? t.accent : t.line, 1));
  painter.setBrush(t.background);
  painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), px(6), px(6));
  painter.setFont(button_font());
  for (int i = 0; i < segments_.size(); ++i) {
    const QRect r = segment_rect(i);
    if (i == current_) {
      painter.setPen(QPen(t.line, 1));
      painter.setBrush(t.raised);
      painter.drawRoundedRect(QRectF(r).adjusted(0.5, 0.5, -0.5, -0.5), px(5), px(5));
    }
    painter.setPen(!enabled_[i] ? t.faint : i == current_ ? t.text : t.muted);
    painter.drawText(r, Qt::AlignCenter, segments_[i]);
  }
}

void SegmentedControl::choose(int index) {
  if (index < 0 || index >= segments_.size() || !enabled_[index] || index == current_) return;
  set_current(index);
  Q_EMIT changed(index);
}

void SegmentedControl::mousePressEvent(QMouseEvent* event) {
  for (int i = 0; i < segments_.size(); ++i)
    if (segment_rect(i).contains(event->position().toPoint())) choose(i);
}

void SegmentedControl::keyPressEvent(QKeyEvent* event) {
  const int step = event->key() == Qt::Key_Left ? -1 : event->key() == Qt::Key_Right ? 1 : 0;
  if (step == 0) return QWidget::keyPressEvent(event);
  for (int i = current_ + step; i >= 0 && i < segments_.size(); i += step)
    if (enabled_[i]) return choose(i);
}

}  // namespace millwright::ui

#include "card.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QVBoxLayout>

namespace millwright::ui {

QColor color_of(Tone tone) {
  const Tokens& t = tokens();
  switch (tone) {
    case Tone::text:
      return t.text;
    case Tone::muted:
      return t.muted;
    case Tone::accent:
      return t.accent_text;
    case Tone::pass:
      return t.pass_text;
    case Tone::warning:
      return t.warning_text;
    case Tone::fail:
      return t.fail_text;
    case Tone::reference:
      return t.reference_text;
    case Tone::current:
      return t.current_text;
  }
  return t.text;
}

class ThemedLabel : public QLabel {
 public:
  ThemedLabel(const QString& text, FontRole role, Tone tone, QWidget* parent)
      : QLabel(text, parent), role_(role), tone_(tone) {
    adopt();
    connect(&Theme::instance(), &Theme::changed, this, [this] { adopt(); });
  }
  void take_tone(Tone tone) {
    tone_ = tone;
    adopt();
  }

 private:
  void adopt() {
    setFont(role_font(role_));
    QPalette p = palette();
    p.setColor(QPalette::WindowText, color_of(tone_));
    p.setColor(QPalette::Text, color_of(tone_));
    setPalette(p);
  }
  FontRole role_;
  Tone tone_;
};

QLabel* make_label(const QString& text, FontRole role, Tone tone, QWidget* parent) {
  return new ThemedLabel(text, role, tone, parent);
}

void fit_words(QLabel* label, int width) {
  label->setMinimumHeight(0);  // of the words before: heightForWidth() counts it in
  if (!label->text().isEmpty()) label->setMinimumHeight(label->heightForWidth(width));
}

void set_tone(QLabel* label, Tone tone) {
  if (auto* themed = dynamic_cast<ThemedLabel*>(label)) themed->take_tone(tone);
}

QFrame* make_line(QWidget* parent) {
  auto* line = new QFrame(parent);
  line->setProperty("surface", "line");
  line->setFixedHeight(1);
  return line;
}

Card::Card(QWidget* parent) : Card(QString(), parent) {}

Card::Card(const QString& title, QWidget* parent) : QFrame(parent) {
  setProperty("surface", "card");
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(1, 1, 1, 1);
  all->setSpacing(0);
  head_ = new QWidget;
  head_layout_ = new QHBoxLayout(head_);
  head_layout_->setContentsMargins(px(16), px(12), px(16), px(4));
  head_layout_->setSpacing(px(12));
  title_ = make_label(title, FontRole::strong);
  note_ = make_label({}, FontRole::body, Tone::muted);
  note_->hide();
  head_layout_->addWidget(title_);
  head_layout_->addWidget(note_);
  head_layout_->addStretch(1);
  all->addWidget(head_);
  body_ = new QVBoxLayout;
  body_->setContentsMargins(px(16), px(12), px(16), px(16));
  body_->setSpacing(px(8));
  all->addLayout(body_, 1);
  head_->setVisible(!title.isEmpty());
}

void Card::set_title(const QString& title) {
  title_->setText(title);
  head_->show();
}

void Card::set_note(const QString& note) {
  note_->setText(note);
  note_->setVisible(!note.isEmpty());
  head_->show();
}

void Card::add_action(QWidget* widget) {
  head_layout_->addWidget(widget);
  head_->show();
}

void Card::set_flush(bool flush) {
  if (flush)
    body_->setContentsMargins(px(8), px(4), px(8), px(8));
  else
    body_->setContentsMargins(px(16), px(12), px(16), px(16));
}

KpiTile::KpiTile(QWidget* parent) : QFrame(parent) {
  setProperty("surface", "card");
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(px(16), px(12), px(16), px(12));
  layout->setSpacing(px(4));
  name_ = make_label({}, FontRole::caption, Tone::muted);
  value_ = make_label({}, FontRole::kpi);
  remark_ = make_label({}, FontRole::caption, Tone::muted);
  remark_->setWordWrap(true);
  remark_->setAlignment(Qt::AlignTop | Qt::AlignLeft);
  layout->addWidget(name_);
  layout->addWidget(value_);
  layout->addWidget(remark_);
  layout->addStretch(1);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
}

void KpiTile::set(const QString& name, const QString& value, const QString& remark, State state) {
  name_->setText(name);
  value_->setText(value);
  remark_->setText(remark);
  set_tone(remark_, state == State::fail      ? Tone::fail
                    : state == State::warning ? Tone::warning
                    : state == State::pass    ? Tone::pass
                                              : Tone::muted);
  setAccessibleName(QStringLiteral("%1: %2. %3").arg(name, value, remark));
}

ElidedLabel::ElidedLabel(const QString& text, QWidget* parent) : QFrame(parent), text_(text) {
  setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
  connect(&Theme::instance(), &Theme::changed, this, [this] {
    updateGeometry();
    update();
  });
  setAccessibleName(text);
}

void ElidedLabel::set_text(const QString& text) {
  if (text == text_) return;
  text_ = text;
  setAccessibleName(text);
  updateGeometry();
  update();
}

void ElidedLabel::set_role(FontRole role, Tone tone) {
  role_ = role;
  tone_ = tone;
  updateGeometry();
  update();
}

QSize ElidedLabel::sizeHint() const {
  const QFontMetrics metrics(role_font(role_));
  return {metrics.horizontalAdvance(text_) + 2, metrics.height()};
}

QSize ElidedLabel::minimumSizeHint() const {
  const QFontMetrics metrics(role_font(role_));
  return {std::min(metrics.horizontalAdvance(text_) + 2, px(40)), metrics.height()};
}

void ElidedLabel::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setFont(role_font(role_));
  painter.setPen(color_of(tone_));
  const QString shown = painter.fontMetrics().elidedText(text_, Qt::ElideRight, width());
  setToolTip(shown == text_ ? QString() : text_);
  painter.drawText(rect(), Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine, shown);
}

}  // namespace millwright::ui

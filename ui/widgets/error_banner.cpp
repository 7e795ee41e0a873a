#include "error_banner.h"

#include <QCoreApplication>
#include <QHBoxLayout>
#include <QLabel>

#include "buttons.h"
#include "card.h"

namespace millwright::ui {

namespace {
QString in_words(const std::string& text, const Error& error) {
  if (text.empty()) return {};
  const QString translated = QCoreApplication::translate("errors", text.c_str());
  return QString::fromStdString(fill(translated.toStdString(), error.arguments));
}
}  // namespace

QString message(const Error& error) { return in_words(error.text, error); }
QString hint(const Error& error) { return in_words(error.hint, error); }

ErrorBanner::ErrorBanner(QWidget* parent) : QFrame(parent) {
  setProperty("surface", "fail");
  setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
  auto* all = new QHBoxLayout(this);
  all->setContentsMargins(px(12), px(8), px(8), px(8));
  all->setSpacing(px(12));
  icon_ = new QLabel;
  all->addWidget(icon_, 0, Qt::AlignTop);
  auto* words = new QVBoxLayout;
  words->setSpacing(px(2));
  text_ = make_label({}, FontRole::strong, Tone::fail);
  hint_ = make_label({}, FontRole::body, Tone::text);
  for (auto* label : {text_, hint_}) {
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    words->addWidget(label);
  }
  all->addLayout(words, 1);
  retry_ = secondary_button({});
  retry_->hide();
  all->addWidget(retry_, 0, Qt::AlignVCenter);
  auto* close = quiet_button({});
  close->set_icon_name(QStringLiteral("close"));
  close->setAccessibleName(tr("Dismiss"));
  close->setToolTip(tr("Dismiss"));
  all->addWidget(close, 0, Qt::AlignTop);
  connect(retry_, &QPushButton::clicked, this, &ErrorBanner::retry);
  connect(close, &QPushButton::clicked, this, [this] {
    clear();
    Q_EMIT dismissed();
  });
  const auto paint_icon = [this] {
    icon_->setPixmap(icon_pixmap(QStringLiteral("error"), px(18), tokens().fail_text, devicePixelRatioF()));
  };
  paint_icon();
  connect(&Theme::instance(), &Theme::changed, this, paint_icon);
  hide();
}

void ErrorBanner::show_error(const Error& error) {
  if (error.kind == ErrorKind::cancelled) return clear();
  show_text(message(error), ui::hint(error));
}

void ErrorBanner::show_text(const QString& text, const QString& hint) {
  text_->setText(text);
  hint_->setText(hint);
  hint_->setVisible(!hint.isEmpty());
  setAccessibleName(tr("Error: %1 %2").arg(text, hint));
  show();
}

void ErrorBanner::clear() { hide(); }

void ErrorBanner::set_retry(const QString& text) {
  retry_->setText(text);
  retry_->setVisible(!text.isEmpty());
  retry_->updateGeometry();
}

}  // namespace millwright::ui

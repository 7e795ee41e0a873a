#include "toast.h"

#include <QEvent>
#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPointer>
#include <QTimer>

#include "buttons.h"
#include "card.h"

namespace millwright::ui {

namespace {

constexpr int kShownMs = 4500;

class Toast : public QFrame {
 public:
  Toast(QWidget* inside, const QString& text, State state, const QString& action, std::function<void()> on_action)
      : QFrame(inside) {
    setObjectName(QStringLiteral("toast"));
    setProperty("surface", "popup");
    auto* all = new QHBoxLayout(this);
    all->setContentsMargins(px(14), px(8), px(action.isEmpty() ? 14 : 8), px(8));
    all->setSpacing(px(10));
    const char* name = state == State::fail      ? "error"
                       : state == State::warning ? "warning"
                       : state == State::pass    ? "check"
                                                 : "info";
    auto* mark = new QLabel;
    mark->setPixmap(icon_pixmap(QLatin1String(name), px(16), text_of(state), devicePixelRatioF()));
    all->addWidget(mark);
    all->addWidget(make_label(text));
    if (!action.isEmpty()) {
      auto* button = quiet_button(action);
      all->addWidget(button);
      connect(button, &QPushButton::clicked, this, [this, run = std::move(on_action)] {
        if (run) run();
        deleteLater();
      });
    }
    setAccessibleName(text);
    QTimer::singleShot(kShownMs, this, &QObject::deleteLater);
    inside->installEventFilter(this);
    adjustSize();
    place();
    show();
    raise();
  }

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override {
    if (event->type() == QEvent::Resize) place();
    return QFrame::eventFilter(watched, event);
  }

 private:
  void place() { move((parentWidget()->width() - width()) / 2, parentWidget()->height() - height() - px(48)); }
};

}  // namespace

void show_toast(QWidget* inside, const QString& text, State state, const QString& action,
                std::function<void()> on_action) {
  for (auto* old : inside->findChildren<QFrame*>(QStringLiteral("toast"), Qt::FindDirectChildrenOnly)) delete old;
  new Toast(inside, text, state, action, std::move(on_action));
}

}  // namespace millwright::ui

// A short word at the lower edge of the window: done, saved, with an Undo where there is one. Faults use ErrorBanner.
#pragma once

#include <QString>
#include <functional>

#include "ui_widgets/theme.h"

class QWidget;

namespace millwright::ui {

void show_toast(QWidget* inside, const QString& text, State state = State::neutral, const QString& action = {},
                std::function<void()> on_action = {});

}  // namespace millwright::ui

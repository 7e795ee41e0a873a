// What verifying the project found, in a dialog.
#pragma once

#include "store/verify.h"

class QWidget;

namespace millwright::ui {

/// Holds up its caller until it is closed.
void show_verified(const store::VerifyReport& report, QWidget* parent);

}  // namespace millwright::ui

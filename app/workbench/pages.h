// The pages of the workbench, in the order in which they are made: home first.
#pragma once

#include <vector>

#include "ui_session/page.h"

namespace millwright::ui {

[[nodiscard]] std::vector<PageFactory> all_pages();

}  // namespace millwright::ui

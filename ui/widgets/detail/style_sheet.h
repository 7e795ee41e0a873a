// Qt's own controls in the theme's clothes.
#pragma once

#include <QString>

namespace millwright::ui {

class Theme;
[[nodiscard]] QString style_sheet(const Theme& theme);

}  // namespace millwright::ui

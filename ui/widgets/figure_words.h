// Names of the figures by which models are judged.
#pragma once

#include <QString>
#include <string>

namespace millwright::ui {

/// "accuracy", "micro-F1", "R²"; a figure that is not known is named as it is.
[[nodiscard]] QString figure_title(const std::string& name);

}  // namespace millwright::ui

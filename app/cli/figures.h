// How a model's figures are said at a terminal, whatever kind of label it tells.
#pragma once

#include <string>

#include "models/evaluation.h"
#include "verb.h"

namespace millwright::cli {

/// "92.7 %" of a share, "1.25" of what has a unit of its own; "–" where it is undefined.
[[nodiscard]] std::string figure_text(std::string_view name, double value, int digits = 1);
/// The same with its interval: "92.7 % (91.2 % – 94.0 %)".
[[nodiscard]] std::string figure_text(std::string_view name, const statistics::Estimate& estimate, int digits = 1);
/// The figure that counts first: "accuracy 92.7 %", "R² 0.61"; "–" where there is none.
[[nodiscard]] std::string headline_text(const Json& metrics);

}  // namespace millwright::cli

// Remarks of core in the user's language.
#pragma once

#include <QString>
#include <span>

#include "base/remark.h"

namespace millwright::ui {

/// The text translated, its figures written as the user's locale does.
[[nodiscard]] QString message(const Remark& remark);
/// Several, with `between` between them.
[[nodiscard]] QString message(std::span<const Remark> remarks, const QString& between);

}  // namespace millwright::ui

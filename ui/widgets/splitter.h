// Two parts side by side or one above the other, with a gap that can be dragged.
#pragma once

#include <QSplitter>

namespace millwright::ui {

/// Takes both. The sizes are of the design; a larger window is shared out in their proportion unless stretches are
/// set. Neither part can be dragged out of sight.
[[nodiscard]] QSplitter* make_split(Qt::Orientation orientation, QWidget* first, QWidget* second, double first_size,
                                    double second_size);

}  // namespace millwright::ui

// Where an axis has its marks, and how they are written.
#pragma once

#include <QString>
#include <QVector>

namespace millwright::ui {

/// Round values (1, 2, 2.5, 5 × 10^n) within [low, high], about `wanted` of them.
[[nodiscard]] QVector<double> linear_ticks(double low, double high, int wanted, bool integers);
/// Decades, with 2 and 5 between them where there is room; linear where less than one decade is shown. 0 < low < high.
[[nodiscard]] QVector<double> log_ticks(double low, double high, int wanted);
/// Short: 1,200 · 12k · 3.4M; as many decimals as the step between ticks needs.
[[nodiscard]] QString tick_text(double value, double step);

}  // namespace millwright::ui

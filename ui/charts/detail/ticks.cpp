#include "ticks.h"

#include <QLocale>
#include <algorithm>
#include <cmath>

namespace millwright::ui {

QVector<double> linear_ticks(double low, double high, int wanted, bool integers) {
  QVector<double> ticks;
  if (!(high > low) || wanted < 1) return ticks;
  const double raw = (high - low) / wanted;
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  double step = 10 * power;
  for (double nice : {1.0, 2.0, 2.5, 5.0})
    if (nice * power >= raw * 0.999) {
      step = nice * power;
      break;
    }
  if (integers) step = std::max(1.0, std::ceil(step));
  const double slack = step * 1e-6;
  for (double k = std::ceil((low - slack) / step); k * step <= high + slack && ticks.size() < 200; k += 1) {
    const double tick = k * step;
    ticks.push_back(std::abs(tick) < slack ? 0 : tick);
  }
  return ticks;
}

QVector<double> log_ticks(double low, double high, int wanted) {
  const int from = static_cast<int>(std::floor(std::log10(low))), to = static_cast<int>(std::ceil(std::log10(high)));
  const double decades = std::log10(high / low);
  if (decades < 1) return linear_ticks(low, high, std::max(2, wanted), false);
  const int every = std::max(1, static_cast<int>(std::ceil(decades / std::max(1, wanted))));
  const bool between = decades * 3 <= wanted;
  QVector<double> ticks;
  for (int exponent = from; exponent <= to; ++exponent) {
    if (exponent % every != 0) continue;
    for (double factor : {1.0, 2.0, 5.0}) {
      if (factor > 1 && !between) break;
      const double tick = factor * std::pow(10.0, exponent);
      if (tick >= low * 0.999999 && tick <= high * 1.000001) ticks.push_back(tick);
    }
  }
  return ticks;
}

QString tick_text(double value, double step) {
  const QLocale locale;
  const double size = std::abs(value);
  struct Unit {
    double from, by;
    const char* mark;
  };
  for (const Unit& unit : {Unit{1e9, 1e9, "G"}, Unit{1e6, 1e6, "M"}, Unit{1e4, 1e3, "k"}})
    if (size >= unit.from && (step <= 0 || step >= unit.by / 100)) {
      const double shown = value / unit.by;
      const double shown_step = step > 0 ? step / unit.by : 0;
      int decimals = shown_step > 0 && shown_step < 1 ? static_cast<int>(std::ceil(-std::log10(shown_step) - 1e-9)) : 0;
      if (shown_step == 0 && std::abs(shown - std::round(shown)) > 1e-9) decimals = 1;
      return locale.toString(shown, 'f', decimals) + QLatin1String(unit.mark);
    }
  if (size != 0 && size < 1e-4 && step <= 0) return locale.toString(value, 'g', 2);
  if (step <= 0) return locale.toString(value, 'g', 6);
  int decimals = std::clamp(static_cast<int>(std::ceil(-std::log10(step) - 1e-9)), 0, 10);
  // 2.5-steps need one more digit than their size says.
  const double scaled = step * std::pow(10.0, decimals);
  if (std::abs(scaled - std::round(scaled)) > 1e-6) ++decimals;
  return locale.toString(value, 'f', decimals);
}

}  // namespace millwright::ui

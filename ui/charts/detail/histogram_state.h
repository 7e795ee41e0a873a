// What a histogram holds: its data with running sums, the brush, and what the pointer is doing.
#pragma once

#include <QPointer>
#include <algorithm>
#include <utility>
#include <vector>

#include "../histogram_chart.h"
#include "ui_widgets/theme.h"

namespace millwright::ui {

struct HistogramChart::State {
  static constexpr double kBarWidth = 9;  // design pixels, about
  static constexpr double kMostBars = 96;

  HistogramData data;
  Mode mode = Mode::bars;
  bool shares = true;
  std::vector<double> below_reference, below_current;  // rows below each edge
  double total_reference = 0, total_current = 0;
  std::optional<std::pair<size_t, size_t>> brush;  // edges
  QPointer<BrushLink> link;
  int hover = -1;
  size_t cursor = 0;  // edge index of the keyboard's end of the brush
  enum class Drag { none, fresh, low, high, move } drag = Drag::none;
  size_t drag_edge = 0;
  std::pair<size_t, size_t> drag_from{};
  bool moved = false;

  [[nodiscard]] size_t bins() const { return data.edges.empty() ? 0 : data.edges.size() - 1; }
  [[nodiscard]] bool two() const { return !data.current.empty(); }

  // Bars of the present view: neighbours merged by a power of two, so that zooming splits bars and never shifts them.
  struct Bars {
    size_t first = 0, group = 1, count = 0;
  };
  [[nodiscard]] Bars bars(const Span& view, double width) const {
    const auto begin = data.edges.begin(), end = data.edges.end();
    const auto low = static_cast<size_t>(std::max<ptrdiff_t>(0, std::upper_bound(begin, end, view.low) - begin - 1));
    const auto high = std::min(bins(), static_cast<size_t>(std::lower_bound(begin, end, view.high) - begin));
    const auto wanted = static_cast<size_t>(std::clamp(width / px(kBarWidth), 12.0, kMostBars));
    Bars b;
    while ((high - std::min(low, high)) / b.group > wanted) b.group *= 2;
    b.first = low / b.group * b.group;
    b.count = high > b.first ? (high - b.first + b.group - 1) / b.group : 0;
    return b;
  }
  [[nodiscard]] size_t edge(const Bars& b, size_t bar) const { return std::min(bins(), b.first + bar * b.group); }
  [[nodiscard]] double rows(bool current, size_t from, size_t to) const {
    const auto& below = current ? below_current : below_reference;
    return below.empty() ? 0 : below[to] - below[from];
  }
  [[nodiscard]] double height(bool current, size_t from, size_t to) const {
    const double total = current ? total_current : total_reference;
    const double n = rows(current, from, to);
    return !shares ? n : total > 0 ? n / total : 0;
  }
};

}  // namespace millwright::ui

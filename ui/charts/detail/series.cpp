#include "detail/series.h"

#include <algorithm>
#include <cmath>

namespace millwright::ui {

namespace {
constexpr size_t kBlock = 256;
constexpr size_t kNone = static_cast<size_t>(-1);
}  // namespace

void Series::append(double x, double y) {
  x_.push_back(x);
  y_.push_back(y);
  if (x_.size() % kBlock == 0) close_block(x_.size() / kBlock - 1);
}

void Series::assign(std::vector<double> x, std::vector<double> y) {
  x_ = std::move(x);
  y_ = std::move(y);
  y_.resize(x_.size(), std::nan(""));
  blocks_.clear();
  for (size_t block = 0; (block + 1) * kBlock <= x_.size(); ++block) close_block(block);
}

void Series::clear() { assign({}, {}); }

void Series::close_block(size_t block) {
  Block b{kNone, kNone, false};
  for (size_t i = block * kBlock; i < (block + 1) * kBlock; ++i) {
    if (std::isnan(y_[i])) {
      b.gaps = true;
      continue;
    }
    if (b.lowest == kNone || y_[i] < y_[b.lowest]) b.lowest = i;
    if (b.highest == kNone || y_[i] > y_[b.highest]) b.highest = i;
  }
  blocks_.push_back(b);
}

void Series::scan(size_t from, size_t to, size_t& lowest, size_t& highest) const {
  const auto take = [&](size_t low, size_t high) {
    if (low == kNone || std::isnan(y_[low])) return;
    if (lowest == kNone || y_[low] < y_[lowest]) lowest = low;
    if (highest == kNone || y_[high] > y_[highest]) highest = high;
  };
  size_t i = from;
  while (i < to) {
    if (i % kBlock == 0 && i + kBlock <= to && i / kBlock < blocks_.size()) {
      take(blocks_[i / kBlock].lowest, blocks_[i / kBlock].highest);
      i += kBlock;
    } else {
      take(i, i);
      ++i;
    }
  }
}

bool Series::extent(double low, double high, double& least, double& most) const {
  const auto from = static_cast<size_t>(std::lower_bound(x_.begin(), x_.end(), low) - x_.begin());
  const auto to = static_cast<size_t>(std::upper_bound(x_.begin(), x_.end(), high) - x_.begin());
  size_t lowest = kNone, highest = kNone;
  scan(from, to, lowest, highest);
  if (lowest == kNone) return false;
  least = y_[lowest];
  most = y_[highest];
  return true;
}

size_t Series::nearest(double x) const {
  if (x_.empty()) return 0;
  const auto after = static_cast<size_t>(std::lower_bound(x_.begin(), x_.end(), x) - x_.begin());
  if (after == 0) return 0;
  if (after == x_.size()) return after - 1;
  return x - x_[after - 1] < x_[after] - x ? after - 1 : after;
}

std::vector<std::vector<QPointF>> Series::decimated(double low, double high, int columns) const {
  std::vector<std::vector<QPointF>> runs(1);
  if (x_.empty() || columns < 1 || !(high > low)) return runs;
  size_t from = static_cast<size_t>(std::lower_bound(x_.begin(), x_.end(), low) - x_.begin());
  size_t to = static_cast<size_t>(std::upper_bound(x_.begin(), x_.end(), high) - x_.begin());
  if (from > 0) --from;
  if (to < x_.size()) ++to;
  const auto put = [&](size_t i) {
    if (std::isnan(y_[i])) {
      if (!runs.back().empty()) runs.emplace_back();
    } else {
      runs.back().emplace_back(x_[i], y_[i]);
    }
  };
  if (to - from <= static_cast<size_t>(columns) * 4) {
    for (size_t i = from; i < to; ++i) put(i);
    return runs;
  }
  const double width = (high - low) / columns;
  size_t i = from;
  for (int column = -1; column <= columns && i < to; ++column) {
    const double edge = low + width * (column + 1);
    const auto next = column == columns
                          ? to
                          : static_cast<size_t>(std::lower_bound(x_.begin() + static_cast<ptrdiff_t>(i),
                                                                 x_.begin() + static_cast<ptrdiff_t>(to), edge) -
                                                x_.begin());
    if (next == i) continue;
    size_t lowest = kNone, highest = kNone;
    scan(i, next, lowest, highest);
    size_t four[4] = {i, lowest, highest, next - 1};
    std::sort(four, four + 4);
    for (int k = 0; k < 4; ++k)
      if (four[k] != kNone && (k == 0 || four[k] != four[k - 1])) put(four[k]);
    i = next;
  }
  return runs;
}

}  // namespace millwright::ui

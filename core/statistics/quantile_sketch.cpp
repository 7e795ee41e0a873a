#include <algorithm>
#include <cmath>
#include <limits>

#include "detail/byte_io.h"
#include "statistics/summary.h"
#include "statistics/two_sample.h"

namespace millwright::statistics {
namespace {

constexpr double kItems = 512;         // k: capacity of the highest level
constexpr double kShrink = 2.0 / 3.0;  // of a level's capacity, from each to the one below
constexpr size_t kLeast = 8;
constexpr size_t kSampled = 16'384;
constexpr size_t kMostLevels = 40;
constexpr int64_t kMostValues = int64_t{1} << 48;
constexpr double kZ99 = 2.5758293035489004;

std::vector<double> merged(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> both(a.size() + b.size());
  std::merge(a.begin(), a.end(), b.begin(), b.end(), both.begin());
  return both;
}

}  // namespace

uint64_t QuantileSketch::coin() {
  state_ ^= state_ << 13;
  state_ ^= state_ >> 7;
  state_ ^= state_ << 17;
  return state_ * 0x2545F4914F6CDD1DULL >> 32;
}

size_t QuantileSketch::capacity(size_t level) const {
  const auto depth = static_cast<double>(levels_.size() - 1 - level);
  return std::max(kLeast, static_cast<size_t>(std::ceil(kItems * std::pow(kShrink, depth))));
}

size_t QuantileSketch::items() const {
  size_t sum = 0;
  for (const auto& level : levels_) sum += level.size();
  return sum;
}

void QuantileSketch::add(std::span<const double> values) {
  if (values.empty()) return;
  size_t shift = 0;
  while (values.size() >> shift > kSampled) ++shift;
  const size_t stride = size_t{1} << shift, blocks = values.size() >> shift;
  std::vector<double> sample(blocks), scratch;
  if (shift == 0) {
    sample.assign(values.begin(), values.end());
  } else {
    for (size_t b = 0; b < blocks; ++b) sample[b] = values[(b << shift) + (coin() & (stride - 1))];
    variance_ += static_cast<double>(blocks) * static_cast<double>(stride) * static_cast<double>(stride) / 4;
  }
  sort_values(sample, scratch);
  add_sorted(std::move(sample), shift);
  if (const size_t rest = values.size() - (blocks << shift); rest > 0) {
    std::vector<double> last(values.end() - static_cast<std::ptrdiff_t>(rest), values.end());
    std::sort(last.begin(), last.end());
    add_sorted(std::move(last), 0);
  }
  count_ += static_cast<int64_t>(values.size());
}

void QuantileSketch::add_sorted(std::vector<double> values, size_t level) {
  if (levels_.size() <= level) levels_.resize(level + 1);
  levels_[level] = levels_[level].empty() ? std::move(values) : merged(levels_[level], values);
  compact();
}

void QuantileSketch::compact() {
  for (;;) {
    size_t room = 0;
    for (size_t h = 0; h < levels_.size(); ++h) room += capacity(h);
    if (items() <= room) return;
    size_t h = 0;
    while (levels_[h].size() <= capacity(h)) ++h;
    if (h + 1 == levels_.size()) levels_.emplace_back();
    auto& full = levels_[h];
    std::vector<double> kept, up;
    size_t from = 0;
    if (full.size() % 2 == 1) {  // the odd one stays, at either end
      from = coin() & 1;
      kept.push_back(from == 1 ? full.front() : full.back());
    }
    const size_t pairs = full.size() / 2;
    up.reserve(pairs);
    const size_t offset = from + (coin() & 1);
    for (size_t i = 0; i < pairs; ++i) up.push_back(full[2 * i + offset]);
    full = std::move(kept);
    levels_[h + 1] = levels_[h + 1].empty() ? std::move(up) : merged(levels_[h + 1], up);
    // The rank of any value is off by one weight of this level, up or down, or not at all.
    variance_ += std::ldexp(1.0, static_cast<int>(2 * h));
  }
}

void QuantileSketch::merge(const QuantileSketch& other) {
  if (levels_.size() < other.levels_.size()) levels_.resize(other.levels_.size());
  for (size_t h = 0; h < other.levels_.size(); ++h)
    if (!other.levels_[h].empty()) levels_[h] = merged(levels_[h], other.levels_[h]);
  count_ += other.count_;
  variance_ += other.variance_;
  state_ ^= other.state_ * 0x9E3779B97F4A7C15ULL;
  if (state_ == 0) state_ = 1;
  compact();
}

std::vector<std::pair<double, int64_t>> QuantileSketch::weighted() const {
  std::vector<std::pair<double, int64_t>> all;
  all.reserve(items());
  for (size_t h = 0; h < levels_.size(); ++h)
    for (const double v : levels_[h]) all.emplace_back(v, int64_t{1} << h);
  std::sort(all.begin(), all.end());
  return all;
}

std::vector<double> QuantileSketch::quantiles(std::span<const double> q) const {
  std::vector<double> found;
  const auto all = weighted();
  int64_t total = 0;
  for (const auto& item : all) total += item.second;
  for (const double share : q) {
    const double target = std::clamp(share, 0.0, 1.0) * static_cast<double>(total);
    double value = std::numeric_limits<double>::quiet_NaN();
    int64_t below = 0;
    for (const auto& [v, weight] : all) {
      value = v;
      below += weight;
      if (static_cast<double>(below) > target) break;
    }
    found.push_back(value);
  }
  return found;
}

double QuantileSketch::quantile(double q) const { return quantiles(std::span<const double>(&q, 1)).front(); }

double QuantileSketch::rank(double x) const {
  int64_t below = 0, total = 0;
  for (size_t h = 0; h < levels_.size(); ++h) {
    const auto& level = levels_[h];
    below += (std::upper_bound(level.begin(), level.end(), x) - level.begin()) << h;
    total += static_cast<int64_t>(level.size()) << h;
  }
  return total > 0 ? static_cast<double>(below) / static_cast<double>(total) : std::numeric_limits<double>::quiet_NaN();
}

double QuantileSketch::rank_error() const {
  return count_ > 0 ? std::min(1.0, kZ99 * std::sqrt(variance_) / static_cast<double>(count_)) : 0;
}

std::pair<double, double> QuantileSketch::ks_distance(const QuantileSketch& a, const QuantileSketch& b) {
  const auto of_a = a.weighted(), of_b = b.weighted();
  double total_a = 0, total_b = 0;
  for (const auto& item : of_a) total_a += static_cast<double>(item.second);
  for (const auto& item : of_b) total_b += static_cast<double>(item.second);
  if (total_a <= 0 || total_b <= 0) return {kUndefined, 1};
  size_t i = 0, j = 0;
  double below_a = 0, below_b = 0, d = 0;
  while (i < of_a.size() && j < of_b.size()) {
    const double value = std::min(of_a[i].first, of_b[j].first);
    for (; i < of_a.size() && of_a[i].first == value; ++i) below_a += static_cast<double>(of_a[i].second);
    for (; j < of_b.size() && of_b[j].first == value; ++j) below_b += static_cast<double>(of_b[j].second);
    d = std::max(d, std::abs(below_a / total_a - below_b / total_b));
  }
  return {d, std::min(1.0, a.rank_error() + b.rank_error())};
}

void QuantileSketch::save(Bytes& out) const {
  detail::put(out, count_);
  detail::put(out, variance_);
  detail::put(out, state_);
  detail::put(out, static_cast<uint8_t>(levels_.size()));
  for (const auto& level : levels_) detail::put_all(out, std::span<const double>(level));
}

Result<QuantileSketch> QuantileSketch::load(std::span<const uint8_t>& in) {
  QuantileSketch sketch;
  uint8_t levels = 0;
  if (!detail::take(in, sketch.count_) || !detail::take(in, sketch.variance_) || !detail::take(in, sketch.state_) ||
      !detail::take(in, levels))
    return detail::damaged();
  if (sketch.count_ < 0 || sketch.count_ > kMostValues || !(sketch.variance_ >= 0) || levels > kMostLevels)
    return detail::damaged();
  if (sketch.state_ == 0) sketch.state_ = 1;
  sketch.levels_.resize(levels);
  int64_t stands_for = 0;
  for (size_t h = 0; h < levels; ++h) {
    auto& level = sketch.levels_[h];
    if (!detail::take_all(in, level) || static_cast<int64_t>(level.size()) > kMostValues >> h) return detail::damaged();
    stands_for += static_cast<int64_t>(level.size()) << h;
    const bool finite = std::all_of(level.begin(), level.end(), [](double v) { return std::isfinite(v); });
    if (!finite || !std::is_sorted(level.begin(), level.end())) return detail::damaged();
  }
  return stands_for == sketch.count_ ? Result<QuantileSketch>(std::move(sketch)) : detail::damaged();
}

}  // namespace millwright::statistics

#include "engine/batch_plan.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "base/hash.h"

namespace millwright::engine {
namespace {

constexpr size_t kBatchesInPool = 64;

}  // namespace

std::vector<std::vector<uint32_t>> plan_epoch(std::span<const uint32_t> lengths, size_t batch_size,
                                              bool group_by_length, uint64_t seed, int64_t epoch) {
  Random random(seed ^ (0x65706F6368ULL + static_cast<uint64_t>(epoch) * 0x9E3779B97F4A7C15ULL));
  std::vector<uint32_t> order(lengths.size());
  std::iota(order.begin(), order.end(), 0U);
  random.shuffle(order.begin(), order.end());
  if (group_by_length) {
    const size_t pool = batch_size * kBatchesInPool;
    for (size_t from = 0; from < order.size(); from += pool) {
      const auto begin = order.begin() + static_cast<ptrdiff_t>(from);
      const auto end = order.begin() + static_cast<ptrdiff_t>(std::min(from + pool, order.size()));
      std::stable_sort(begin, end, [&](uint32_t a, uint32_t b) { return lengths[a] > lengths[b]; });
    }
  }
  std::vector<std::vector<uint32_t>> batches;
  for (size_t from = 0; from < order.size(); from += batch_size) {
    const auto begin = order.begin() + static_cast<ptrdiff_t>(from);
    batches.emplace_back(begin, order.begin() + static_cast<ptrdiff_t>(std::min(from + batch_size, order.size())));
  }
  if (group_by_length) random.shuffle(batches.begin(), batches.end());
  return batches;
}

void PaddingCount::add(std::span<const uint32_t> lengths, std::span<const uint32_t> batch) {
  uint64_t longest = 0;
  for (const uint32_t row : batch) {
    real += lengths[row];
    longest = std::max<uint64_t>(longest, lengths[row]);
  }
  padded += longest * batch.size();
}

double Schedule::rate(int64_t step) const {
  if (step <= warmup) return peak * static_cast<double>(step) / static_cast<double>(warmup);
  if (shape == Shape::constant) return peak;
  // The last step still moves: the rate would be 0 at the one after it.
  const double done =
      static_cast<double>(step - warmup - 1) / static_cast<double>(std::max<int64_t>(1, steps - warmup));
  return shape == Shape::linear ? peak * (1 - done) : peak * 0.5 * (1 + std::cos(std::numbers::pi * done));
}

}  // namespace millwright::engine

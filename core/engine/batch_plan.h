// Which rows are computed together, and in which order: a function of seed and epoch alone.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace millwright::engine {

/// Batches of one epoch; each row of `lengths` (tokens) once, every batch full but one. Grouped, rows of like length
/// share a batch: they are sorted within random pools, and the batches are shuffled again.
[[nodiscard]] std::vector<std::vector<uint32_t>> plan_epoch(std::span<const uint32_t> lengths, size_t batch_size,
                                                            bool group_by_length, uint64_t seed, int64_t epoch);

/// Tokens of a batch when every row is padded to its longest, beside the real ones.
struct PaddingCount {
  uint64_t real = 0, padded = 0;
  void add(std::span<const uint32_t> lengths, std::span<const uint32_t> batch);
  [[nodiscard]] double ratio() const { return real == 0 ? 1 : static_cast<double>(padded) / static_cast<double>(real); }
};

/// The learning rate over a training: it rises in a straight line, then falls.
struct Schedule {
  enum class Shape : uint8_t { linear, cosine, constant };
  Shape shape = Shape::linear;
  double peak = 0;
  int64_t steps = 1;   ///< in all
  int64_t warmup = 0;  ///< of them
  /// Of step 1 … steps.
  [[nodiscard]] double rate(int64_t step) const;
};

}  // namespace millwright::engine

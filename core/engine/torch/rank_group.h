// Sums over the ranks of a training, by c10d's Gloo: on the processor's memory, whatever device computes.
#pragma once

#include <ATen/ATen.h>

#include <memory>

#include "base/result.h"
#include "engine/ranks.h"

namespace millwright::engine {

class RankGroup {
 public:
  /// Waits until all ranks are there. Errors: job "train.lost_rank" (one did not come), "engine.no_group" (this
  /// libtorch has no Gloo).
  [[nodiscard]] static Result<std::unique_ptr<RankGroup>> join(const Ranks& ranks);
  ~RankGroup();

  /// The sum over all ranks of a flat tensor of floats, doubles or longs in main memory, the same to the bit on each.
  /// Error: job "train.lost_rank".
  [[nodiscard]] Status sum(at::Tensor& values);

 private:
  struct State;
  explicit RankGroup(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace millwright::engine

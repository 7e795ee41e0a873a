// Sums over the ranks of a training, by torch's c10d: by NCCL from GPU to GPU where this libtorch has it, else by Gloo
// on the processor's memory, whatever device computes.
#pragma once

#include <ATen/ATen.h>

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/ranks.h"

namespace millwright::engine {

class RankGroup {
 public:
  /// Waits until all ranks are there; `device` is what this one computes on. Errors: job "train.lost_rank" (one did not
  /// come), "train.device_gone", "engine.no_group" (this libtorch has nothing that could sum here).
  [[nodiscard]] static Result<std::unique_ptr<RankGroup>> join(const Ranks& ranks, const at::Device& device);
  /// What ranks can sum by with this libtorch: "gloo", "nccl".
  [[nodiscard]] static std::vector<std::string> backends();
  virtual ~RankGroup() = default;

  /// Where what is to be summed has to lie.
  [[nodiscard]] virtual at::Device device() const = 0;
  /// The sum over all ranks of a flat tensor of floats, doubles or longs on device(), the same to the bit on each.
  /// Errors: job "train.lost_rank", "train.device_gone".
  [[nodiscard]] virtual Status sum(at::Tensor& values) = 0;
};

}  // namespace millwright::engine

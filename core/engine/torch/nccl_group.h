// Sums from GPU to GPU. Compiled only where libtorch has NCCL and its headers are there (MW_HAS_NCCL); so far compiled
// and linked for GPUs, not executed on any.
#pragma once

#include "torch/rank_group.h"

namespace millwright::engine {

/// As RankGroup::join(), for ranks that each have a GPU of their own.
[[nodiscard]] Result<std::unique_ptr<RankGroup>> join_by_nccl(const Ranks& ranks, const at::Device& device);

}  // namespace millwright::engine

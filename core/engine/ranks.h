// Several engines that train one model together, each on its share of every batch. Who they are is said by the
// environment, as torchrun and Slurm set it.
#pragma once

#include <cstdint>
#include <string>

#include "base/files.h"
#include "base/result.h"
#include "jobs/job_folder.h"

namespace millwright::engine {

struct Ranks {
  int rank = 0;
  int size = 1;
  int local = 0;  ///< among those on this machine: which GPU it takes
  std::string address = "127.0.0.1";
  uint16_t port = 29500;
  [[nodiscard]] bool together() const { return size > 1; }
  [[nodiscard]] bool first() const { return rank == 0; }
};

/// RANK, WORLD_SIZE, MASTER_ADDR, perhaps MASTER_PORT and LOCAL_RANK (torchrun); or SLURM_PROCID, SLURM_NTASKS,
/// SLURM_LOCALID with MASTER_ADDR. Without an address this engine is alone. Error: usage "train.bad_ranks".
[[nodiscard]] Result<Ranks> ranks_of_environment();

/// The first rank works in the job's folder. Any other gets one of its own inside, made anew, with the same spec and
/// inputs: what it leaves there nobody needs.
[[nodiscard]] Result<jobs::JobFolder> folder_of_rank(const jobs::JobFolder& folder, const Ranks& ranks);
/// The job's folder again, from that of any rank.
[[nodiscard]] fs::path shared_folder(const jobs::JobFolder& folder, const Ranks& ranks);

}  // namespace millwright::engine

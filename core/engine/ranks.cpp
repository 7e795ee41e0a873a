#include "engine/ranks.h"

#include <charconv>
#include <cstdlib>
#include <optional>

namespace millwright::engine {
namespace {

constexpr int kMostRanks = 4096;

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::optional<int> number(const std::string& text, int low, int high) {
  int value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size() || value < low || value > high) return std::nullopt;
  return value;
}

tl::unexpected<Error> bad(const char* name) {
  return fail(ErrorKind::usage, "train.bad_ranks", "{name} is “{value}”: no number that it can be.",
              {{"name", name}, {"value", variable(name)}},
              "Ranks are started by torchrun, or by Slurm with MASTER_ADDR set.");
}

}  // namespace

Result<Ranks> ranks_of_environment() {
  Ranks out;
  if (variable("MASTER_ADDR").empty()) return out;
  const bool slurm = variable("WORLD_SIZE").empty() && !variable("SLURM_NTASKS").empty();
  const char* const size = slurm ? "SLURM_NTASKS" : "WORLD_SIZE";
  const char* const rank = slurm ? "SLURM_PROCID" : "RANK";
  const char* const local = slurm ? "SLURM_LOCALID" : "LOCAL_RANK";
  if (variable(size).empty()) return out;
  const auto ranks = number(variable(size), 1, kMostRanks);
  if (!ranks) return bad(size);
  if (*ranks == 1) return out;
  const auto own = number(variable(rank), 0, *ranks - 1);
  if (!own) return bad(rank);
  out.size = *ranks;
  out.rank = *own;
  out.local = *own;
  if (!variable(local).empty()) {
    const auto found = number(variable(local), 0, kMostRanks);
    if (!found) return bad(local);
    out.local = *found;
  }
  out.address = variable("MASTER_ADDR");
  if (variable("MASTER_PORT").empty()) return out;
  const auto port = number(variable("MASTER_PORT"), 1, 65535);
  if (!port) return bad("MASTER_PORT");
  out.port = static_cast<uint16_t>(*port);
  return out;
}

Result<jobs::JobFolder> folder_of_rank(const jobs::JobFolder& folder, const Ranks& ranks) {
  if (ranks.first()) return folder;
  const fs::path own = folder.file("rank-" + std::to_string(ranks.rank));
  std::error_code error;
  fs::remove_all(own, error);
  MW_ASSIGN(jobs::JobFolder made, jobs::JobFolder::create(own, folder.spec()));
  fs::create_directory_symlink("../inputs", own / "inputs", error);
  if (error) return fail_errno("write", (own / "inputs").string(), error.value());
  return made;
}

fs::path shared_folder(const jobs::JobFolder& folder, const Ranks& ranks) {
  return ranks.first() ? folder.path() : folder.path().parent_path();
}

}  // namespace millwright::engine

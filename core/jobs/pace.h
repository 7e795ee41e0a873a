// How a training goes while it runs, where it tells: part of its progress events.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/remark.h"
#include "jobs/job_folder.h"

namespace millwright::jobs {

struct Pace {
  std::optional<double> seconds_left;
  double tokens_per_second = 0;  ///< tokens of the texts, padding apart; 0: not known
  int64_t memory = 0;            ///< bytes in use, at most so far; 0: not known
  std::string device;            ///< "cpu", "cuda:0"; empty: not known
};

/// Of a progress event; nullopt where it tells none.
[[nodiscard]] std::optional<Pace> pace_of(const Event& event);
/// The pace that stands once this event is known: a look at the validation split interrupts a training and leaves its
/// pace as it was, another phase ends it.
void follow_pace(const Event& event, std::optional<Pace>& pace);
/// Of what is under way in a job's folder.
[[nodiscard]] std::optional<Pace> newest_pace(const fs::path& job_folder);

/// "4 min left", "2,310 tokens/s", "1.2 GiB", "cpu": what of it is known.
[[nodiscard]] std::vector<Remark> remarks_on(const std::optional<Pace>& pace);
/// {"seconds_left","tokens_per_second","memory","device"}; null where nothing is known.
[[nodiscard]] Json to_json(const std::optional<Pace>& pace);

}  // namespace millwright::jobs

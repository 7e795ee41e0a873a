#include "jobs/pace.h"

#include <algorithm>
#include <cmath>
#include <fstream>

namespace millwright::jobs {
namespace {

constexpr std::streamoff kTail = 64 << 10;  // bytes at the end of the events that are looked at

}  // namespace

std::optional<Pace> pace_of(const Event& event) {
  if (event.type != "progress" || !event.body.is_object()) return std::nullopt;
  const auto number = [&](const char* key) -> std::optional<double> {
    const Json found = event.body.value(key, Json());
    if (!found.is_number() || !std::isfinite(found.get<double>())) return std::nullopt;
    return std::max(0.0, found.get<double>());
  };
  const auto speed = number("tokens_per_second");
  if (!speed) return std::nullopt;
  Pace pace{number("seconds_left"), *speed, 0, {}};
  if (const Json memory = event.body.value("memory", Json()); memory.is_number_integer())
    pace.memory = memory.get<int64_t>();
  if (const Json device = event.body.value("device", Json()); device.is_string())
    pace.device = device.get<std::string>();
  return pace;
}

void follow_pace(const Event& event, std::optional<Pace>& pace) {
  if (event.type != "progress") return;
  if (auto told = pace_of(event))
    pace = std::move(told);
  else if (event.body.value("phase", Json()) != "validate")
    pace.reset();
}

std::optional<Pace> newest_pace(const fs::path& job_folder) {
  std::ifstream file(job_folder / "events.jsonl", std::ios::binary | std::ios::ate);
  if (!file) return std::nullopt;
  const std::streamoff size = file.tellg();
  file.seekg(std::max<std::streamoff>(0, size - kTail));
  std::optional<Pace> pace;
  // What the tail begins in the middle of is no JSON, and neither is what is being written.
  for (std::string line; std::getline(file, line);) {
    Event event;
    event.body = Json::parse(line, nullptr, false);
    if (!event.body.is_object()) continue;
    if (const Json type = event.body.value("type", Json()); type.is_string()) event.type = type.get<std::string>();
    follow_pace(event, pace);
  }
  return pace;
}

std::vector<Remark> remarks_on(const std::optional<Pace>& pace) {
  std::vector<Remark> out;
  if (!pace) return out;
  if (pace->seconds_left) out.push_back(time_left(*pace->seconds_left));
  if (pace->tokens_per_second > 0)
    out.push_back({"{n} tokens/s", {{"n", std::to_string(std::llround(pace->tokens_per_second))}}});
  if (pace->memory > 0) out.push_back(memory_size(pace->memory));
  if (!pace->device.empty()) out.push_back({pace->device, {}});
  return out;
}

Json to_json(const std::optional<Pace>& pace) {
  const Pace told = pace.value_or(Pace());
  return {{"seconds_left", told.seconds_left ? number_or_null(*told.seconds_left) : Json()},
          {"tokens_per_second", told.tokens_per_second > 0 ? Json(told.tokens_per_second) : Json()},
          {"memory", told.memory > 0 ? Json(told.memory) : Json()},
          {"device", told.device.empty() ? Json() : Json(told.device)}};
}

}  // namespace millwright::jobs

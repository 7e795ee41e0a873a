// Time: UTC milliseconds since 1970 inside, ISO 8601 at the edges.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millwright {

[[nodiscard]] int64_t now_ms();
/// Seconds from a steady clock: for durations only.
[[nodiscard]] double steady_seconds();
/// "2026-03-01T12:00:00.123Z"
[[nodiscard]] std::string iso8601(int64_t ms);
/// Parses ISO 8601 dates and date-times: 'T' or a space between, fraction of any length (cut to µs), 'Z' or ±hh[:mm];
/// without a zone it is read as UTC. Returns microseconds since 1970. nullopt for anything else, also for 30 February.
[[nodiscard]] std::optional<int64_t> parse_timestamp_us(std::string_view text);

}  // namespace millwright

// JSON as this program writes and reads it: ordered keys, UTF-8. JSON *from outside* at volume goes through simdjson.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace millwright {

using Json = nlohmann::ordered_json;

/// Error: "json.invalid" with the position; also for a name twice, more than 1,024 levels, numbers beyond double.
[[nodiscard]] Result<Json> parse_json(std::string_view text, std::string_view where);
/// One line, UTF-8; NaN and infinity become null; invalid UTF-8 becomes U+FFFD.
[[nodiscard]] std::string to_text(const Json& json, int indent = -1);
/// The form that is hashed: keys sorted by bytes, no white space, numbers as nlohmann prints them (shortest that
/// round-trips).
[[nodiscard]] std::string canonical(const Json& json);
/// value for a JSON number that may be NaN or infinite: null then.
[[nodiscard]] Json number_or_null(double value);

}  // namespace millwright

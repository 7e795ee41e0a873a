// What a text can mean. Strict: a value that is not wholly of the type is not of the type.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace millwright::records::detail {

/// Digits with an optional sign; no leading zeros ("007" is a code, not a number), within 64 bits.
[[nodiscard]] bool parse_integer(std::string_view text, int64_t& value);
/// Decimal with an optional fraction and exponent, finite, correctly rounded. Digits alone that do not fit an integer
/// are not a real either: they would lose digits.
[[nodiscard]] bool parse_real(std::string_view text, double& value);
/// true/false, True/False, TRUE/FALSE.
[[nodiscard]] bool parse_boolean(std::string_view text, int64_t& value);
/// Microseconds, ISO 8601.
[[nodiscard]] bool parse_time(std::string_view text, int64_t& value);

}  // namespace millwright::records::detail

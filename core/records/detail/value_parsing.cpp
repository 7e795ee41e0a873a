#include "value_parsing.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "base/clock.h"

namespace millwright::records::detail {
namespace {

bool is_digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }

constexpr double kPowers[] = {1,    1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                              1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/// Decimal digits of up to 19 places as a number; how many were read.
size_t read_digits(const char* p, const char* end, uint64_t& value) {
  const char* begin = p;
  while (p != end && is_digit(*p)) value = value * 10 + static_cast<uint64_t>(*p++ - '0');
  return static_cast<size_t>(p - begin);
}

}  // namespace

bool parse_integer(std::string_view text, int64_t& value) {
  if (text.empty() || text.size() > 20) return false;
  const char* p = text.data();
  const char* end = p + text.size();
  const bool negative = *p == '-';
  if (negative || *p == '+') ++p;
  const auto digits = static_cast<size_t>(end - p);
  if (digits == 0 || digits > 19 || (*p == '0' && digits > 1)) return false;
  uint64_t magnitude = 0;
  if (read_digits(p, end, magnitude) != digits) return false;
  const uint64_t most = static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) + (negative ? 1 : 0);
  if (magnitude > most) return false;
  value = static_cast<int64_t>(negative ? 0 - magnitude : magnitude);
  return true;
}

bool parse_real(std::string_view text, double& value) {
  const char* p = text.data();
  const char* end = p + text.size();
  if (p == end) return false;
  const bool negative = *p == '-';
  if (negative || *p == '+') ++p;
  const char* number = p;
  uint64_t mantissa = 0;
  const size_t whole = read_digits(p, end, mantissa);
  p += whole;
  if (whole > 1 && *number == '0') return false;
  size_t fraction = 0;
  const bool point = p != end && *p == '.';
  if (point) {
    fraction = read_digits(++p, end, mantissa);
    p += fraction;
  }
  if (whole + fraction == 0) return false;
  const bool exponent = p != end && (*p == 'e' || *p == 'E');
  if (p == end && whole + fraction <= 19 && mantissa <= (uint64_t{1} << 53) && fraction <= 22) {
    // Both are exact doubles: one division rounds once (Clinger 1990).
    value = static_cast<double>(mantissa) / kPowers[fraction];
    if (negative) value = -value;
    return true;
  }
  if (exponent) {
    ++p;
    if (p != end && (*p == '-' || *p == '+')) ++p;
    uint64_t ignored = 0;
    const size_t digits = read_digits(p, end, ignored);
    if (digits == 0) return false;
    p += digits;
  }
  if (p != end) return false;
  if (!point && !exponent) {
    int64_t integer = 0;
    if (!parse_integer(text, integer)) return false;
  }
  const auto [stop, error] = std::from_chars(number, end, value);
  if (error == std::errc::result_out_of_range || stop != end || !std::isfinite(value)) return false;
  if (negative) value = -value;
  return true;
}

bool parse_boolean(std::string_view text, int64_t& value) {
  if (text == "true" || text == "True" || text == "TRUE") {
    value = 1;
    return true;
  }
  if (text == "false" || text == "False" || text == "FALSE") {
    value = 0;
    return true;
  }
  return false;
}

bool parse_time(std::string_view text, int64_t& value) {
  // Shortest is a date; anything that does not begin with a digit of the year cannot be one.
  if (text.size() < 8 || !is_digit(text.front())) return false;
  const auto parsed = parse_timestamp_us(text);
  if (!parsed) return false;
  value = *parsed;
  return true;
}

}  // namespace millwright::records::detail

#include "base/remark.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace millwright {
namespace {

constexpr double kMinutesFrom = 90, kHoursFrom = 90 * 60;  // seconds
constexpr double kMiB = 1 << 20, kGiB = 1 << 30;

std::string digits(double value, int decimals) {
  char out[64];
  std::snprintf(out, sizeof out, "%.*f", decimals, value);
  return out;
}

Remark figure_in(const char* text, std::string figure) { return {text, {{"n", std::move(figure)}}}; }

}  // namespace

std::string grouped(int64_t value) {
  std::string digits = std::to_string(value < 0 ? -value : value);
  for (auto at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3) digits.insert(static_cast<size_t>(at), ",");
  return value < 0 ? '-' + digits : digits;
}

bool is_figure(std::string_view argument) {
  return !argument.empty() && argument.size() <= 18 && argument.front() != '.' && argument.back() != '.' &&
         argument.find_first_not_of("0123456789.") == std::string_view::npos &&
         std::count(argument.begin(), argument.end(), '.') <= 1;
}

std::string words_of(const Remark& remark) {
  Arguments arguments = remark.arguments;
  for (auto& [name, value] : arguments) {
    if (!is_figure(value)) continue;
    const size_t point = std::min(value.find('.'), value.size());
    value = grouped(std::stoll(value.substr(0, point))) + value.substr(point);
  }
  return fill(remark.text, arguments);
}

std::string words_of(std::span<const Remark> remarks, std::string_view between) {
  std::string words;
  for (const Remark& remark : remarks) {
    if (!words.empty()) words += between;
    words += words_of(remark);
  }
  return words;
}

Remark time_left(double seconds) {
  if (seconds >= kHoursFrom) return figure_in("{n} h left", digits(seconds / 3600, 1));
  if (seconds >= kMinutesFrom) return figure_in("{n} min left", digits(std::ceil(seconds / 60), 0));
  return figure_in("{n} s left", digits(std::ceil(std::max(0.0, seconds)), 0));
}

Remark about_time(double seconds) {
  if (seconds >= kHoursFrom) return figure_in("about {n} h", digits(seconds / 3600, 1));
  if (seconds >= kMinutesFrom) return figure_in("about {n} min", digits(std::ceil(seconds / 60), 0));
  return figure_in("about {n} s", digits(std::ceil(std::max(0.0, seconds)), 0));
}

Remark memory_size(int64_t bytes) {
  const auto size = static_cast<double>(bytes);
  return size >= kGiB ? figure_in("{n} GiB", digits(size / kGiB, 1)) : figure_in("{n} MiB", digits(size / kMiB, 0));
}

}  // namespace millwright

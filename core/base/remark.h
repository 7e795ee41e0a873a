// Sentences for people that are no errors: core says what is to be said and how exactly, whoever shows it puts the
// words together.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace millwright {

/// An English text with {named} places. Figures among the arguments are plain digits ("2310", "1.2"): they are written
/// as the reader's language does where the words are put together.
struct Remark {
  std::string text;
  Arguments arguments;
};

/// 63440 → "63,440"
[[nodiscard]] std::string grouped(int64_t value);
/// Whether an argument is a figure: digits, and at most one point among them.
[[nodiscard]] bool is_figure(std::string_view argument);
/// The English sentence, its figures grouped.
[[nodiscard]] std::string words_of(const Remark& remark);
/// Several, with `between` between them.
[[nodiscard]] std::string words_of(std::span<const Remark> remarks, std::string_view between);

/// "{n} min left": seconds below a minute and a half, then minutes, hours with a decimal above an hour and a half.
[[nodiscard]] Remark time_left(double seconds);
/// "about {n} min", in the same steps.
[[nodiscard]] Remark about_time(double seconds);
/// "{n} MiB", "{n} GiB" with a decimal.
[[nodiscard]] Remark memory_size(int64_t bytes);

}  // namespace millwright

#include "base/clock.h"

#include <chrono>
#include <cstdio>

namespace millwright {

int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

double steady_seconds() {
  using namespace std::chrono;
  return duration<double>(steady_clock::now().time_since_epoch()).count();
}

std::string iso8601(int64_t ms) {
  using namespace std::chrono;
  const sys_time<milliseconds> when{milliseconds(ms)};
  const auto day = floor<days>(when);
  const year_month_day date{day};
  const hh_mm_ss time{when - day};
  char out[40];
  std::snprintf(out, sizeof out, "%04d-%02u-%02uT%02ld:%02ld:%02ld.%03ldZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                time.minutes().count(), static_cast<long>(time.seconds().count()),
                static_cast<long>(time.subseconds().count()));
  return out;
}

namespace {
struct Reader {
  std::string_view text;
  size_t at = 0;
  [[nodiscard]] bool done() const { return at == text.size(); }
  [[nodiscard]] char peek() const { return done() ? '\0' : text[at]; }
  bool skip(char c) {
    if (peek() != c) return false;
    ++at;
    return true;
  }
  bool digits(int n, int& value) {
    value = 0;
    for (int i = 0; i < n; ++i, ++at) {
      if (done() || text[at] < '0' || text[at] > '9') return false;
      value = value * 10 + (text[at] - '0');
    }
    return true;
  }
};
}  // namespace

std::optional<int64_t> parse_timestamp_us(std::string_view text) {
  using namespace std::chrono;
  Reader in{text};
  int y = 0, mo = 0, d = 0;
  if (!in.digits(4, y) || !in.skip('-') || !in.digits(2, mo) || !in.skip('-') || !in.digits(2, d)) return std::nullopt;
  const year_month_day date{year(y), month(static_cast<unsigned>(mo)), day(static_cast<unsigned>(d))};
  if (!date.ok()) return std::nullopt;
  int64_t us = duration_cast<microseconds>(sys_days(date).time_since_epoch()).count();
  if (in.done()) return us;
  if (!in.skip('T') && !in.skip(' ')) return std::nullopt;
  int h = 0, mi = 0, s = 0;
  if (!in.digits(2, h) || !in.skip(':') || !in.digits(2, mi) || h > 23 || mi > 59) return std::nullopt;
  int64_t fraction = 0;
  if (in.skip(':')) {
    if (!in.digits(2, s) || s > 59) return std::nullopt;
    if (in.skip('.') || in.skip(',')) {
      int64_t unit = 100000;
      const size_t begin = in.at;
      for (; in.peek() >= '0' && in.peek() <= '9'; ++in.at, unit /= 10) fraction += unit * (in.peek() - '0');
      if (in.at == begin) return std::nullopt;
    }
  }
  us += ((h * 60LL + mi) * 60 + s) * 1000000 + fraction;
  if (in.done()) return us;
  if (in.skip('Z')) return in.done() ? std::optional(us) : std::nullopt;
  const char sign = in.peek();
  if (sign != '+' && sign != '-') return std::nullopt;
  ++in.at;
  int zh = 0, zm = 0;
  if (!in.digits(2, zh)) return std::nullopt;
  in.skip(':');
  if (!in.done() && !in.digits(2, zm)) return std::nullopt;
  if (!in.done() || zh > 23 || zm > 59) return std::nullopt;
  const int64_t shift = (zh * 60LL + zm) * 60000000;
  return sign == '+' ? us - shift : us + shift;
}

}  // namespace millwright

// SPDX-License-Identifier: Apache-2.0
#include "plugin_jsonl/json_text.h"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "plugin_support/text.h"

namespace millwright::plugin::jsonl {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// High bit of each byte that is a quotation mark, a backslash or a control character. Exact for the lowest such byte,
/// which is all that is asked of it (Mycroft's test may mark bytes above it falsely).
uint64_t special_bytes(uint64_t v) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  constexpr uint64_t kHigh = 0x8080808080808080;
  const auto zero = [](uint64_t x) { return (x - kOnes) & ~x & kHigh; };
  return zero(v ^ (kOnes * '"')) | zero(v ^ (kOnes * '\\')) | ((v - kOnes * 0x20) & ~v & kHigh);
}

}  // namespace

void JsonText::skip_space() {
  while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\r' || text_[at_] == '\n'))
    ++at_;
}

bool JsonText::take(char c) {
  if (at_ >= text_.size() || text_[at_] != c) return false;
  ++at_;
  return true;
}

/// First place from here on that is a quotation mark, a backslash, a control character or the end.
size_t JsonText::plain_run() const {
  size_t i = at_;
  if constexpr (std::endian::native == std::endian::little) {
    for (; i + 8 <= text_.size(); i += 8) {
      uint64_t v = 0;
      std::memcpy(&v, text_.data() + i, 8);
      if (const uint64_t special = special_bytes(v); special != 0)
        return i + static_cast<size_t>(std::countr_zero(special)) / 8;
    }
  }
  while (i < text_.size() && text_[i] != '"' && text_[i] != '\\' && static_cast<uint8_t>(text_[i]) >= 0x20) ++i;
  return i;
}

bool JsonText::hex4(unsigned& unit) {
  unit = 0;
  for (int i = 0; i < 4; ++i, ++at_) {
    if (at_ >= text_.size()) return fail("a string is not closed");
    const char c = text_[at_];
    const int digit = is_digit(c)            ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) return fail("\\u wants four hexadecimal digits");
    unit = unit << 4 | static_cast<unsigned>(digit);
  }
  return true;
}

/// Behind a backslash. What it stands for goes to `out` where that is wanted.
bool JsonText::escape(std::string* out) {
  if (at_ >= text_.size()) return fail("a string is not closed");
  constexpr std::string_view kNames = "\"\\/bfnrt";
  constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
  const char c = text_[at_];
  if (const size_t known = kNames.find(c); known != std::string_view::npos) {
    ++at_;
    if (out != nullptr) *out += kMeant[known];
    return true;
  }
  if (c != 'u') return fail("an escape that JSON does not have");
  ++at_;
  unsigned unit = 0;
  if (!hex4(unit)) return false;
  if (unit >= 0xDC00 && unit < 0xE000) return fail("a low surrogate alone", "jsonl.lone_surrogate");
  if (unit >= 0xD800 && unit < 0xDC00) {
    unsigned low = 0;
    if (at_ + 1 >= text_.size() || text_[at_] != '\\' || text_[at_ + 1] != 'u')
      return fail("a high surrogate alone", "jsonl.lone_surrogate");
    at_ += 2;
    if (!hex4(low)) return false;
    if (low < 0xDC00 || low >= 0xE000) return fail("a high surrogate alone", "jsonl.lone_surrogate");
    unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
  }
  if (out != nullptr) append_utf8(*out, unit);
  return true;
}

bool JsonText::string(std::string_view& value, std::string& scratch) {
  if (!take('"')) return fail("a string is expected");
  const size_t begin = at_;
  at_ = plain_run();
  if (at_ < text_.size() && text_[at_] == '"') {
    value = text_.substr(begin, at_ - begin);
    ++at_;
    return true;
  }
  scratch.assign(text_.substr(begin, at_ - begin));
  for (;;) {
    if (at_ >= text_.size()) return fail("a string is not closed");
    if (text_[at_] == '"') {
      ++at_;
      value = scratch;
      return true;
    }
    if (text_[at_] != '\\') return fail("a control character within a string");
    ++at_;
    if (!escape(&scratch)) return false;
    const size_t end = plain_run();
    scratch += text_.substr(at_, end - at_);
    at_ = end;
  }
}

bool JsonText::skip_string() {
  ++at_;
  for (;;) {
    at_ = plain_run();
    if (at_ >= text_.size()) return fail("a string is not closed");
    if (text_[at_] == '"') {
      ++at_;
      return true;
    }
    if (text_[at_] != '\\') return fail("a control character within a string");
    ++at_;
    if (!escape(nullptr)) return false;
  }
}

bool JsonText::literal(std::string_view word) {
  if (!text_.substr(at_).starts_with(word)) return fail("not a JSON value");
  at_ += word.size();
  return true;
}

bool JsonText::number() {
  const auto digits = [&] {
    const size_t begin = at_;
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    return at_ > begin;
  };
  (void)take('-');
  if (take('0')) {
    if (at_ < text_.size() && is_digit(text_[at_])) return fail("a number that begins with 0");
  } else if (!digits()) {
    return fail("not a JSON value");
  }
  if (take('.') && !digits()) return fail("a number without digits behind its point");
  if (take('e') || take('E')) {
    if (!take('+')) (void)take('-');
    if (!digits()) return fail("a number without digits in its exponent");
  }
  return true;
}

bool JsonText::scalar() {
  switch (at_ < text_.size() ? text_[at_] : '\0') {
    case '"':
      return skip_string();
    case 't':
      return literal("true");
    case 'f':
      return literal("false");
    case 'n':
      return literal("null");
    default:
      return number();
  }
}

bool JsonText::member_key() {
  skip_space();
  if (at_ >= text_.size() || text_[at_] != '"') return fail("a key in quotation marks is expected");
  if (!skip_string()) return false;
  skip_space();
  return take(':') || fail("a colon is expected");
}

/// An object or array, whatever is in it, without recursion: hostile nesting costs a byte a level.
bool JsonText::container() {
  std::array<char, kMaxDepth> open{};
  int depth = 0;
  for (;;) {
    // A value is expected here.
    skip_space();
    const char c = at_ < text_.size() ? text_[at_] : '\0';
    bool closed_at_once = false;
    if (c == '{' || c == '[') {
      // The row's own object is a level too.
      if (depth >= kMaxDepth - 1) return fail("nested too deeply", "jsonl.too_deep");
      ++at_;
      open[static_cast<size_t>(depth++)] = c;
      skip_space();
      closed_at_once = take(c == '{' ? '}' : ']');
      if (!closed_at_once) {
        if (c == '{' && !member_key()) return false;
        continue;
      }
      --depth;
    } else if (!scalar()) {
      return false;
    }
    // Behind a value: close what ends here, until a comma asks for another.
    for (;;) {
      if (depth == 0) return true;
      const char inside = open[static_cast<size_t>(depth - 1)];
      skip_space();
      if (take(',')) {
        if (inside == '{' && !member_key()) return false;
        break;
      }
      if (!take(inside == '{' ? '}' : ']'))
        return fail(at_end() ? "the line ends within an object or array" : "a comma or a closing bracket is expected");
      --depth;
    }
  }
}

bool JsonText::value(JsonValue& value, std::string& scratch) {
  skip_space();
  const size_t begin = at_;
  const char c = at_ < text_.size() ? text_[at_] : '\0';
  if (c == '"') {
    value.kind = MILLWRIGHT_KIND_STRING;
    return string(value.text, scratch);
  }
  const bool nested = c == '{' || c == '[';
  if (nested ? !container() : !scalar()) return false;
  value.kind = c == '{'               ? MILLWRIGHT_KIND_OBJECT
               : c == '['             ? MILLWRIGHT_KIND_ARRAY
               : c == 't' || c == 'f' ? MILLWRIGHT_KIND_BOOLEAN
               : c == 'n'             ? MILLWRIGHT_KIND_NULL
                                      : MILLWRIGHT_KIND_NUMBER;
  value.text = text_.substr(begin, at_ - begin);
  return true;
}

}  // namespace millwright::plugin::jsonl

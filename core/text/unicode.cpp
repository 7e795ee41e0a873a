#include "text/unicode.h"

#include <unicode/bytestream.h>
#include <unicode/casemap.h>
#include <unicode/edits.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <limits>

namespace millwright::text {
namespace {

bool is_ascii(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

icu::StringPiece piece(std::string_view text) { return {text.data(), static_cast<int32_t>(text.size())}; }

/// ICU takes lengths as int32: longer texts are done in parts, cut at white space where there is some.
template <class F>
std::string in_parts(std::string_view text, F&& transform) {
  constexpr size_t kPart = size_t{1} << 28;
  std::string out;
  while (text.size() > kPart) {
    size_t cut = text.rfind(' ', kPart);
    if (cut == std::string_view::npos || cut == 0) {
      cut = kPart;
      while (cut > kPart - 4 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
    }
    out += transform(text.substr(0, cut));
    text.remove_prefix(cut);
  }
  return out += transform(text);
}

const icu::Normalizer2* normalizer(NormalForm form) {
  UErrorCode status = U_ZERO_ERROR;
  switch (form) {
    case NormalForm::nfc:
      return icu::Normalizer2::getNFCInstance(status);
    case NormalForm::nfd:
      return icu::Normalizer2::getNFDInstance(status);
    case NormalForm::nfkc:
      return icu::Normalizer2::getNFKCInstance(status);
    case NormalForm::nfkd:
      return icu::Normalizer2::getNFKDInstance(status);
  }
  return icu::Normalizer2::getNFCInstance(status);
}

constexpr std::array<bool, 128> kAsciiWord = [] {
  std::array<bool, 128> table{};
  for (char32_t c = 0; c < 128; ++c)
    table[c] = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  return table;
}();

}  // namespace

std::string normalise(std::string_view text, NormalForm form) {
  if (is_ascii(text)) return std::string(text);
  return in_parts(valid_utf8(text), [form](std::string_view part) {
    std::string out;
    icu::StringByteSink<std::string> sink(&out);
    UErrorCode status = U_ZERO_ERROR;
    normalizer(form)->normalizeUTF8(0, piece(part), sink, nullptr, status);
    return U_SUCCESS(status) ? out : std::string(part);
  });
}

std::string lower(std::string_view text) {
  std::string out(text);
  if (is_ascii(text)) {
    for (char& c : out)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    return out;
  }
  return in_parts(valid_utf8(text), [](std::string_view part) {
    std::string lowered;
    icu::StringByteSink<std::string> sink(&lowered);
    UErrorCode status = U_ZERO_ERROR;
    icu::CaseMap::utf8ToLower("", 0, piece(part), sink, nullptr, status);
    return U_SUCCESS(status) ? lowered : std::string(part);
  });
}

std::string fold_case(std::string_view text) {
  if (is_ascii(text)) return lower(text);
  return in_parts(valid_utf8(text), [](std::string_view part) {
    std::string folded;
    icu::StringByteSink<std::string> sink(&folded);
    UErrorCode status = U_ZERO_ERROR;
    icu::CaseMap::utf8Fold(0, piece(part), sink, nullptr, status);
    return U_SUCCESS(status) ? folded : std::string(part);
  });
}

std::string fold_for_comparison(std::string_view text) {
  const std::string folded =
      is_ascii(text) ? lower(text) : normalise(fold_case(normalise(text, NormalForm::nfkc)), NormalForm::nfkc);
  std::string out;
  out.reserve(folded.size());
  bool gap = false;
  for (size_t at = 0; at < folded.size();) {
    const size_t begin = at;
    if (is_white_space(next_code_point(folded, at))) {
      gap = !out.empty();
      continue;
    }
    if (gap) out += ' ';
    gap = false;
    out.append(folded, begin, at - begin);
  }
  return out;
}

bool is_word_character(char32_t c) {
  if (c < 128) return kAsciiWord[c];
  return (U_GET_GC_MASK(static_cast<UChar32>(c)) & (U_GC_L_MASK | U_GC_N_MASK)) != 0;
}

bool is_white_space(char32_t c) {
  if (c < 128) return c == ' ' || (c >= 9 && c <= 13) || (c >= 28 && c <= 31);
  if (c == 0x85 || c == 0x2028 || c == 0x2029) return true;
  return u_charType(static_cast<UChar32>(c)) == U_SPACE_SEPARATOR;
}

char32_t next_code_point(std::string_view text, size_t& at) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  if (bytes[at] < 0x80) return bytes[at++];
  // A window of at most four bytes: ICU's macros count in int32.
  const auto length = static_cast<int32_t>(std::min<size_t>(text.size() - at, 4));
  int32_t taken = 0;
  UChar32 c = 0;
  U8_NEXT(bytes + at, taken, length, c);
  at += static_cast<size_t>(taken);
  return c < 0 ? 0xFFFD : static_cast<char32_t>(c);
}

void append_utf8(std::string& out, char32_t c) {
  if (c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) c = 0xFFFD;
  if (c < 0x80) {
    out += static_cast<char>(c);
    return;
  }
  char buffer[4];
  size_t length = 0;
  const auto put = [&](char32_t bits) { buffer[length++] = static_cast<char>(bits); };
  if (c < 0x800) {
    put(0xC0 | c >> 6);
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3F));
  } else {
    put(0xF0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3F));
    put(0x80 | (c >> 6 & 0x3F));
  }
  put(0x80 | (c & 0x3F));
  out.append(buffer, length);
}

size_t count_code_points(std::string_view text) {
  size_t count = 0;
  for (size_t at = 0; at < text.size(); ++count) (void)next_code_point(text, at);
  return count;
}

size_t byte_offset(std::string_view text, size_t code_points) {
  size_t at = 0;
  for (; at < text.size() && code_points > 0; --code_points) (void)next_code_point(text, at);
  return at;
}

bool is_valid_utf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    // U+FFFD itself is valid: told from a mistake by its three bytes.
    if (next_code_point(text, at) == 0xFFFD && text.substr(begin, at - begin) != "\xEF\xBF\xBD") return false;
  }
  return true;
}

std::string valid_utf8(std::string_view text) {
  if (is_valid_utf8(text)) return std::string(text);
  std::string out;
  for (size_t at = 0; at < text.size();) append_utf8(out, next_code_point(text, at));
  return out;
}

}  // namespace millwright::text

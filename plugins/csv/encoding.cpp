// SPDX-License-Identifier: Apache-2.0
#include "plugin_csv/encoding.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "plugin_support/text.h"

namespace millwright::plugin::csv {
namespace {

/// https://encoding.spec.whatwg.org/index-windows-1252.txt, 0x80 to 0x9F.
constexpr std::array<uint16_t, 32> kHigh = {0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                            0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008D, 0x017D, 0x008F,
                                            0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                            0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178};

std::array<Utf8Piece, 256> make_table() {
  std::array<Utf8Piece, 256> table{};
  for (uint32_t c = 0; c < 256; ++c) {
    std::string utf8;
    append_utf8(utf8, c >= 0x80 && c < 0xA0 ? kHigh[c - 0x80] : c);
    for (size_t i = 0; i < utf8.size(); ++i) table[c].bytes[i] = static_cast<uint8_t>(utf8[i]);
    table[c].length = static_cast<uint8_t>(utf8.size());
  }
  return table;
}

bool is_undefined(uint8_t c) { return c == 0x81 || c == 0x8D || c == 0x8F || c == 0x90 || c == 0x9D; }
bool is_high_letter(uint8_t c) {
  return (c >= 0xC0 && c != 0xD7 && c != 0xF7) || c == 0x8A || c == 0x8C || c == 0x8E || c == 0x9A || c == 0x9C ||
         c == 0x9E || c == 0x9F;
}
bool is_ascii_letter(uint8_t c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }

/// Share of high bytes that stand where a Western text has them: letters within words, signs anywhere.
bool looks_western(std::string_view text) {
  const auto at = [&](size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : uint8_t{0}; };
  size_t plausible = 0;
  size_t all = 0;
  for (size_t i = 0; i < text.size();) {
    if (at(i) < 0x80) {
      ++i;
      continue;
    }
    if (!is_high_letter(at(i))) {
      ++all;
      plausible += is_undefined(at(i)) ? 0 : 1;
      ++i;
      continue;
    }
    size_t end = i;
    while (is_high_letter(at(end))) ++end;
    const bool in_word = (i > 0 && is_ascii_letter(at(i - 1))) || is_ascii_letter(at(end));
    const bool alone = end - i == 1 && at(i) < 0xFE;
    all += end - i;
    plausible += in_word || alone ? end - i : 0;
    i = end;
  }
  return all > 0 && plausible * 10 >= all * 9;
}

}  // namespace

const char* name_of(Encoding encoding) {
  switch (encoding) {
    case Encoding::windows_1252:
      return "windows-1252";
    case Encoding::utf16_le:
      return "utf-16le";
    case Encoding::utf16_be:
      return "utf-16be";
    default:
      return "utf-8";
  }
}

std::optional<Encoding> encoding_from_name(std::string_view name) {
  std::string plain;
  for (const char c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (plain == "utf8" || plain == "ascii") return Encoding::utf8;
  if (plain == "windows1252" || plain == "cp1252" || plain == "latin1" || plain == "iso88591")
    return Encoding::windows_1252;
  if (plain == "utf16le") return Encoding::utf16_le;
  if (plain == "utf16be") return Encoding::utf16_be;
  return std::nullopt;
}

ByteOrderMark detect_utf16_or_mark(std::string_view head) {
  if (head.starts_with("\xEF\xBB\xBF")) return {Encoding::utf8, 3};
  if (head.starts_with("\xFF\xFE")) return {Encoding::utf16_le, 2};
  if (head.starts_with("\xFE\xFF")) return {Encoding::utf16_be, 2};
  head = head.substr(0, 4096);
  size_t zeros[2] = {0, 0};
  for (size_t i = 0; i < head.size(); ++i) zeros[i % 2] += head[i] == '\0' ? 1 : 0;
  const size_t pairs = head.size() / 2;
  if (pairs >= 4 && zeros[1] * 10 >= pairs * 7 && zeros[0] * 20 <= pairs) return {Encoding::utf16_le, 0};
  if (pairs >= 4 && zeros[0] * 10 >= pairs * 7 && zeros[1] * 20 <= pairs) return {Encoding::utf16_be, 0};
  return {};
}

Encoding decide_single_byte(std::string_view text) {
  size_t valid = 0;
  size_t invalid = 0;
  bool truncated = false;
  for (std::string_view rest = text; !rest.empty();) {
    const size_t length = utf8_sequence(rest, truncated);
    valid += length > 1 ? 1 : 0;
    invalid += length == 0 && !truncated ? 1 : 0;
    rest.remove_prefix(length == 0 ? (truncated ? rest.size() : 1) : length);
  }
  if (valid == 0 && invalid == 0) return truncated ? Encoding::utf8 : Encoding::undecided;
  return invalid > 20 * valid && looks_western(text) ? Encoding::windows_1252 : Encoding::utf8;
}

const Utf8Piece& windows_1252_to_utf8(uint8_t byte) {
  static const std::array<Utf8Piece, 256> table = make_table();
  return table[byte];
}

std::string windows_1252_to_utf8(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const Utf8Piece& piece = windows_1252_to_utf8(static_cast<uint8_t>(c));
    out.append(reinterpret_cast<const char*>(piece.bytes), piece.length);
  }
  return out;
}

Utf16Stream::Utf16Stream(ByteStream& under, std::string_view first, bool big_endian)
    : under_(&under), big_endian_(big_endian), in_(first) {}

void Utf16Stream::convert(bool last) {
  size_t at = 0;
  const auto unit = [&](size_t i) {
    const auto a = static_cast<uint8_t>(in_[i]);
    const auto b = static_cast<uint8_t>(in_[i + 1]);
    return static_cast<uint32_t>(big_endian_ ? a << 8 | b : b << 8 | a);
  };
  while (at + 2 <= in_.size()) {
    uint32_t c = unit(at);
    size_t used = 2;
    if (c >= 0xD800 && c < 0xDC00) {
      if (at + 4 > in_.size() && !last) break;
      const uint32_t low = at + 4 <= in_.size() ? unit(at + 2) : 0;
      if (low >= 0xDC00 && low < 0xE000) {
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
        used = 4;
      }
    }
    append_utf8(out_, c);
    at += used;
  }
  if (last && at < in_.size()) {
    out_ += '\xFF';
    out_ += in_[at++];
  }
  in_.erase(0, at);
}

size_t Utf16Stream::read(uint8_t* buffer, size_t capacity) {
  while (taken_ == out_.size() && !(at_end_ && in_.empty())) {
    out_.clear();
    taken_ = 0;
    constexpr size_t kPiece = size_t{256} << 10;
    const size_t had = in_.size();
    if (!at_end_) {
      in_.resize(had + kPiece);
      const size_t got = under_->read(reinterpret_cast<uint8_t*>(in_.data()) + had, kPiece);
      in_.resize(had + got);
      at_end_ = got == 0;
    }
    convert(at_end_);
  }
  const size_t given = std::min(capacity, out_.size() - taken_);
  std::copy_n(out_.data() + taken_, given, reinterpret_cast<char*>(buffer));
  taken_ += given;
  return given;
}

std::string utf8_to_utf16(std::string_view text, bool big_endian) {
  std::string out;
  const auto put = [&](uint32_t unit) {
    const auto high = static_cast<char>(static_cast<uint8_t>(unit >> 8));
    const auto low = static_cast<char>(static_cast<uint8_t>(unit));
    out += big_endian ? high : low;
    out += big_endian ? low : high;
  };
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : uint32_t{0}; };
  for (size_t i = 0; i < text.size();) {
    const uint32_t lead = byte(i);
    if (lead == 0xFF) {  // the odd byte at the end
      if (i + 1 < text.size()) out += text[i + 1];
      i += 2;
    } else if (lead < 0x80) {
      put(lead);
      i += 1;
    } else if (lead < 0xE0) {
      put((lead & 0x1F) << 6 | (byte(i + 1) & 0x3F));
      i += 2;
    } else if (lead < 0xF0) {
      put((lead & 0x0F) << 12 | (byte(i + 1) & 0x3F) << 6 | (byte(i + 2) & 0x3F));
      i += 3;
    } else {
      const uint32_t c =
          ((lead & 7) << 18 | (byte(i + 1) & 0x3F) << 12 | (byte(i + 2) & 0x3F) << 6 | (byte(i + 3) & 0x3F)) - 0x10000;
      put(0xD800 + (c >> 10));
      put(0xDC00 + (c & 0x3FF));
      i += 4;
    }
  }
  return out;
}

}  // namespace millwright::plugin::csv

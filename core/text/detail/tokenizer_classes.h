// How the reference tokenizers class code points. They take their classes from libraries of different Unicode versions;
// the table (make_tokenizer_classes.py) holds what they do, whatever version of ICU this program runs with.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace millwright::text::detail {

enum CharClass : uint16_t {
  kOther = 1,        ///< what BertNormalizer's clean_text drops: control, format, private use, U+0000, U+FFFD
  kSpace = 2,        ///< White_Space
  kPunctuation = 4,  ///< ASCII punctuation and category P
  kNonspacing = 8,   ///< what strip_accents drops
  kMark = 16,        ///< what StripAccents drops
  kNumeric = 32,     ///< Digits
  kWord = 64,        ///< \w of Whitespace and single_word
  kLetter = 128,     ///< \p{L} of byte-level pre-tokenizers
  kNumber = 256,     ///< \p{N} of byte-level pre-tokenizers
  kBreakShift = 9,   ///< four bits: GraphemeBreak
  kPictographic = 1 << 13,
  kInCBConsonant = 1 << 14,
  kInCBLinker = 1 << 15,
};

enum class GraphemeBreak : uint8_t { any, control, extend, zwj, regional, prepend, spacing, l, v, t, lv, lvt };

class ClassTable {
 public:
  [[nodiscard]] static const ClassTable& get();
  [[nodiscard]] uint16_t operator[](char32_t c) const {
    return c < 0x110000 ? values_[static_cast<size_t>(block_[c >> 8]) << 8 | (c & 0xFF)] : uint16_t{0};
  }
  [[nodiscard]] bool is(char32_t c, uint16_t any_of) const { return ((*this)[c] & any_of) != 0; }
  [[nodiscard]] GraphemeBreak grapheme_break(char32_t c) const {
    return static_cast<GraphemeBreak>((*this)[c] >> kBreakShift & 15);
  }

 private:
  ClassTable();
  std::vector<uint16_t> block_;
  std::vector<uint16_t> values_;
};

/// Lower case of one code point as the reference has it, without context; U+0130 alone gives two (`second` is then not
/// 0).
struct LowerCase {
  char32_t first = 0;
  char32_t second = 0;
};
[[nodiscard]] LowerCase lower_case(char32_t c);

/// Where the extended grapheme cluster that begins at `at` ends (UAX #29, Unicode 16 rules).
[[nodiscard]] size_t grapheme_end(std::string_view text, size_t at, const ClassTable& classes);

/// The code point at `at` of valid UTF-8; moves `at` behind it.
inline char32_t next_valid(std::string_view text, size_t& at) {
  const auto byte = [&](size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(text[i])); };
  const char32_t first = byte(at);
  if (first < 0x80) return ++at, first;
  if (first < 0xE0) return at += 2, (first & 0x1F) << 6 | (byte(at - 1) & 0x3F);
  if (first < 0xF0) return at += 3, (first & 0x0F) << 12 | (byte(at - 2) & 0x3F) << 6 | (byte(at - 1) & 0x3F);
  at += 4;
  return (first & 7) << 18 | (byte(at - 3) & 0x3F) << 12 | (byte(at - 2) & 0x3F) << 6 | (byte(at - 1) & 0x3F);
}
/// Bytes of the character that begins with this byte, in valid UTF-8.
inline size_t length_of_character(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}
inline size_t utf8_length(char32_t c) { return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4; }

}  // namespace millwright::text::detail

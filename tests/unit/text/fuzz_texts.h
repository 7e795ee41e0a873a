// Texts that anybody can make again, as tests/fixtures/tokenizers/texts.py makes them, and their digests.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/tokenizer.h"
#include "text/unicode.h"

namespace millwright::text::fuzz {

/// Sebastiano Vigna's splitmix64.
class Splitmix {
 public:
  explicit Splitmix(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    uint64_t z = state_ += 0x9E3779B97F4A7C15ULL;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ z >> 27) * 0x94D049BB133111EBULL;
    return z ^ z >> 31;
  }
  uint32_t below(uint32_t n) { return static_cast<uint32_t>(next() % n); }

 private:
  uint64_t state_;
};

using Ranges = std::vector<std::pair<char32_t, uint32_t>>;

class Generator {
 public:
  explicit Generator(uint64_t number) : random_(number) {}
  std::string text() {
    for (uint32_t left = random_.below(24); left > 0; --left) {
      item();
      if (random_.below(4) != 0) out_ += ' ';
    }
    return std::move(out_);
  }

 private:
  void add(char32_t c) { append_utf8(out_, c); }
  uint32_t some(uint32_t n) { return 1 + random_.below(n); }
  void from(const Ranges& ranges) {
    const auto [first, count] = ranges[random_.below(static_cast<uint32_t>(ranges.size()))];
    add(first + random_.below(count));
  }
  void word(bool upper = false) {
    static constexpr std::string_view kConsonants = "bcdfghklmnprstvw", kVowels = "aeiouaei";
    for (uint32_t left = some(4); left > 0; --left) {
      const char consonant = kConsonants[random_.below(16)];
      const char vowel = kVowels[random_.below(8)];
      out_ += upper ? static_cast<char>(consonant - 32) : consonant;
      out_ += upper ? static_cast<char>(vowel - 32) : vowel;
    }
  }
  void any(uint32_t limit) {
    const uint32_t c = random_.below(limit);
    add(c >= 0xD800 && c < 0xE000 ? c - 0x800 : c);
  }
  void item();

  Splitmix random_;
  std::string out_;
};

inline void Generator::item() {
  static constexpr char32_t kSpaces[] = {0x20,   0x20,   0x20,   0x20, 0x9,    0xA, 0xD, 0xA0,
                                         0x2003, 0x3000, 0x2028, 0x85, 0x1680, 0xB, 0xC, 0x1C};
  static const Ranges kScripts{{0x0590, 0x70},  {0x0600, 0x100}, {0x0900, 0x80}, {0x0E00, 0x80},
                               {0x0400, 0x100}, {0x0370, 0x90},  {0x10A0, 0x60}, {0x1E00, 0x100}};
  static const Ranges kEast{{0x4E00, 0x5200}, {0xAC00, 0x2BA4}, {0x3040, 0xC0},  {0x1100, 0x100},
                            {0xFF00, 0xF0},   {0x20000, 0x100}, {0xF900, 0x100}, {0x2E80, 0x100}};
  static const Ranges kEmoji{{0x1F300, 0x300}, {0x1F900, 0x200}, {0x2600, 0x1C0}, {0x1F1E6, 0x1A},
                             {0x1F3FB, 5},     {0xFE0F, 1},      {0x200D, 1},     {0x20E3, 1}};
  static const Ranges kControls{{0x00, 0x20}, {0x7F, 0x21}, {0x200B, 5}, {0xFEFF, 1},
                                {0xFFF9, 5},  {0x2060, 16}, {0xAD, 1},   {0xE000, 64}};
  static const std::vector<std::string> kStrings{"[CLS]",
                                                 "[SEP]",
                                                 "[MASK]",
                                                 "<s>",
                                                 "</s>",
                                                 "<mask>",
                                                 "<pad>",
                                                 "<unk>",
                                                 "'s",
                                                 "'ll",
                                                 "don't",
                                                 "\u2581",
                                                 "\uFB01",
                                                 "\u2460",
                                                 "\r\n",
                                                 "\u0130",
                                                 "\u00DF",
                                                 "e\u0301",
                                                 "\u0915\u094D\u0937\u093F",
                                                 "\u1112\u1161\u11AB",
                                                 "<0x41>",
                                                 "##ba",
                                                 "  ",
                                                 "   \n ",
                                                 "\U0001F468\u200D\U0001F469",
                                                 "a\u0316\u0301\u0327",
                                                 "\uFF21\u0301",
                                                 "\u1E9B\u0323",
                                                 "\u03A3\u03C2",
                                                 "newtok",
                                                 "NEWTOK",
                                                 "x newtok y"};
  const uint32_t kind = random_.below(18);
  const auto repeat = [&](uint32_t most, auto&& body) {
    for (uint32_t left = some(most); left > 0; --left) body();
  };
  if (kind < 6) return word(kind == 5);
  switch (kind) {
    case 6:
      return repeat(5, [&] { add(U'0' + random_.below(10)); });
    case 7:
      return add(static_cast<unsigned char>("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"[random_.below(32)]));
    case 8:
      return repeat(3, [&] { add(kSpaces[random_.below(16)]); });
    case 9:
      return repeat(4, [&] { add(0xC0 + random_.below(0x190)); });
    case 10:
      word();
      return repeat(3, [&] { add(0x300 + random_.below(0x70)); });
    case 11:
      return repeat(4, [&] { from(kEast); });
    case 12:
      return repeat(5, [&] { from(kScripts); });
    case 13:
      return repeat(4, [&] { from(kEmoji); });
    case 14:
      return from(kControls);
    case 15:
      return any(0x110000);
    case 16:
      return any(0x10000);
    default:
      out_ += kStrings[random_.below(static_cast<uint32_t>(kStrings.size()))];
  }
}

inline std::string text(uint64_t number) { return Generator(number).text(); }

/// FNV-1a over 64 bits of little-endian 32-bit numbers: how many tokens, then id, begin and end of each.
class Digest {
 public:
  void add(uint32_t number) {
    for (int shift = 0; shift < 32; shift += 8) value_ = (value_ ^ (number >> shift & 0xFF)) * 0x100000001B3ULL;
  }
  void add(const Encoding& encoding) {
    add(static_cast<uint32_t>(encoding.size()));
    for (size_t i = 0; i < encoding.size(); ++i) {
      add(static_cast<uint32_t>(encoding.ids[i]));
      add(encoding.offsets[i].begin);
      add(encoding.offsets[i].end);
    }
  }
  [[nodiscard]] std::string hex() const {
    char buffer[17];
    std::snprintf(buffer, sizeof buffer, "%016llx", static_cast<unsigned long long>(value_));
    return buffer;
  }

 private:
  uint64_t value_ = 0xCBF29CE484222325ULL;
};

}  // namespace millwright::text::fuzz

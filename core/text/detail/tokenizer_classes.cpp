#include "detail/tokenizer_classes.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <array>
#include <map>

#include "detail/tokenizer_class_runs.h"

namespace millwright::text::detail {
namespace {

/// Letters that got a lower case after Unicode 15, the oldest that ICU may be of here: `count` of them from `first` on,
/// `step` apart, each `distance` from its lower case.
struct NewPair {
  char32_t first;
  uint32_t count;
  uint32_t step;
  int32_t distance;
};
constexpr NewPair kNewPairs[] = {
    {0x1C89, 1, 1, 1}, {0xA7CB, 1, 1, -0xA567}, {0xA7CC, 2, 2, 1},      {0xA7D2, 2, 2, 1},
    {0xA7DA, 1, 1, 1}, {0xA7DC, 1, 1, -0xA641}, {0x10D50, 22, 1, 0x20}, {0x16EA0, 25, 1, 27},
};

}  // namespace

const ClassTable& ClassTable::get() {
  static const ClassTable table;
  return table;
}

ClassTable::ClassTable() {
  std::vector<uint16_t> flat;
  flat.reserve(0x110000);
  for (size_t i = 0; i < std::size(kClassRuns); i += 2) flat.insert(flat.end(), kClassRuns[i], kClassRuns[i + 1]);
  flat.resize(0x110000);
  std::map<std::array<uint16_t, 256>, uint16_t> known;
  for (size_t begin = 0; begin < flat.size(); begin += 256) {
    std::array<uint16_t, 256> block{};
    std::copy_n(flat.begin() + static_cast<std::ptrdiff_t>(begin), 256, block.begin());
    const auto [found, fresh] = known.emplace(block, static_cast<uint16_t>(known.size()));
    if (fresh) values_.insert(values_.end(), block.begin(), block.end());
    block_.push_back(found->second);
  }
}

LowerCase lower_case(char32_t c) {
  if (c < 0x80) return {c >= 'A' && c <= 'Z' ? c + 32 : c, 0};
  if (c == 0x130) return {'i', 0x307};
  for (const NewPair& pair : kNewPairs)
    if (c >= pair.first && c < pair.first + pair.count * pair.step && (c - pair.first) % pair.step == 0)
      return {static_cast<char32_t>(static_cast<int32_t>(c) + pair.distance), 0};
  return {static_cast<char32_t>(u_tolower(static_cast<UChar32>(c))), 0};
}

size_t grapheme_end(std::string_view text, size_t at, const ClassTable& classes) {
  using enum GraphemeBreak;
  const char32_t first = next_valid(text, at);
  GraphemeBreak before = classes.grapheme_break(first);
  if (before == control) return first == '\r' && at < text.size() && text[at] == '\n' ? at + 1 : at;
  bool pictographic = classes.is(first, kPictographic);  // then only Extend since (GB11)
  bool consonant = classes.is(first, kInCBConsonant), linked = false;
  size_t flags = before == regional ? 1 : 0;
  while (at < text.size()) {
    size_t end = at;
    const char32_t c = next_valid(text, end);
    const uint16_t value = classes[c];
    const auto after = static_cast<GraphemeBreak>(value >> kBreakShift & 15);
    if (after == control) return at;
    bool joined = after == extend || after == zwj || after == spacing || before == prepend;
    joined = joined || (before == l && (after == l || after == v || after == lv || after == lvt));
    joined = joined || ((before == lv || before == v) && (after == v || after == t));
    joined = joined || ((before == lvt || before == t) && after == t);
    joined = joined || (before == zwj && pictographic && (value & kPictographic) != 0);
    joined = joined || (before == regional && after == regional && flags % 2 == 1);
    joined = joined || (consonant && linked && (value & kInCBConsonant) != 0);
    if (!joined) return at;
    flags = after == regional ? flags + 1 : 0;
    if (after != extend && after != zwj) pictographic = (value & kPictographic) != 0;
    if ((value & kInCBConsonant) != 0) {
      consonant = true;
      linked = false;
    } else if ((value & kInCBLinker) != 0) {
      linked = consonant;
    } else if ((after != extend && after != zwj) || c == 0x200C) {
      consonant = linked = false;
    }
    before = after;
    at = end;
  }
  return at;
}

}  // namespace millwright::text::detail

#include "detail/phrases.h"

#include <unicode/uchar.h>

#include "text/unicode.h"

namespace millwright::text {
namespace {

/// Of a script whose words are not parted: ideographs, kana, and South East Asian letters (UAX #14: ID, CJ and SA).
bool stands_alone(char32_t c) {
  if (c < 0x0E00) return false;
  switch (u_getIntPropertyValue(static_cast<UChar32>(c), UCHAR_LINE_BREAK)) {
    case U_LB_IDEOGRAPHIC:
    case U_LB_CONDITIONAL_JAPANESE_STARTER:
    case U_LB_COMPLEX_CONTEXT:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::vector<Word> words_of(std::string_view text) {
  std::vector<Word> out;
  bool open = false;  // the last word goes on with a letter
  uint32_t place = 0;
  for (size_t at = 0; at < text.size(); ++place) {
    const size_t from = at;
    const char32_t c = next_code_point(text, at);
    if (is_white_space(c)) {
      open = false;
      continue;
    }
    const bool letter = is_word_character(c) && !stands_alone(c);
    if (letter && open) {
      Word& last = out.back();
      last.bytes = {last.bytes.data(), last.bytes.size() + (at - from)};
      last.end = place + 1;
    } else {
      out.push_back({text.substr(from, at - from), place, place + 1});
    }
    open = letter;
  }
  return out;
}

uint32_t PhraseTree::add(const Word* words, size_t count) {
  uint32_t node = 0;
  for (size_t i = 0; i < count; ++i) {
    const auto word = words_.try_emplace(std::string(words[i].bytes), static_cast<uint32_t>(words_.size())).first;
    const auto [next, added] = edges_.try_emplace(edge(node, word->second), static_cast<uint32_t>(phrase_.size()));
    if (added) phrase_.push_back(kNone);
    node = next->second;
  }
  if (phrase_[node] == kNone) phrase_[node] = phrases_++;
  return phrase_[node];
}

std::vector<uint32_t> PhraseTree::numbers_of(const std::vector<Word>& words) const {
  std::vector<uint32_t> out;
  out.reserve(words.size());
  for (const Word& word : words) {
    const auto found = words_.find(word.bytes);
    out.push_back(found == words_.end() ? kNone : found->second);
  }
  return out;
}

}  // namespace millwright::text

// Words of a text, and rows of words told apart by a tree.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace millwright::text {

struct Word {
  std::string_view bytes;
  uint32_t begin = 0, end = 0;  ///< code points of the text
};

/// As text/lexicon.h says what a word is.
[[nodiscard]] std::vector<Word> words_of(std::string_view text);

/// Phrases by number, found word by word: a step costs a look at a tree, whatever the number of phrases.
class PhraseTree {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  /// The number of a phrase, which is made where there is none: 0, 1, 2 …
  uint32_t add(const Word* words, size_t count);
  [[nodiscard]] uint32_t size() const { return phrases_; }

  /// Numbers of a text's words; kNone where no phrase has it.
  [[nodiscard]] std::vector<uint32_t> numbers_of(const std::vector<Word>& words) const;
  /// Calls found(number, words) for each phrase that begins at `from`, shortest first.
  template <class F>
  void each_at(const std::vector<uint32_t>& numbers, size_t from, F&& found) const {
    uint32_t node = 0;
    for (size_t at = from; at < numbers.size() && numbers[at] != kNone; ++at) {
      const auto next = edges_.find(edge(node, numbers[at]));
      if (next == edges_.end()) return;
      node = next->second;
      if (phrase_[node] != kNone) found(phrase_[node], at + 1 - from);
    }
  }

 private:
  static uint64_t edge(uint32_t node, uint32_t word) { return uint64_t{node} << 32 | word; }
  std::map<std::string, uint32_t, std::less<>> words_;
  std::map<uint64_t, uint32_t> edges_;   ///< of a node and a word, to a node; a map, so that no file makes it slow
  std::vector<uint32_t> phrase_{kNone};  ///< by node
  uint32_t phrases_ = 0;
};

}  // namespace millwright::text

// What a model made of words it has seen: most words of a text come again.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "detail/term_table.h"
#include "detail/token_model.h"

namespace millwright::text::detail {

/// Begins anew when it is full, so that its memory stays bounded (about 4 MB).
class WordCache {
 public:
  static constexpr size_t kLongestWord = 64;  ///< bytes
  static constexpr size_t kMostWords = size_t{1} << 16;

  /// Whose words these are; those of another owner are dropped.
  void belong_to(uint64_t owner) {
    if (owner == owner_) return;
    owner_ = owner;
    clear();
  }
  /// nullptr when the word is not there.
  [[nodiscard]] const PieceToken* find(std::string_view word, uint64_t hash, size_t& count) const {
    if (slots_.empty()) return nullptr;
    const Slot& slot = slots_[place_of(word, hash)];
    count = slot.count;
    return slot.length == 0 ? nullptr : tokens_.data() + slot.tokens;
  }
  void add(std::string_view word, uint64_t hash, std::span<const PieceToken> tokens) {
    if (tokens.size() > 0xFFFF) return;
    if (words_ >= kMostWords || bytes_.size() > kMostWords * 16 || tokens_.size() > kMostWords * 8) clear();
    if (slots_.empty()) slots_.resize(kMostWords * 2);
    slots_[place_of(word, hash)] = {static_cast<uint32_t>(hash >> 32), static_cast<uint32_t>(bytes_.size()),
                                    static_cast<uint32_t>(tokens_.size()), static_cast<uint16_t>(word.size()),
                                    static_cast<uint16_t>(tokens.size())};
    bytes_ += word;
    tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
    ++words_;
  }

 private:
  struct Slot {
    uint32_t tag = 0;
    uint32_t bytes = 0;
    uint32_t tokens = 0;
    uint16_t length = 0;  ///< 0: free
    uint16_t count = 0;
  };
  void clear() {
    slots_.assign(slots_.size(), {});
    bytes_.clear();
    tokens_.clear();
    words_ = 0;
  }
  [[nodiscard]] size_t place_of(std::string_view word, uint64_t hash) const {
    const size_t mask = slots_.size() - 1;
    const auto tag = static_cast<uint32_t>(hash >> 32);
    size_t at = hash & mask;
    for (; slots_[at].length != 0; at = (at + 1) & mask) {
      const Slot& slot = slots_[at];
      if (slot.tag == tag && slot.length == word.size() &&
          std::memcmp(bytes_.data() + slot.bytes, word.data(), word.size()) == 0)
        break;
    }
    return at;
  }
  std::vector<Slot> slots_;  ///< a power of two, at most half full
  std::string bytes_;
  std::vector<PieceToken> tokens_;
  size_t words_ = 0;
  uint64_t owner_ = 0;
};

}  // namespace millwright::text::detail

// Terms numbered in the order in which they came: an open-addressed table over one arena of bytes.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millwright::text::detail {

inline uint64_t hash_term(std::string_view term) {
  __extension__ using Wide = unsigned __int128;
  constexpr uint64_t kA = 0xA0761D6478BD642FULL, kB = 0xE7037ED1A0B428DBULL;
  const auto mix = [](uint64_t x, uint64_t y) {
    const Wide product = static_cast<Wide>(x) * y;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  };
  uint64_t hash = term.size() * kA;
  const char* at = term.data();
  size_t left = term.size();
  for (; left >= 8; left -= 8, at += 8) {
    uint64_t word = 0;
    std::memcpy(&word, at, 8);
    hash = mix(hash ^ word, kB);
  }
  uint64_t rest = 0;
  std::memcpy(&rest, at, left);
  return mix(hash ^ rest, kA ^ (kB << 1));
}

class TermTable {
 public:
  static constexpr uint32_t kNone = 0xFFFFFFFF;

  [[nodiscard]] uint32_t size() const { return static_cast<uint32_t>(begins_.size() - 1); }
  [[nodiscard]] std::string_view term(uint32_t id) const {
    return std::string_view(arena_).substr(begins_[id], begins_[id + 1] - begins_[id]);
  }
  [[nodiscard]] uint32_t find(std::string_view term) const {
    if (slots_.empty()) return kNone;
    const uint64_t hash = hash_term(term);
    const Slot& slot = slots_[place_of(term, hash)];
    return slot.id;
  }
  /// The term's number, and whether it is new.
  std::pair<uint32_t, bool> insert(std::string_view term) {
    if (static_cast<size_t>(size()) * 2 >= slots_.size()) grow();
    const uint64_t hash = hash_term(term);
    Slot& slot = slots_[place_of(term, hash)];
    if (slot.id != kNone) return {slot.id, false};
    slot = {static_cast<uint32_t>(hash >> 32), size()};
    arena_ += term;
    begins_.push_back(arena_.size());
    return {slot.id, true};
  }
  void reserve(size_t terms) {
    begins_.reserve(terms + 1);
    while (slots_.size() < terms * 2) grow();
  }

 private:
  struct Slot {
    uint32_t tag = 0;
    uint32_t id = kNone;
  };
  [[nodiscard]] size_t place_of(std::string_view term, uint64_t hash) const {
    const size_t mask = slots_.size() - 1;
    const auto tag = static_cast<uint32_t>(hash >> 32);
    size_t place = hash & mask;
    while (slots_[place].id != kNone && (slots_[place].tag != tag || this->term(slots_[place].id) != term))
      place = (place + 1) & mask;
    return place;
  }
  void grow() {
    std::vector<Slot> old(slots_.empty() ? 1024 : slots_.size() * 2);
    old.swap(slots_);
    const size_t mask = slots_.size() - 1;
    for (uint32_t id = 0; id < size(); ++id) {
      const uint64_t hash = hash_term(term(id));
      size_t place = hash & mask;
      while (slots_[place].id != kNone) place = (place + 1) & mask;
      slots_[place] = {static_cast<uint32_t>(hash >> 32), id};
    }
  }
  std::string arena_;
  std::vector<uint64_t> begins_{0};
  std::vector<Slot> slots_;  ///< a power of two, at most half full
};

}  // namespace millwright::text::detail

// Which keys were there: open addressing, 16 bytes a slot. 96 bits of the key are compared; the chance that any two of
// a thousand million different rows agree in them is 6·10⁻¹².
#pragma once

#include <cstdint>
#include <vector>

#include "base/hash.h"

namespace millwright::records::detail {

class KeyTable {
 public:
  static constexpr uint32_t kNone = 0xFFFFFFFF;
  void reserve(size_t keys) {
    size_t slots = 1024;
    while (slots * 3 / 4 < keys) slots *= 2;
    if (slots > slots_.size()) rehash(slots);
  }
  void prefetch(const Hash128& key) const {
    if (!slots_.empty()) __builtin_prefetch(&slots_[key.low & (slots_.size() - 1)]);
  }
  /// The value that is there for this key, or kNone after `value` was put there.
  uint32_t find_or_put(const Hash128& key, uint32_t value) {
    if ((used_ + 1) * 4 > slots_.size() * 3) rehash(slots_.empty() ? 1024 : slots_.size() * 2);
    const auto high = static_cast<uint32_t>(key.high);
    const size_t mask = slots_.size() - 1;
    for (size_t i = key.low & mask;; i = (i + 1) & mask) {
      Slot& slot = slots_[i];
      if (slot.value == kNone) {
        slot = {key.low, high, value};
        ++used_;
        return kNone;
      }
      if (slot.low == key.low && slot.high == high) return slot.value;
    }
  }
  [[nodiscard]] size_t size() const { return used_; }

 private:
  struct Slot {
    uint64_t low = 0;
    uint32_t high = 0;
    uint32_t value = kNone;
  };
  void rehash(size_t slots) {
    std::vector<Slot> old(slots);
    old.swap(slots_);
    const size_t mask = slots - 1;
    for (const Slot& slot : old) {
      if (slot.value == kNone) continue;
      size_t i = slot.low & mask;
      while (slots_[i].value != kNone) i = (i + 1) & mask;
      slots_[i] = slot;
    }
  }
  std::vector<Slot> slots_;
  size_t used_ = 0;
};

}  // namespace millwright::records::detail

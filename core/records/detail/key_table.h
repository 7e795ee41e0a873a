// Which keys were there: open addressing, 16 bytes a slot. 96 bits of the key are compared; the chance that any two of
// a thousand million different rows agree in them is 6·10⁻¹².
#pragma once

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <utility>

#include "base/hash.h"

namespace millwright::records::detail {

class KeyTable {
 public:
  static constexpr uint32_t kNone = 0xFFFFFFFF;
  void reserve(size_t keys) {
    size_t slots = kLeast;
    while (slots * 3 / 4 < keys) slots *= 2;
    if (slots > size_) rehash(slots);
  }
  void prefetch(const Hash128& key) const {
    if (size_ > 0) __builtin_prefetch(&slots_[key.low & (size_ - 1)]);
  }
  /// The value that is there for this key, or kNone after `value` was put there.
  uint32_t find_or_put(const Hash128& key, uint32_t value) {
    if ((used_ + 1) * 4 > size_ * 3) rehash(size_ == 0 ? kLeast : size_ * 2);
    const auto high = static_cast<uint32_t>(key.high);
    const size_t mask = size_ - 1;
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
  struct Free {
    void operator()(Slot* slots) const { std::free(slots); }
  };
  using Slots = std::unique_ptr<Slot[], Free>;
  static constexpr size_t kLeast = 1024;

  /// A large table in huge pages: every look-up would else miss the processor's table of small ones.
  static Slots make(size_t slots) {
    constexpr size_t kHugePage = size_t{2} << 20;
    const size_t bytes = slots * sizeof(Slot);
    const bool large = bytes >= kHugePage;
    Slots made(static_cast<Slot*>(large ? std::aligned_alloc(kHugePage, bytes) : std::malloc(bytes)));
    if (made == nullptr) throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
    if (large) (void)::madvise(made.get(), bytes, MADV_HUGEPAGE);
#endif
    std::uninitialized_fill_n(made.get(), slots, Slot());
    return made;
  }

  void rehash(size_t slots) {
    const Slots old = std::exchange(slots_, make(slots));
    const size_t before = std::exchange(size_, slots);
    const size_t mask = slots - 1;
    for (size_t at = 0; at < before; ++at) {
      const Slot& slot = old[at];
      if (slot.value == kNone) continue;
      size_t i = slot.low & mask;
      while (slots_[i].value != kNone) i = (i + 1) & mask;
      slots_[i] = slot;
    }
  }
  Slots slots_;
  size_t size_ = 0;  // a power of two
  size_t used_ = 0;
};

}  // namespace millwright::records::detail

// A set of byte strings with numbers, for finding all of them that a text begins with: a double array.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace millwright::text::detail {

class ByteTrie {
 public:
  static constexpr uint32_t kRoot = 0;
  static constexpr uint32_t kNone = 0xFFFFFFFF;

  ByteTrie() = default;
  /// Keys must differ and not be empty; they are sorted here.
  explicit ByteTrie(std::vector<std::pair<std::string_view, int32_t>> keys);

  /// The state behind `state` by a byte; kNone when no key goes on so.
  [[nodiscard]] uint32_t step(uint32_t state, char byte) const {
    const uint32_t target = cells_[state].base + static_cast<unsigned char>(byte);
    return cells_[target].parent == state ? target : kNone;
  }
  /// The number of the key that ends in this state, or -1.
  [[nodiscard]] int32_t value(uint32_t state) const { return cells_[state].value; }
  [[nodiscard]] uint32_t walk(uint32_t state, std::string_view bytes) const {
    for (size_t i = 0; i < bytes.size() && state != kNone; ++i) state = step(state, bytes[i]);
    return state;
  }
  /// Calls found(length, value) for each key that `text` begins with, shortest first.
  template <class Found>
  void prefixes(std::string_view text, Found&& found) const {
    uint32_t state = kRoot;
    for (size_t i = 0; i < text.size(); ++i) {
      state = step(state, text[i]);
      if (state == kNone) return;
      if (cells_[state].value >= 0) found(i + 1, cells_[state].value);
    }
  }

 private:
  struct Cell {
    uint32_t base = 0;
    uint32_t parent = kNone;
    int32_t value = -1;
  };
  class Builder;
  std::vector<Cell> cells_ =
      std::vector<Cell>(257);  ///< always 256 free ones at the end, so that a step never leaves the array
};

}  // namespace millwright::text::detail

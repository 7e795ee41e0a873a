#include "detail/byte_trie.h"

#include <algorithm>

namespace millwright::text::detail {

/// Places the children of one node after the other where all of them fit. Free cells are a list in ascending order; a
/// node for which none of the first ones is the place begins where nothing was used yet, and those with one child,
/// which are most, fill what is left between.
class ByteTrie::Builder {
 public:
  using Keys = std::span<const std::pair<std::string_view, int32_t>>;
  explicit Builder(std::vector<Cell>& cells) : cells_(cells) { cells_.clear(); }

  void build(Keys keys) {
    // The first 256 cells are left out, so that every base lies above 0.
    grow(1024);
    for (uint32_t i = 0; i < 256; ++i) take(i);
    std::vector<Work> open{{0, 0, keys.size(), 0}};
    while (!open.empty()) {
      const Work work = open.back();
      open.pop_back();
      place(keys, work, open);
    }
    cells_.resize(static_cast<size_t>(fresh_) + 256);
    cells_.shrink_to_fit();
  }

 private:
  static constexpr int kTries = 64;
  struct Work {
    uint32_t state;
    size_t begin, end;  ///< keys that go through the state
    size_t depth;
  };

  void grow(size_t size) {
    const auto old = static_cast<uint32_t>(cells_.size());
    cells_.resize(size);
    next_.resize(size + 1);
    previous_.resize(size + 1);
    // The list is a ring through its last place, which is nobody's cell.
    const auto end = static_cast<uint32_t>(size);
    uint32_t last = old == 0 ? end : previous_[old];
    if (last == old) last = end;
    const uint32_t first = old == 0 || next_[old] == old ? old : next_[old];
    for (uint32_t i = old; i < end; ++i) {
      previous_[i] = last;
      if (last != end) next_[last] = i;
      last = i;
    }
    next_[last] = end;
    previous_[end] = last;
    next_[end] = first;
    previous_[first] = end;
  }

  void take(uint32_t cell) {
    next_[previous_[cell]] = next_[cell];
    previous_[next_[cell]] = previous_[cell];
    next_[cell] = cell;  // no longer in the list
    fresh_ = std::max(fresh_, cell + 1);
  }
  [[nodiscard]] bool is_taken(uint32_t cell) const { return next_[cell] == cell; }

  void place(Keys keys, Work work, std::vector<Work>& open) {
    if (keys[work.begin].first.size() == work.depth) cells_[work.state].value = keys[work.begin++].second;
    labels_.clear();
    begins_.clear();
    for (size_t i = work.begin; i < work.end; ++i) {
      const auto byte = static_cast<unsigned char>(keys[i].first[work.depth]);
      if (!labels_.empty() && labels_.back() == byte) continue;
      labels_.push_back(byte);
      begins_.push_back(i);
    }
    if (labels_.empty()) return;
    begins_.push_back(work.end);
    const uint32_t base = free_base();
    cells_[work.state].base = base;
    for (const unsigned char label : labels_) {
      cells_[base + label].parent = work.state;
      take(base + label);
    }
    for (size_t i = 0; i < labels_.size(); ++i)
      open.push_back({base + labels_[i], begins_[i], begins_[i + 1], work.depth + 1});
  }

  uint32_t free_base() {
    if (static_cast<size_t>(fresh_) + 512 >= cells_.size()) grow(cells_.size() + cells_.size() / 2 + 1024);
    const uint32_t lowest = labels_.front();
    const auto end = static_cast<uint32_t>(cells_.size());
    uint32_t cell = next_[end];
    for (int tries = 0; tries < kTries && cell < fresh_; ++tries, cell = next_[cell]) {
      const uint32_t base = cell - lowest;
      if (std::none_of(labels_.begin(), labels_.end(), [&](unsigned char label) { return is_taken(base + label); }))
        return base;
    }
    return fresh_ - lowest;
  }

  std::vector<Cell>& cells_;
  std::vector<uint32_t> next_, previous_;
  std::vector<unsigned char> labels_;
  std::vector<size_t> begins_;
  uint32_t fresh_ = 0;  ///< from here on nothing was used yet
};

ByteTrie::ByteTrie(std::vector<std::pair<std::string_view, int32_t>> keys) {
  if (keys.empty()) return;
  std::sort(keys.begin(), keys.end());
  Builder(cells_).build(keys);
}

}  // namespace millwright::text::detail

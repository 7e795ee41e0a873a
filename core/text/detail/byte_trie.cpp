#include "detail/byte_trie.h"

#include <algorithm>

namespace millwright::text::detail {

/// Places the children of one node after the other where all of them fit. Free cells are found through a bit map; the
/// search begins behind the stretch that is as good as full.
class ByteTrie::Builder {
 public:
  using Keys = std::span<const std::pair<std::string_view, int32_t>>;
  explicit Builder(std::vector<Cell>& cells) : cells_(cells) { taken_.resize(cells.size()); }

  void build(Keys keys) {
    grow(512);
    taken_[0] = true;
    std::vector<Work> todo{{0, 0, keys.size(), 0}};
    while (!todo.empty()) {
      const Work work = todo.back();
      todo.pop_back();
      place(keys, work, todo);
    }
    size_t used = 0;
    for (size_t i = 0; i < cells_.size(); ++i)
      if (taken_[i]) used = std::max(used, i + 1);
    for (const Cell& cell : cells_) used = std::max<size_t>(used, cell.base + 1);
    cells_.resize(used + 256);
    cells_.shrink_to_fit();
  }

 private:
  struct Work {
    uint32_t state;
    size_t begin, end;  ///< keys that go through the state
    size_t depth;
  };

  void grow(size_t size) {
    cells_.resize(size);
    taken_.resize(size);
  }

  void place(Keys keys, Work work, std::vector<Work>& todo) {
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
      taken_[base + label] = true;
    }
    for (size_t i = 0; i < labels_.size(); ++i)
      todo.push_back({base + labels_[i], begins_[i], begins_[i + 1], work.depth + 1});
  }

  uint32_t free_base() {
    const size_t lowest = labels_.front();
    size_t at = std::max(first_free_, lowest + 1);
    for (size_t tried = 0, full = 0;; ++at) {
      if (at + 256 >= cells_.size()) grow(cells_.size() + cells_.size() / 2 + 512);
      ++tried;
      full += taken_[at] ? 1 : 0;
      if (taken_[at]) continue;
      const size_t base = at - lowest;
      if (std::any_of(labels_.begin(), labels_.end(), [&](unsigned char label) { return taken_[base + label]; })) {
        // Nearly nothing free here: later nodes need not look again.
        if (tried > 512) {
          if (full * 100 >= tried * 90 || misses_++ > 64) {
            first_free_ = at;
            misses_ = 0;
          }
          tried = full = 0;
        }
        continue;
      }
      return static_cast<uint32_t>(base);
    }
  }

  std::vector<Cell>& cells_;
  std::vector<bool> taken_;
  std::vector<unsigned char> labels_;
  std::vector<size_t> begins_;
  size_t first_free_ = 1;
  size_t misses_ = 0;
};

ByteTrie::ByteTrie(std::vector<std::pair<std::string_view, int32_t>> keys) {
  if (keys.empty()) return;
  std::sort(keys.begin(), keys.end());
  Builder(cells_).build(keys);
}

}  // namespace millwright::text::detail

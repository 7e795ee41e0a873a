// merkle_root() of base/hash.h over leaves that come one by one: keeps one digest for each level.
#pragma once

#include <optional>
#include <vector>

#include "base/hash.h"

namespace millwright::records::detail {

class MerkleBuilder {
 public:
  void add(Digest leaf) {
    for (size_t level = 0;; ++level) {
      if (level == levels_.size()) levels_.emplace_back();
      if (!levels_[level]) {
        levels_[level] = leaf;
        return;
      }
      leaf = inner(*levels_[level], leaf);
      levels_[level].reset();
    }
  }
  [[nodiscard]] Digest root() {
    std::optional<Digest> right;
    for (const auto& left : levels_) {
      if (!left) continue;
      right = right ? inner(*left, *right) : *left;
    }
    return right ? *right : sha256(std::string_view());
  }

 private:
  Digest inner(const Digest& left, const Digest& right) {
    uint8_t bytes[65];
    bytes[0] = 1;
    std::copy(left.begin(), left.end(), bytes + 1);
    std::copy(right.begin(), right.end(), bytes + 33);
    hash_.reset();
    hash_.update(std::span<const uint8_t>(bytes));
    return hash_.finish();
  }
  std::vector<std::optional<Digest>> levels_;
  Sha256 hash_;
};

}  // namespace millwright::records::detail

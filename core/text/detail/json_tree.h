// A JSON text as a flat tree: what is needed of files with hundreds of thousands of entries. Bounded in size and depth,
// members in the order of the file, a name twice refused, numbers as they are written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace millwright::text::detail {

class JsonTree {
 public:
  static constexpr size_t kLargest = size_t{256} << 20;
  static constexpr int kDeepest = 64;

  enum class Kind : uint8_t { null, boolean, integer, real, string, list, object };

  struct Entry {
    Kind kind = Kind::null;
    uint32_t name = 0, name_length = 0;
    uint32_t text = 0, text_length = 0;
    uint32_t child = 0, sibling = 0;  ///< the root is nobody's child: 0 is none
    int64_t value = 0;
  };

  class Node {
   public:
    [[nodiscard]] Kind kind() const { return at().kind; }
    [[nodiscard]] bool is(Kind kind) const { return at().kind == kind; }
    [[nodiscard]] std::string_view name() const { return tree_->slice(at().name, at().name_length); }
    /// A string's content; a number as it is written.
    [[nodiscard]] std::string_view text() const { return tree_->slice(at().text, at().text_length); }
    [[nodiscard]] bool truth() const { return at().value != 0; }
    /// Of an integer; saturated at the ends of the type.
    [[nodiscard]] int64_t integer() const { return at().value; }
    /// Of list and object: how many.
    [[nodiscard]] size_t size() const { return static_cast<size_t>(at().value); }
    [[nodiscard]] std::optional<Node> first() const { return node(at().child); }
    [[nodiscard]] std::optional<Node> next() const { return node(at().sibling); }
    /// A member of an object.
    [[nodiscard]] std::optional<Node> find(std::string_view name) const;

   private:
    friend class JsonTree;
    Node(const JsonTree* tree, uint32_t index) : tree_(tree), index_(index) {}
    [[nodiscard]] const Entry& at() const { return tree_->entries_[index_]; }
    [[nodiscard]] std::optional<Node> node(uint32_t index) const {
      return index == 0 ? std::nullopt : std::optional(Node(tree_, index));
    }
    const JsonTree* tree_;
    uint32_t index_;
  };

  /// Errors: bad_input "json.invalid" (with the position), "json.too_large".
  [[nodiscard]] static Result<JsonTree> parse(std::string_view text, std::string_view where);
  [[nodiscard]] Node root() const { return Node(this, 0); }

 private:
  friend class TreeBuilder;
  [[nodiscard]] std::string_view slice(uint32_t at, uint32_t length) const {
    return std::string_view(arena_).substr(at, length);
  }
  std::string arena_;
  std::vector<Entry> entries_;
};

/// How the reference reads a number with a fraction or an exponent: digits as one whole number, then one division or
/// multiplication by a power of ten, which can be one unit in the last place beside the nearest value. A unigram's
/// choice between equal sums depends on it.
[[nodiscard]] double read_number(std::string_view text);

}  // namespace millwright::text::detail

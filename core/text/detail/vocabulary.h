// Tokens and their ids, both ways.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "detail/term_table.h"

namespace millwright::text::detail {

class Vocabulary {
 public:
  /// Tokens are numbered as they come; false when it is there already.
  bool add(std::string_view token) { return table_.insert(token).second; }
  /// -1 when there is no such token.
  [[nodiscard]] int32_t find(std::string_view token) const {
    const uint32_t id = table_.find(token);
    return id == TermTable::kNone ? -1 : static_cast<int32_t>(id);
  }
  [[nodiscard]] std::string_view token(int32_t id) const {
    return id >= 0 && static_cast<uint32_t>(id) < table_.size() ? table_.term(static_cast<uint32_t>(id))
                                                                : std::string_view();
  }
  [[nodiscard]] int32_t size() const { return static_cast<int32_t>(table_.size()); }
  void reserve(size_t tokens) { table_.reserve(tokens); }

 private:
  TermTable table_;
};

}  // namespace millwright::text::detail

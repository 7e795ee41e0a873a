// Choosing rows by an expression (command line: --where). Fields by name (in double quotes or backquotes where they are
// no word), `= != < <= > >=`, `in (…)`, `is missing`, `is not missing`, `contains`, `matches` (RE2), `and or not`,
// parentheses, strings in single quotes ('' is a quote), numbers. A comparison with a missing value is unknown, as in
// SQL: neither it nor its negation chooses the row.
//
// Numbers are compared with numeric fields as numbers. A string is read as the field's type: a number, a time (ISO
// 8601), true or false. With text and categories: = and != byte for byte, < and > by bytes of UTF-8.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace millwright::records {

struct WhereNode;

class Where {
 public:
  /// Chooses every row.
  Where();
  /// Errors (usage): where.syntax with position (from 1, in characters) and what was expected, where.pattern.
  [[nodiscard]] static Result<Where> parse(std::string_view text);
  /// low ≤ field < high; with `closed` field ≤ high. For numbers, and timestamps as microseconds.
  [[nodiscard]] static Where between(std::string_view field, double low, double high, bool closed);
  [[nodiscard]] static Where any_of(std::string_view field, std::span<const std::string> values);
  [[nodiscard]] static Where missing(std::string_view field);
  [[nodiscard]] static Where both(const Where& a, const Where& b);

  [[nodiscard]] bool empty() const { return !root_; }
  /// In the language above; parse(text()) is the same expression.
  [[nodiscard]] std::string text() const;
  /// Fields it speaks of, each once.
  [[nodiscard]] std::vector<std::string> fields() const;
  [[nodiscard]] const std::shared_ptr<const WhereNode>& root() const { return root_; }

 private:
  std::shared_ptr<const WhereNode> root_;
};

}  // namespace millwright::records

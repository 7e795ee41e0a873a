// The tree of a where expression.
#pragma once

#include <re2/re2.h>

#include <memory>
#include <string>
#include <vector>

#include "records/where.h"

namespace millwright::records {

struct Literal {
  enum class Kind { number, string, boolean };
  Kind kind = Kind::string;
  std::string text;
  double number = 0;
};

struct WhereNode {
  enum class Kind { both, either, negated, compare, in, missing, contains, matches };
  enum class Operator { equal, not_equal, less, less_or_equal, greater, greater_or_equal };
  Kind kind = Kind::both;
  std::shared_ptr<const WhereNode> left, right;  // both, either; negated: left
  std::string field;
  Operator comparison = Operator::equal;
  std::vector<Literal> literals;            // compare: one
  std::shared_ptr<const re2::RE2> pattern;  // matches; its text is literals[0]
};

}  // namespace millwright::records

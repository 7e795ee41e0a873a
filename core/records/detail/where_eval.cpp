#include "where_eval.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_set>

#include "value_parsing.h"

namespace millwright::records::detail {

using store::FieldType;
using Kind = WhereNode::Kind;
using Operator = WhereNode::Operator;

namespace {

/// A literal as a number: exact as an integer where it is one.
struct Number {
  bool whole = false;
  int64_t integer = 0;
  double real = 0;
};

template <class T>
bool holds(Operator op, const T& a, const T& b) {
  switch (op) {
    case Operator::equal:
      return a == b;
    case Operator::not_equal:
      return a != b;
    case Operator::less:
      return a < b;
    case Operator::less_or_equal:
      return a <= b;
    case Operator::greater:
      return a > b;
    case Operator::greater_or_equal:
      return a >= b;
  }
  return false;
}

tl::unexpected<Error> wrong_type(const std::string& field, FieldType type, const std::string& what) {
  return fail(ErrorKind::usage, "where.type", "Field “{field}” is {type}: {what}.",
              {{"field", field}, {"type", name_of(type)}, {"what", what}});
}

Result<Number> as_number(const Literal& literal, const std::string& field, FieldType type) {
  Number number;
  if (type == FieldType::timestamp && literal.kind == Literal::Kind::string) {
    if (!parse_time(literal.text, number.integer))
      return wrong_type(field, type, "“" + literal.text + "” is no time (ISO 8601, for example 2026-03-01)");
    number.whole = true;
    number.real = static_cast<double>(number.integer);
    return number;
  }
  if (type == FieldType::boolean && literal.kind != Literal::Kind::number) {
    if (!parse_boolean(literal.text, number.integer))
      return wrong_type(field, type, "“" + literal.text + "” is neither true nor false");
    number.whole = true;
    number.real = static_cast<double>(number.integer);
    return number;
  }
  if (literal.kind == Literal::Kind::boolean) return wrong_type(field, type, literal.text + " is no number");
  number.whole = parse_integer(literal.text, number.integer);
  if (number.whole)
    number.real = static_cast<double>(number.integer);
  else if (literal.kind == Literal::Kind::number)
    number.real = literal.number;
  else if (!parse_real(literal.text, number.real))
    return wrong_type(field, type, "“" + literal.text + "” is no number");
  return number;
}

}  // namespace

struct BoundWhere::Leaf {
  Kind kind = Kind::missing;
  std::optional<size_t> field;
  FieldType type = FieldType::text;
  Operator comparison = Operator::equal;
  std::vector<Number> numbers;
  std::vector<std::string> texts;
  std::unordered_set<std::string_view> text_set;  // into texts
  std::shared_ptr<const re2::RE2> pattern;
  std::vector<uint8_t> accepted;  // category: by code

  [[nodiscard]] bool accepts(std::string_view text) const {
    switch (kind) {
      case Kind::compare:
        return holds(comparison, text, std::string_view(texts[0]));
      case Kind::in:
        return text_set.contains(text);
      case Kind::contains:
        return text.find(texts[0]) != std::string_view::npos;
      case Kind::matches:
        return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *pattern);
      default:
        return false;
    }
  }
  [[nodiscard]] bool accepts(int64_t value) const {
    for (const Number& number : numbers) {
      const bool hit = number.whole ? holds(comparison, value, number.integer)
                                    : holds(comparison, static_cast<double>(value), number.real);
      if (hit) return true;
    }
    return false;
  }
  [[nodiscard]] bool accepts(double value) const {
    return std::any_of(numbers.begin(), numbers.end(),
                       [&](const Number& number) { return holds(comparison, value, number.real); });
  }
};

/// Columns of the chunk under way: a field that is spoken of twice is decoded once.
struct BoundWhere::Loaded {
  std::map<size_t, store::ColumnChunk> columns;
};

namespace {

Status bind_literals(const WhereNode& node, BoundWhere::Leaf& leaf) {
  const bool text = leaf.type == FieldType::text || leaf.type == FieldType::category;
  if (node.kind == Kind::contains || node.kind == Kind::matches) {
    if (!text)
      return wrong_type(node.field, leaf.type,
                        std::string(node.kind == Kind::contains ? "contains" : "matches") + " looks into texts");
  }
  leaf.comparison = node.kind == Kind::compare ? node.comparison : Operator::equal;
  leaf.pattern = node.pattern;
  for (const Literal& literal : node.literals) {
    if (!text) {
      MW_ASSIGN(const Number number, as_number(literal, node.field, leaf.type));
      leaf.numbers.push_back(number);
      continue;
    }
    const bool ordering =
        node.kind == Kind::compare && leaf.comparison != Operator::equal && leaf.comparison != Operator::not_equal;
    if (ordering && literal.kind != Literal::Kind::string)
      return wrong_type(node.field, leaf.type, "to compare it by bytes, put the value in single quotes");
    leaf.texts.push_back(literal.text);
  }
  if (node.kind == Kind::in) leaf.text_set.insert(leaf.texts.begin(), leaf.texts.end());
  return {};
}

}  // namespace

Result<size_t> BoundWhere::bind_node(const WhereNode& node, const store::BatchFile& file) {
  Node bound;
  bound.kind = node.kind;
  if (node.left) {
    MW_ASSIGN(bound.left, bind_node(*node.left, file));
    if (node.right) {
      MW_ASSIGN(bound.right, bind_node(*node.right, file));
    }
  } else {
    auto leaf = std::make_shared<Leaf>();
    leaf->kind = node.kind;
    leaf->field = file.find_field(node.field);
    if (leaf->field) {
      const store::BatchField& field = file.fields()[*leaf->field];
      leaf->type = field.type;
      // A field without any value has no type that could disagree.
      if (node.kind != Kind::missing && field.missing < file.arrivals()) {
        MW_TRY(bind_literals(node, *leaf));
        if (field.type == FieldType::category) {
          MW_ASSIGN(const auto* dictionary, file.dictionary(*leaf->field));
          for (const std::string& value : *dictionary) leaf->accepted.push_back(leaf->accepts(value) ? 1 : 0);
        }
      } else if (node.kind != Kind::missing) {
        leaf->field.reset();
      }
    }
    bound.leaf = std::move(leaf);
  }
  nodes_.push_back(std::move(bound));
  return nodes_.size() - 1;
}

Result<BoundWhere> BoundWhere::bind(const Where& where, const store::BatchFile& file) {
  BoundWhere bound;
  bound.file_ = &file;
  MW_ASSIGN(bound.root_, bound.bind_node(*where.root(), file));
  return bound;
}

namespace {

std::vector<Truth> evaluate_leaf(const BoundWhere::Leaf& leaf, const store::ColumnChunk& chunk) {
  std::vector<Truth> out(static_cast<size_t>(chunk.rows), Truth::unknown);
  const auto fill = [&](auto test) {
    for (int64_t i = 0; i < chunk.rows; ++i)
      if (chunk.has(i)) out[static_cast<size_t>(i)] = test(static_cast<size_t>(i)) ? Truth::yes : Truth::no;
  };
  if (leaf.kind == Kind::missing) {
    for (int64_t i = 0; i < chunk.rows; ++i) out[static_cast<size_t>(i)] = chunk.has(i) ? Truth::no : Truth::yes;
    return out;
  }
  switch (leaf.type) {
    case FieldType::integer:
    case FieldType::timestamp:
    case FieldType::boolean:
      fill([&](size_t i) { return leaf.accepts(chunk.integers[i]); });
      break;
    case FieldType::real:
      fill([&](size_t i) { return leaf.accepts(chunk.reals[i]); });
      break;
    case FieldType::category:
      fill([&](size_t i) { return leaf.accepted[chunk.codes[i]] != 0; });
      break;
    case FieldType::text:
      fill([&](size_t i) { return leaf.accepts(chunk.text(static_cast<int64_t>(i))); });
      break;
  }
  return out;
}

Truth both(Truth a, Truth b) {
  if (a == Truth::no || b == Truth::no) return Truth::no;
  return a == Truth::unknown || b == Truth::unknown ? Truth::unknown : Truth::yes;
}
Truth opposite(Truth a) { return a == Truth::unknown ? a : a == Truth::yes ? Truth::no : Truth::yes; }

}  // namespace

Result<std::vector<Truth>> BoundWhere::evaluate_node(size_t at, int64_t chunk, Loaded& loaded) const {
  const Node& node = nodes_[at];
  if (node.leaf) {
    const Leaf& leaf = *node.leaf;
    const auto rows = static_cast<size_t>(file_->rows_of_chunk(chunk));
    if (!leaf.field) return std::vector<Truth>(rows, leaf.kind == Kind::missing ? Truth::yes : Truth::unknown);
    auto found = loaded.columns.find(*leaf.field);
    if (found == loaded.columns.end()) {
      MW_ASSIGN(store::ColumnChunk column, file_->chunk(*leaf.field, chunk));
      found = loaded.columns.emplace(*leaf.field, std::move(column)).first;
    }
    return evaluate_leaf(leaf, found->second);
  }
  MW_ASSIGN(std::vector<Truth> left, evaluate_node(node.left, chunk, loaded));
  if (node.kind == Kind::negated) {
    for (Truth& truth : left) truth = opposite(truth);
    return left;
  }
  MW_ASSIGN(const std::vector<Truth> right, evaluate_node(node.right, chunk, loaded));
  for (size_t i = 0; i < left.size(); ++i)
    left[i] = node.kind == Kind::both ? both(left[i], right[i]) : opposite(both(opposite(left[i]), opposite(right[i])));
  return left;
}

Result<std::vector<Truth>> BoundWhere::evaluate(int64_t chunk) const {
  Loaded loaded;
  return evaluate_node(root_, chunk, loaded);
}

}  // namespace millwright::records::detail

#include "records/where.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "detail/where_tree.h"

namespace millwright::records {
namespace {

using Node = std::shared_ptr<const WhereNode>;
using Kind = WhereNode::Kind;
using Operator = WhereNode::Operator;

bool is_keyword(std::string_view lower) {
  static constexpr std::string_view kWords[] = {"and",  "or",    "not",     "in",       "is",
                                                "true", "false", "missing", "contains", "matches"};
  return std::find(std::begin(kWords), std::end(kWords), lower) != std::end(kWords);
}

struct Token {
  enum class Kind { word, quoted_name, string, number, sign, end };
  Kind kind = Kind::end;
  std::string text;
  std::string lower;  // of a word
  size_t at = 0;      // byte
};

bool begins_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool in_word(char c) { return begins_word(c) || (c >= '0' && c <= '9') || c == '.' || c == '-'; }

constexpr int kMaxDepth = 100;
constexpr int kMaxPredicates = 2000;

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Node> parse() {
    MW_TRY(advance());
    if (token_.kind == Token::Kind::end) return Node();
    MW_ASSIGN(Node node, either(0));
    if (token_.kind != Token::Kind::end) return expected("`and`, `or` or the end");
    return node;
  }

 private:
  tl::unexpected<Error> syntax(size_t at, std::string problem) const {
    // Positions count characters, as people do.
    int64_t position = 1;
    for (size_t i = 0; i < at && i < text_.size(); ++i)
      if ((static_cast<unsigned char>(text_[i]) & 0xC0) != 0x80) ++position;
    return fail(ErrorKind::usage, "where.syntax", "The expression cannot be read at position {position}: {problem}.",
                {{"position", std::to_string(position)}, {"problem", std::move(problem)}},
                "For example: section = 'games' and installed_size > 1000");
  }
  tl::unexpected<Error> expected(const std::string& what) const {
    const std::string found = token_.kind == Token::Kind::end ? "the end" : "“" + token_.text + "”";
    return syntax(token_.at, "expected " + what + ", found " + found);
  }

  Status advance() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
      ++at_;
    token_ = {};
    token_.at = at_;
    if (at_ == text_.size()) return {};
    const char c = text_[at_];
    if (c == '\'') return quoted('\'', Token::Kind::string, "a string is not closed");
    if (c == '"' || c == '`') return quoted(c, Token::Kind::quoted_name, "a name is not closed");
    const bool sign = (c == '-' || c == '+' || c == '.') && at_ + 1 < text_.size() &&
                      ((text_[at_ + 1] >= '0' && text_[at_ + 1] <= '9') || text_[at_ + 1] == '.');
    if ((c >= '0' && c <= '9') || sign) return number();
    if (begins_word(c)) {
      size_t end = at_;
      while (end < text_.size() && in_word(text_[end])) ++end;
      token_.kind = Token::Kind::word;
      token_.text = text_.substr(at_, end - at_);
      token_.lower = token_.text;
      for (char& letter : token_.lower)
        if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter + 32);
      at_ = end;
      return {};
    }
    for (const std::string_view symbol : {"==", "!=", "<>", "<=", ">=", "=", "<", ">", "(", ")", ","})
      if (text_.substr(at_).starts_with(symbol)) {
        token_.kind = Token::Kind::sign;
        token_.text = symbol;
        at_ += symbol.size();
        return {};
      }
    return syntax(at_, "“" + std::string(1, c) + "” means nothing here");
  }

  Status quoted(char quote, Token::Kind kind, const char* problem) {
    token_.kind = kind;
    for (size_t i = at_ + 1; i < text_.size(); ++i) {
      if (text_[i] != quote) {
        token_.text.push_back(text_[i]);
      } else if (i + 1 < text_.size() && text_[i + 1] == quote) {
        token_.text.push_back(quote);
        ++i;
      } else {
        at_ = i + 1;
        return {};
      }
    }
    return syntax(at_, problem);
  }

  Status number() {
    size_t end = at_;
    while (end < text_.size() && (in_word(text_[end]) || text_[end] == '+')) {
      const char c = text_[end];
      const bool after_exponent = end > at_ && (text_[end - 1] == 'e' || text_[end - 1] == 'E');
      if ((c == '-' || c == '+') && end > at_ && !after_exponent) break;
      ++end;
    }
    token_.kind = Token::Kind::number;
    token_.text = text_.substr(at_, end - at_);
    const std::string_view digits = std::string_view(token_.text).substr(token_.text.front() == '+' ? 1 : 0);
    double value = 0;
    const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || stop != digits.data() + digits.size() || !std::isfinite(value))
      return syntax(at_, "“" + token_.text + "” is no number");
    at_ = end;
    return {};
  }

  [[nodiscard]] bool is_word(std::string_view word) const {
    return token_.kind == Token::Kind::word && token_.lower == word;
  }
  [[nodiscard]] bool is_sign(std::string_view sign) const {
    return token_.kind == Token::Kind::sign && token_.text == sign;
  }

  Result<Node> either(int depth) {
    MW_ASSIGN(Node left, both(depth));
    while (is_word("or")) {
      MW_TRY(advance());
      MW_ASSIGN(Node right, both(depth));
      left = std::make_shared<WhereNode>(WhereNode{Kind::either, left, right, {}, {}, {}, {}});
    }
    return left;
  }

  Result<Node> both(int depth) {
    MW_ASSIGN(Node left, negation(depth));
    while (is_word("and")) {
      MW_TRY(advance());
      MW_ASSIGN(Node right, negation(depth));
      left = std::make_shared<WhereNode>(WhereNode{Kind::both, left, right, {}, {}, {}, {}});
    }
    return left;
  }

  Result<Node> negation(int depth) {
    if (depth > kMaxDepth) return syntax(token_.at, "too many parentheses within each other");
    if (is_word("not")) {
      MW_TRY(advance());
      MW_ASSIGN(Node inner, negation(depth + 1));
      return negated(inner);
    }
    if (is_sign("(")) {
      MW_TRY(advance());
      MW_ASSIGN(Node inner, either(depth + 1));
      if (!is_sign(")")) return expected("a closing parenthesis");
      MW_TRY(advance());
      return inner;
    }
    return predicate();
  }

  static Node negated(const Node& inner) {
    return std::make_shared<WhereNode>(WhereNode{Kind::negated, inner, {}, {}, {}, {}, {}});
  }

  Result<Node> predicate() {
    if (++predicates_ > kMaxPredicates)
      return syntax(token_.at, "too many conditions; `in (…)` takes a list of values");
    const bool name =
        token_.kind == Token::Kind::quoted_name || (token_.kind == Token::Kind::word && !is_keyword(token_.lower));
    if (!name) return expected("a field");
    const std::string field = token_.text;
    MW_TRY(advance());
    if (token_.kind == Token::Kind::sign) return comparison(field);
    if (is_word("is")) return missing(field);
    const bool negative = is_word("not");
    if (negative) MW_TRY(advance());
    MW_ASSIGN(Node node, by_word(field));
    return negative ? negated(node) : node;
  }

  Result<Node> by_word(const std::string& field) {
    if (is_word("in")) return any_of(field);
    const bool contains = is_word("contains");
    if (!contains && !is_word("matches")) return expected("a comparison, `in`, `is missing`, `contains` or `matches`");
    MW_TRY(advance());
    if (token_.kind != Token::Kind::string) return expected("a string in single quotes");
    WhereNode node;
    node.kind = contains ? Kind::contains : Kind::matches;
    node.field = field;
    node.literals.push_back({Literal::Kind::string, token_.text, 0});
    if (!contains) {
      re2::RE2::Options options(re2::RE2::Quiet);
      node.pattern = std::make_shared<const re2::RE2>(token_.text, options);
      if (!node.pattern->ok())
        return fail(ErrorKind::usage, "where.pattern", "The pattern “{pattern}” cannot be used: {why}.",
                    {{"pattern", token_.text}, {"why", node.pattern->error()}}, "Patterns are written as for RE2.");
    }
    MW_TRY(advance());
    return std::make_shared<const WhereNode>(std::move(node));
  }

  Result<Node> missing(const std::string& field) {
    MW_TRY(advance());
    const bool negative = is_word("not");
    if (negative) MW_TRY(advance());
    if (!is_word("missing")) return expected("`missing`");
    MW_TRY(advance());
    WhereNode node;
    node.kind = Kind::missing;
    node.field = field;
    Node made = std::make_shared<const WhereNode>(std::move(node));
    return negative ? negated(made) : made;
  }

  Result<Literal> literal() {
    Literal value;
    if (token_.kind == Token::Kind::number) {
      value.kind = Literal::Kind::number;
      value.text = token_.text;
      const std::string_view digits = std::string_view(token_.text).substr(token_.text.front() == '+' ? 1 : 0);
      std::from_chars(digits.data(), digits.data() + digits.size(), value.number);
    } else if (token_.kind == Token::Kind::string) {
      value.text = token_.text;
    } else if (is_word("true") || is_word("false")) {
      value.kind = Literal::Kind::boolean;
      value.text = token_.lower;
      value.number = token_.lower == "true" ? 1 : 0;
    } else if (token_.kind == Token::Kind::word) {
      return syntax(token_.at, "expected a value, found “" + token_.text + "”; strings stand in single quotes");
    } else {
      return expected("a value");
    }
    MW_TRY(advance());
    return value;
  }

  Result<Node> comparison(const std::string& field) {
    static constexpr std::pair<std::string_view, Operator> kOperators[] = {
        {"=", Operator::equal},      {"==", Operator::equal},
        {"!=", Operator::not_equal}, {"<>", Operator::not_equal},
        {"<", Operator::less},       {"<=", Operator::less_or_equal},
        {">", Operator::greater},    {">=", Operator::greater_or_equal}};
    for (const auto& [sign, op] : kOperators) {
      if (!is_sign(sign)) continue;
      MW_TRY(advance());
      WhereNode node;
      node.kind = Kind::compare;
      node.field = field;
      node.comparison = op;
      MW_ASSIGN(Literal value, literal());
      node.literals.push_back(std::move(value));
      return std::make_shared<const WhereNode>(std::move(node));
    }
    return expected("a comparison");
  }

  Result<Node> any_of(const std::string& field) {
    MW_TRY(advance());
    if (!is_sign("(")) return expected("an opening parenthesis");
    WhereNode node;
    node.kind = Kind::in;
    node.field = field;
    do {
      MW_TRY(advance());
      MW_ASSIGN(Literal value, literal());
      node.literals.push_back(std::move(value));
    } while (is_sign(","));
    if (!is_sign(")")) return expected("a comma or a closing parenthesis");
    MW_TRY(advance());
    return std::make_shared<const WhereNode>(std::move(node));
  }

  std::string_view text_;
  size_t at_ = 0;
  Token token_;
  int predicates_ = 0;
};

std::string in_quotes(std::string_view text, char quote) {
  std::string out(1, quote);
  for (const char c : text) {
    if (c == quote) out.push_back(quote);
    out.push_back(c);
  }
  out.push_back(quote);
  return out;
}

std::string name_text(const std::string& field) {
  std::string lower = field;
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  const bool plain = !field.empty() && begins_word(field.front()) && std::all_of(field.begin(), field.end(), in_word) &&
                     !is_keyword(lower);
  return plain ? field : in_quotes(field, '"');
}

std::string literal_text(const Literal& literal) {
  return literal.kind == Literal::Kind::string ? in_quotes(literal.text, '\'') : literal.text;
}

const char* sign_of(Operator op) {
  switch (op) {
    case Operator::equal:
      return "=";
    case Operator::not_equal:
      return "!=";
    case Operator::less:
      return "<";
    case Operator::less_or_equal:
      return "<=";
    case Operator::greater:
      return ">";
    case Operator::greater_or_equal:
      return ">=";
  }
  return "=";
}

std::string text_of(const WhereNode& node) {
  const auto inner = [](const Node& child) { return "(" + text_of(*child) + ")"; };
  switch (node.kind) {
    case Kind::both:
      return inner(node.left) + " and " + inner(node.right);
    case Kind::either:
      return inner(node.left) + " or " + inner(node.right);
    case Kind::negated:
      return "not " + inner(node.left);
    case Kind::compare:
      return name_text(node.field) + " " + sign_of(node.comparison) + " " + literal_text(node.literals[0]);
    case Kind::in: {
      std::string out = name_text(node.field) + " in (";
      for (size_t i = 0; i < node.literals.size(); ++i) out += (i == 0 ? "" : ", ") + literal_text(node.literals[i]);
      return out + ")";
    }
    case Kind::missing:
      return name_text(node.field) + " is missing";
    case Kind::contains:
      return name_text(node.field) + " contains " + literal_text(node.literals[0]);
    case Kind::matches:
      return name_text(node.field) + " matches " + literal_text(node.literals[0]);
  }
  return {};
}

void collect_fields(const WhereNode& node, std::vector<std::string>& fields) {
  if (!node.field.empty() && std::find(fields.begin(), fields.end(), node.field) == fields.end())
    fields.push_back(node.field);
  if (node.left) collect_fields(*node.left, fields);
  if (node.right) collect_fields(*node.right, fields);
}

Literal number_literal(double value) {
  char text[40];
  const auto [end, error] = std::to_chars(text, text + sizeof text, value);
  return {Literal::Kind::number, std::string(text, error == std::errc() ? end : text), value};
}

Node compare_node(std::string_view field, Operator op, double value) {
  WhereNode node;
  node.kind = Kind::compare;
  node.field = field;
  node.comparison = op;
  node.literals.push_back(number_literal(value));
  return std::make_shared<const WhereNode>(std::move(node));
}

}  // namespace

Where::Where() = default;

Result<Where> Where::parse(std::string_view text) {
  MW_ASSIGN(Node root, Parser(text).parse());
  Where where;
  where.root_ = std::move(root);
  return where;
}

Where Where::between(std::string_view field, double low, double high, bool closed) {
  Where where;
  where.root_ = std::make_shared<WhereNode>(
      WhereNode{Kind::both,
                compare_node(field, Operator::greater_or_equal, low),
                compare_node(field, closed ? Operator::less_or_equal : Operator::less, high),
                {},
                {},
                {},
                {}});
  return where;
}

Where Where::any_of(std::string_view field, std::span<const std::string> values) {
  WhereNode node;
  node.kind = Kind::in;
  node.field = field;
  for (const std::string& value : values) node.literals.push_back({Literal::Kind::string, value, 0});
  Where where;
  where.root_ = std::make_shared<const WhereNode>(std::move(node));
  return where;
}

Where Where::missing(std::string_view field) {
  WhereNode node;
  node.kind = Kind::missing;
  node.field = field;
  Where where;
  where.root_ = std::make_shared<const WhereNode>(std::move(node));
  return where;
}

Where Where::both(const Where& a, const Where& b) {
  if (a.empty()) return b;
  if (b.empty()) return a;
  Where where;
  where.root_ = std::make_shared<WhereNode>(WhereNode{Kind::both, a.root_, b.root_, {}, {}, {}, {}});
  return where;
}

std::string Where::text() const { return root_ ? text_of(*root_) : std::string(); }

std::vector<std::string> Where::fields() const {
  std::vector<std::string> fields;
  if (root_) collect_fields(*root_, fields);
  return fields;
}

}  // namespace millwright::records

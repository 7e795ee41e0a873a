#include "detail/json_tree.h"

#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <unordered_set>

namespace millwright::text::detail {

/// nlohmann's parser keeps its own stack, so that hostile nesting cannot overflow ours; this handler ends it.
class TreeBuilder : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit TreeBuilder(JsonTree& tree) : tree_(tree) {}
  std::string reason;

  bool null() override { return add(JsonTree::Kind::null, 0); }
  bool boolean(bool value) override { return add(JsonTree::Kind::boolean, value ? 1 : 0); }
  bool number_integer(number_integer_t value) override { return add(JsonTree::Kind::integer, value); }
  bool number_unsigned(number_unsigned_t value) override {
    constexpr auto kMost = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
    return add(JsonTree::Kind::integer, static_cast<int64_t>(std::min(value, kMost)));
  }
  bool number_float(number_float_t, const string_t& text) override {
    return add(JsonTree::Kind::real, 0) && keep(text, tree_.entries_.back().text, tree_.entries_.back().text_length);
  }
  bool string(string_t& text) override {
    return add(JsonTree::Kind::string, 0) && keep(text, tree_.entries_.back().text, tree_.entries_.back().text_length);
  }
  bool binary(binary_t&) override { return refuse("holds binary data"); }
  bool start_object(std::size_t) override { return enter(JsonTree::Kind::object); }
  bool start_array(std::size_t) override { return enter(JsonTree::Kind::list); }
  bool key(string_t& name) override {
    Open& open = open_.back();
    if (!open.names.insert(name).second) return refuse("has the name \"" + name.substr(0, 100) + "\" twice");
    return keep(name, name_, name_length_);
  }
  bool end_object() override { return leave(); }
  bool end_array() override { return leave(); }
  bool parse_error(std::size_t at, const std::string&, const nlohmann::json::exception&) override {
    return refuse("is not JSON near byte " + std::to_string(at));
  }

 private:
  struct Open {
    uint32_t index;
    uint32_t last = 0;
    std::unordered_set<std::string> names;
  };
  bool refuse(std::string why) {
    if (reason.empty()) reason = std::move(why);
    return false;
  }
  bool keep(const std::string& text, uint32_t& at, uint32_t& length) {
    at = static_cast<uint32_t>(tree_.arena_.size());
    length = static_cast<uint32_t>(text.size());
    tree_.arena_ += text;
    return true;
  }
  bool add(JsonTree::Kind kind, int64_t value) {
    const auto index = static_cast<uint32_t>(tree_.entries_.size());
    tree_.entries_.push_back({kind, name_, name_length_, 0, 0, 0, 0, value});
    name_length_ = 0;
    if (open_.empty()) return true;
    Open& open = open_.back();
    if (open.last == 0)
      tree_.entries_[open.index].child = index;
    else
      tree_.entries_[open.last].sibling = index;
    open.last = index;
    ++tree_.entries_[open.index].value;
    return true;
  }
  bool enter(JsonTree::Kind kind) {
    if (open_.size() >= JsonTree::kDeepest) return refuse("is nested too deeply");
    const auto index = static_cast<uint32_t>(tree_.entries_.size());
    add(kind, 0);
    open_.push_back({index, 0, {}});
    return true;
  }
  bool leave() {
    open_.pop_back();
    return true;
  }
  JsonTree& tree_;
  std::vector<Open> open_;
  uint32_t name_ = 0, name_length_ = 0;
};

std::optional<JsonTree::Node> JsonTree::Node::find(std::string_view name) const {
  if (!is(Kind::object)) return std::nullopt;
  for (auto child = first(); child; child = child->next())
    if (child->name() == name) return child;
  return std::nullopt;
}

Result<JsonTree> JsonTree::parse(std::string_view text, std::string_view where) {
  if (text.size() > kLargest)
    return fail(ErrorKind::bad_input, "json.too_large", "{where} is larger than {size} MB.",
                {{"where", std::string(where)}, {"size", std::to_string(kLargest >> 20)}});
  JsonTree tree;
  TreeBuilder builder(tree);
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder))
    return fail(ErrorKind::bad_input, "json.invalid", "{where} {reason}.",
                {{"where", std::string(where)},
                 {"reason", builder.reason.empty() ? std::string("cannot be read as JSON") : builder.reason}});
  return tree;
}

double read_number(std::string_view text) {
  const bool negative = text.starts_with('-');
  uint64_t digits = 0;
  int64_t exponent = 0;
  bool fraction = false, full = false;
  size_t at = negative ? 1 : 0;
  for (; at < text.size() && text[at] != 'e' && text[at] != 'E'; ++at) {
    if (text[at] == '.') {
      fraction = true;
      continue;
    }
    const auto digit = static_cast<uint64_t>(text[at] - '0');
    full = full || digits > (std::numeric_limits<uint64_t>::max() - digit) / 10;
    if (!full) digits = digits * 10 + digit;
    exponent += full ? (fraction ? 0 : 1) : (fraction ? -1 : 0);
  }
  if (at < text.size()) {
    const bool down = text[at + 1] == '-';
    int64_t written = 0;
    for (++at; at < text.size(); ++at)
      if (text[at] >= '0' && text[at] <= '9') written = std::min<int64_t>(written * 10 + (text[at] - '0'), 100'000);
    exponent += down ? -written : written;
  }
  static const auto kPowers = [] {
    std::array<double, 309> powers{};
    for (size_t i = 0; i < powers.size(); ++i) powers[i] = std::strtod(("1e" + std::to_string(i)).c_str(), nullptr);
    return powers;
  }();
  auto value = static_cast<double>(digits);
  while (value != 0 && exponent < -308) {
    value /= 1e308;
    exponent += 308;
  }
  if (value != 0) {
    if (exponent > 308) return std::numeric_limits<double>::infinity() * (negative ? -1 : 1);
    const double power = kPowers[static_cast<size_t>(exponent < 0 ? -exponent : exponent)];
    value = exponent < 0 ? value / power : value * power;
  }
  return negative ? -value : value;
}

}  // namespace millwright::text::detail

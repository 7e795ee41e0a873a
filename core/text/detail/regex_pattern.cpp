// Regular expressions of Split and Replace. The reference runs them on Oniguruma; here they run on RE2, whose time is
// linear in hostile texts too. Both take the leftmost match and the first alternative, so what is common to both means
// the same, once classes of characters are written out as the reference sees them. All else is refused.
#include <re2/re2.h>

#include <algorithm>
#include <cstdio>
#include <map>

#include "detail/token_parts.h"
#include "detail/tokenizer_classes.h"
#include "detail/tokenizer_file.h"

namespace millwright::text::detail {
namespace {

/// The members of a class as the inside of a bracket expression.
const std::string& members(uint16_t wanted) {
  static const auto kMembers = [] {
    std::map<uint16_t, std::string> all;
    const ClassTable& classes = ClassTable::get();
    for (const uint16_t one : {uint16_t{kSpace}, uint16_t{kLetter}, uint16_t{kNumber}}) {
      std::string& out = all[one];
      for (char32_t c = 0; c < 0x110000; ++c) {
        if (!classes.is(c, one) || (c >= 0xD800 && c < 0xE000)) continue;
        char32_t last = c;
        while (classes.is(last + 1, one) && last + 1 != 0xD800) ++last;
        char range[32];
        std::snprintf(range, sizeof range, "\\x{%X}-\\x{%X}", static_cast<unsigned>(c), static_cast<unsigned>(last));
        out += range;
        c = last;
      }
    }
    return all;
  }();
  return kMembers.at(wanted);
}

class Translator {
 public:
  explicit Translator(std::string_view from) : from_(from) {}

  /// False when there is something that might mean another thing there.
  bool translate() {
    // GPT-2's end: of a run of white space the last character is left for what follows.
    constexpr std::string_view kRun = R"(\s+(?!\S)|\s+)";
    gives_back_ = from_ == kRun || (from_.ends_with(kRun) && from_[from_.size() - kRun.size() - 1] == '|');
    if (gives_back_) from_.remove_suffix(kRun.size());
    while (at_ < from_.size())
      if (!item()) return false;
    if (depth_ != 0) return false;
    if (gives_back_) out_ += "([" + members(kSpace) + "]+)";
    return true;
  }
  [[nodiscard]] const std::string& result() const { return out_; }
  [[nodiscard]] bool gives_back() const { return gives_back_; }

 private:
  static bool is_plain(char c) { return std::string_view(R"(\^$.[]|()?*+{}&)").find(c) == std::string_view::npos; }

  bool item() {
    const std::string_view rest = from_.substr(at_);
    if (rest.starts_with('[')) return bracket() && quantifier();
    if (rest.starts_with("(?i:")) return without_case() && quantifier();
    if (rest.starts_with('(')) {
      if (rest.starts_with("(?") && !rest.starts_with("(?:")) return false;
      at_ += rest.starts_with("(?:") ? 3 : 1;
      out_ += "(?:";
      ++depth_;
      return true;
    }
    if (rest.starts_with(')')) {
      out_ += ')';
      ++at_;
      return depth_-- > 0 && quantifier();
    }
    if (rest.starts_with('|')) {
      out_ += '|';
      ++at_;
      return true;
    }
    if (rest.starts_with('\\')) return escape(false) && quantifier();
    return is_plain(rest.front()) && literal() && quantifier();
  }

  bool literal() {
    const size_t length = length_of_character(from_[at_]);
    out_ += RE2::QuoteMeta(re2::StringPiece(from_.data() + at_, length));
    at_ += length;
    return true;
  }

  bool escape(bool inside) {
    const std::string_view rest = from_.substr(at_);
    const auto add_class = [&](std::string_view name, uint16_t one, bool negated) {
      if (!rest.starts_with(name) || (inside && negated)) return false;
      at_ += name.size();
      out_ += inside ? members(one) : (negated ? "[^" : "[") + members(one) + "]";
      return true;
    };
    if (add_class("\\s", kSpace, false) || add_class("\\S", kSpace, true) || add_class("\\p{L}", kLetter, false) ||
        add_class("\\P{L}", kLetter, true) || add_class("\\p{N}", kNumber, false) || add_class("\\P{N}", kNumber, true))
      return true;
    if (rest.size() < 2) return false;
    constexpr std::string_view kSame = "rnt";
    const bool punctuation = static_cast<unsigned char>(rest[1]) < 0x80 &&
                             ClassTable::get().is(static_cast<unsigned char>(rest[1]), kPunctuation);
    if (!punctuation && kSame.find(rest[1]) == std::string_view::npos) return false;
    out_ += rest.substr(0, 2);
    at_ += 2;
    return true;
  }

  bool bracket() {
    out_ += '[';
    if (++at_ < from_.size() && from_[at_] == '^') {
      out_ += '^';
      ++at_;
    }
    const size_t begin = at_;
    while (at_ < from_.size() && from_[at_] != ']') {
      if (from_[at_] == '-' && (at_ == begin || from_.substr(at_ + 1).starts_with(']'))) {
        out_ += "\\-";
        ++at_;
      } else if (from_[at_] == '\\') {
        if (!escape(true)) return false;
      } else if (from_[at_] == '[' || from_[at_] == '&' || from_[at_] == '^') {
        return false;
      } else {
        const size_t length = length_of_character(from_[at_]);
        if (from_[at_] == '-')
          out_ += '-';
        else
          out_ += RE2::QuoteMeta(re2::StringPiece(from_.data() + at_, length));
        at_ += length;
      }
    }
    if (at_ >= from_.size() || at_ == begin) return false;
    out_ += ']';
    ++at_;
    return true;
  }

  /// Contractions, whose letters have no other form but those given; "ss" and "st" would have.
  bool without_case() {
    const size_t end = from_.find(')', at_);
    if (end == std::string_view::npos) return false;
    const std::string_view inside = from_.substr(at_ + 4, end - at_ - 4);
    if (inside.find("ss") != std::string_view::npos || inside.find("st") != std::string_view::npos) return false;
    out_ += "(?:";
    for (const char c : inside) {
      if (std::string_view("'|strevmld").find(c) == std::string_view::npos) return false;
      if (c == '\'' || c == '|')
        out_ += c;
      else
        out_ += std::string{'[', c, static_cast<char>(c - 32)} + (c == 's' ? "\\x{17F}]" : "]");
    }
    out_ += ')';
    at_ = end + 1;
    return true;
  }

  bool quantifier() {
    if (at_ >= from_.size()) return true;
    const char c = from_[at_];
    if (c == '{') {
      const size_t end = from_.find('}', at_);
      if (end == std::string_view::npos) return false;
      const std::string_view range = from_.substr(at_ + 1, end - at_ - 1);
      if (range.empty() || range.front() == ',' || range.size() > 8 ||
          std::count(range.begin(), range.end(), ',') > 1 ||
          !std::all_of(range.begin(), range.end(), [](char d) { return (d >= '0' && d <= '9') || d == ','; }))
        return false;
      out_ += from_.substr(at_, end + 1 - at_);
      at_ = end + 1;
    } else if (c == '?' || c == '*' || c == '+') {
      out_ += c;
      ++at_;
    }
    // One after another would be lazy or possessive, or not the same in both.
    return at_ >= from_.size() || std::string_view("?*+{").find(from_[at_]) == std::string_view::npos;
  }

  std::string_view from_;
  std::string out_;
  size_t at_ = 0;
  int depth_ = 0;
  bool gives_back_ = false;
};

class RegexPattern : public TextPattern {
 public:
  RegexPattern(const std::string& pattern, bool gives_back)
      : regex_("(?:" + pattern + ")", options()), gives_back_(gives_back) {}
  [[nodiscard]] bool usable() const { return regex_.ok() && !RE2::PartialMatch("", regex_); }

  [[nodiscard]] std::optional<std::pair<size_t, size_t>> find(std::string_view text, size_t from) const override {
    re2::StringPiece found[2];
    const re2::StringPiece whole(text.data(), text.size());
    if (!regex_.Match(whole, from, text.size(), RE2::UNANCHORED, found, gives_back_ ? 2 : 1)) return std::nullopt;
    const auto begin = static_cast<size_t>(found[0].data() - text.data());
    size_t end = begin + found[0].size();
    if (gives_back_ && found[1].data() != nullptr && end < text.size()) {
      size_t last = end - 1;
      while ((static_cast<unsigned char>(text[last]) & 0xC0) == 0x80) --last;
      if (last > begin) end = last;
    }
    return std::pair(begin, end);
  }

 private:
  static RE2::Options options() {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(int64_t{16} << 20);
    return options;
  }
  RE2 regex_;
  bool gives_back_;
};

}  // namespace

Result<std::unique_ptr<TextPattern>> make_regex_pattern(std::string_view regex, const std::string& where) {
  Translator translator(regex);
  if (regex.size() <= 1000 && translator.translate()) {
    auto pattern = std::make_unique<RegexPattern>(translator.result(), translator.gives_back());
    if (pattern->usable()) return pattern;
  }
  return unsupported(where, "the pattern " + std::string(regex.substr(0, 100)));
}

}  // namespace millwright::text::detail

// SPDX-License-Identifier: Apache-2.0
#include "plugin_deb822/deb822_connector.h"

#include <algorithm>
#include <cctype>
#include <unordered_map>

#include "plugin_support/line_reader.h"
#include "plugin_support/text.h"

namespace millwright::plugin {
namespace deb822 {
namespace {

bool is_blank_character(char c) { return c == ' ' || c == '\t'; }
bool is_blank(std::string_view line) { return std::all_of(line.begin(), line.end(), is_blank_character); }

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank_character(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank_character(text.back())) text.remove_suffix(1);
  return text;
}

/// deb822(5): printable ASCII but space and colon; not beginning with # or -. The length is a bound of our own.
bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= 256 && name[0] != '#' && name[0] != '-' &&
         std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 0x7F && c != ':'; });
}

class Deb822Reader final : public LineReader {
 public:
  explicit Deb822Reader(OpenOptions options)
      : LineReader(std::move(options), {.kinds = false, .empty_is_missing = false}, "deb822", "Package indexes know") {}

 private:
  struct Field {
    std::string_view name;
    std::string value;
  };

  bool take_row() override {
    if (!read_stanza()) return false;
    settle();
    return true;
  }

  /// The next stanza into text_, with its line ends as they came; false at the end. Comments between stanzas are
  /// passed over, within one they belong to its bytes.
  bool read_stanza() {
    text_.clear();
    too_long_ = false;
    Lines::Line line;
    while (lines().next(line)) {
      if (is_blank(line.text) && !line.too_long) {
        if (text_.empty()) continue;
        return true;
      }
      if (text_.empty() && line.text.starts_with('#')) continue;
      if (text_.empty()) first_line_ = line.number;
      too_long_ = too_long_ || line.too_long || text_.size() + line.text.size() > options().max_row_bytes;
      // Of what is rejected for its length only the beginning is kept.
      if (too_long_ && text_.size() > kKept) continue;
      if (!text_.empty()) text_ += line_end_;
      text_ += line.text;
      line_end_ = line.carriage_return ? "\r\n" : "\n";
    }
    return !text_.empty();
  }

  void settle() {
    std::string code = "deb822.invalid";
    const std::string problem = too_long_ ? "" : take(code);
    if (too_long_)
      reject("deb822.row_too_long", too_long());
    else if (problem.empty())
      rows().end_row(first_line_, text_);
    else {
      rows().cancel_row();
      reject(code, problem);
    }
  }

  void reject(std::string_view code, const std::string& reason) {
    rows().storage().reject(first_line_, code, reason, text_);
  }

  /// The stanza's fields to the row under way; what is wrong with it, else "".
  std::string take(std::string& code) {
    code = "deb822.invalid_encoding";
    if (!is_utf8(text_)) return "bytes that are not valid UTF-8";
    code = "deb822.nul_byte";
    if (text_.find('\0') != std::string::npos) return "a zero byte";
    code = "deb822.invalid";
    int64_t number = first_line_;
    size_t place = 0;
    field_.name = {};
    for (std::string_view rest = text_;; ++number) {
      const size_t end = rest.find('\n');
      std::string_view line = rest.substr(0, end);
      if (end != std::string_view::npos && line.ends_with('\r')) line.remove_suffix(1);
      if (std::string problem = take_line(line, place, code); !problem.empty())
        return problem + ", in line " + std::to_string(number);
      if (end == std::string_view::npos) break;
      rest.remove_prefix(end + 1);
    }
    if (field_.name.empty()) return "a stanza of comments alone";
    return close_field(place, code);
  }

  std::string take_line(std::string_view line, size_t& place, std::string& code) {
    if (line.starts_with('#')) return {};
    if (!line.empty() && is_blank_character(line[0])) {
      if (field_.name.empty()) return "a continuation line before any field";
      field_.value += '\n';
      field_.value += line;
      return {};
    }
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) return "a line without a colon";
    if (!is_name(line.substr(0, colon))) return "a field name with characters that names may not have";
    if (!field_.name.empty()) {
      if (std::string problem = close_field(place, code); !problem.empty()) return problem;
      ++place;
    }
    field_.name = line.substr(0, colon);
    field_.value = trim(line.substr(colon + 1));
    return {};
  }

  std::string close_field(size_t place, std::string& code) {
    const std::string* name = spelling(field_.name);
    if (name != nullptr && rows().has(*name, place)) {
      code = "deb822.duplicate_field";
      return "the field " + *name + " occurs twice";
    }
    if (name != nullptr && rows().cell(*name, field_.value, MILLWRIGHT_KIND_STRING, place)) return {};
    code = "deb822.too_many_fields";
    return "more different fields" + than_fields();
  }

  /// Names are the same whatever their case; the first spelling seen is the one that is used. nullptr: there are more
  /// names than any limit on fields lets through.
  const std::string* spelling(std::string_view name) {
    if (const auto known = exact_.find(std::string(name)); known != exact_.end()) return &known->second;
    std::string lower(name);
    for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (spellings_.size() > kMaxSpellings && !spellings_.contains(lower)) return nullptr;
    const std::string& first = spellings_.try_emplace(std::move(lower), name).first->second;
    // Hostile files spell a name in very many ways: only so many are remembered.
    if (exact_.size() > kMaxSpellings) exact_.clear();
    return &exact_.emplace(std::string(name), first).first->second;
  }

  static constexpr size_t kKept = (size_t{1} << 20) + 1;
  static constexpr size_t kMaxSpellings = 65'536;
  std::string text_;
  const char* line_end_ = "\n";
  bool too_long_ = false;
  int64_t first_line_ = 0;
  Field field_;
  std::unordered_map<std::string, std::string> exact_;
  std::unordered_map<std::string, std::string> spellings_;
};

/// "Name: value", as people and programs write it; "10:30,a" and "http://…" are none.
bool looks_like_field(std::string_view line) {
  const size_t colon = line.find(':');
  return colon != std::string_view::npos && is_name(line.substr(0, colon)) &&
         std::isalpha(static_cast<unsigned char>(line[0])) != 0 &&
         (colon + 1 == line.size() || is_blank_character(line[colon + 1]));
}

int32_t can_read(const uint8_t* head, size_t size, int32_t whole, const char*) {
  std::string_view text = head_text(head, size);
  // The last line may be cut.
  if (whole == 0) text = text.substr(0, text.rfind('\n') == std::string_view::npos ? 0 : text.rfind('\n'));
  int fields = 0;
  int others = 0;
  while (!text.empty() && fields + others < 200) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (is_blank(line) || line.starts_with('#') || (fields > 0 && is_blank_character(line[0]))) continue;
    if (looks_like_field(line))
      ++fields;
    else if (fields == 0)
      return 0;
    else
      ++others;
  }
  if (fields < 2) return fields == 1 && others == 0 ? 15 : 0;
  // A damaged stanza does not make it something else.
  return others == 0 ? 90 : fields >= 3 * others ? 70 : 0;
}

}  // namespace
}  // namespace deb822

const millwright_connector* deb822_connector() {
  static const millwright_connector connector = make_connector<deb822::Deb822Reader>(
      "deb822", "Debian package indexes and other control stanzas (deb822)", "", deb822::can_read);
  return &connector;
}

}  // namespace millwright::plugin

// SentencePiece's precompiled rules of normalisation, as tokenizer.json carries them: base64 of a length, a double
// array of 32-bit units over UTF-8 and the replacements, each ended by a zero byte.
#include <array>
#include <cstring>

#include "detail/token_model.h"
#include "detail/token_parts.h"
#include "detail/tokenizer_classes.h"
#include "text/unicode.h"

namespace millwright::text::detail {
namespace {

std::optional<std::string> decode_base64(std::string_view text) {
  std::string out;
  if (text.size() % 4 != 0) return std::nullopt;
  uint32_t bits = 0;
  size_t count = 0, padding = 0;
  for (const char c : text) {
    uint32_t value = 0;
    if (c >= 'A' && c <= 'Z')
      value = static_cast<uint32_t>(c - 'A');
    else if (c >= 'a' && c <= 'z')
      value = static_cast<uint32_t>(c - 'a') + 26;
    else if (c >= '0' && c <= '9')
      value = static_cast<uint32_t>(c - '0') + 52;
    else if (c == '+' || c == '/')
      value = c == '+' ? 62 : 63;
    else if (c == '=' && ++padding <= 2 && count + 2 >= text.size())
      value = 0;
    else
      return std::nullopt;
    if (c != '=' && padding > 0) return std::nullopt;
    bits = bits << 6 | value;
    if (++count % 4 != 0) continue;
    for (const int shift : {16, 8, 0}) out += static_cast<char>(bits >> shift & 0xFF);
    bits = 0;
  }
  out.resize(out.size() - padding);
  return out;
}

class Precompiled : public Normalizer {
 public:
  Precompiled(std::vector<uint32_t> units, std::string replacements)
      : units_(std::move(units)), replacements_(std::move(replacements)) {
    for (size_t c = 0; c < 128; ++c) {
      const char byte = static_cast<char>(c);
      changes_ascii_[c] = find({&byte, 1}).has_value();
    }
  }

  bool apply(Passage& passage, uint32_t shift) const override {
    const std::string_view text = passage.part.text;
    if (is_plain(text)) return false;
    passage.changes.clear();
    bool modified = false;
    for (size_t at = 0; at < text.size();) {
      const size_t end = grapheme_end(text, at, classes_);
      const std::string_view grapheme = text.substr(at, end - at);
      at = end;
      if (grapheme.size() < 6)
        if (const auto to = find(grapheme)) {
          modified = true;
          replace(passage.changes, grapheme, *to);
          continue;
        }
      for (size_t i = 0; i < grapheme.size();) {
        const size_t begin = i;
        const char32_t c = next_valid(grapheme, i);
        const std::string_view part = grapheme.substr(begin, i - begin);
        if (const auto to = find(part)) {
          modified = true;
          replace(passage.changes, part, *to);
        } else {
          passage.changes.push_back({c, 0});
        }
      }
    }
    if (!modified) return false;
    rewrite(passage.part, passage.changes, 0, shift, passage.other);
    return true;
  }

 private:
  /// ASCII of which nothing changes, so that every character is a cluster of its own (but for CR LF).
  [[nodiscard]] bool is_plain(std::string_view text) const {
    for (const char c : text)
      if (static_cast<unsigned char>(c) >= 0x80 || c == '\r' || changes_ascii_[static_cast<unsigned char>(c)])
        return false;
    return true;
  }

  /// The replacement of the shortest entry that the text begins with: a longer one never counts, and the whole cluster
  /// is replaced. That is what the reference does.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view text) const {
    const auto offset = [](uint32_t unit) { return static_cast<size_t>(unit >> 10) << ((unit & 1U << 9) >> 6); };
    size_t at = offset(units_[0]);
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte == 0) return std::nullopt;
      at ^= byte;
      if (at >= units_.size()) return std::nullopt;
      const uint32_t unit = units_[at];
      if ((unit & (1U << 31 | 0xFF)) != byte) return std::nullopt;
      at ^= offset(unit);
      if ((unit >> 8 & 1) == 0) continue;
      if (at >= units_.size()) return std::nullopt;
      const size_t begin = units_[at] & ((1U << 31) - 1);
      if (begin >= replacements_.size()) return std::string_view();
      // The middle of a character is no place to begin: such a file is damaged, and the entry is as good as none.
      if ((static_cast<unsigned char>(replacements_[begin]) & 0xC0) == 0x80) return std::nullopt;
      const std::string_view rest = std::string_view(replacements_).substr(begin);
      return rest.substr(0, rest.find('\0'));
    }
    return std::nullopt;
  }

  /// The characters of `to` in place of those of `from`: the surplus at the end is new; what is too few goes with the
  /// last one.
  static void replace(std::vector<Change>& changes, std::string_view from, std::string_view to) {
    const auto old_count = static_cast<int32_t>(count_code_points(from));
    int32_t count = 0;
    for (size_t at = 0; at < to.size(); ++count) changes.push_back({next_valid(to, at), 0});
    if (count > old_count) {
      for (int32_t i = 0; i < count - old_count; ++i) changes[changes.size() - 1 - static_cast<size_t>(i)].change = 1;
    } else if (count < old_count && !changes.empty()) {
      changes.back().change += count - old_count;
    }
  }

  std::vector<uint32_t> units_;
  std::string replacements_;
  std::array<bool, 128> changes_ascii_{};
  const ClassTable& classes_ = ClassTable::get();
};

}  // namespace

Result<std::unique_ptr<Normalizer>> make_precompiled(std::string_view base64, const std::string& where) {
  const auto blob = decode_base64(base64);
  uint32_t size = 0;
  if (!blob || blob->size() < 4) return invalid_tokenizer(where, "it is not base64 of a character map");
  std::memcpy(&size, blob->data(), 4);
  if (size < 4 || size > blob->size() - 4) return invalid_tokenizer(where, "the double array is cut off");
  std::vector<uint32_t> units(size / 4);
  std::memcpy(units.data(), blob->data() + 4, units.size() * 4);
  std::string replacements = blob->substr(4 + units.size() * 4);
  if (!is_valid_utf8(replacements)) return invalid_tokenizer(where, "its replacements are not UTF-8");
  return std::make_unique<Precompiled>(std::move(units), std::move(replacements));
}

}  // namespace millwright::text::detail

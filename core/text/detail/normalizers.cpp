#include <unicode/normalizer2.h>
#include <unicode/uchar.h>

#include <algorithm>

#include "detail/token_model.h"
#include "detail/token_parts.h"
#include "detail/tokenizer_classes.h"
#include "text/unicode.h"

namespace millwright::text::detail {
namespace {

bool is_ascii(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

/// Calls each(character) for the characters of valid UTF-8.
template <class Each>
void each_character(std::string_view text, Each&& each) {
  for (size_t at = 0; at < text.size();) each(next_valid(text, at));
}

template <class Test>
bool any_character(std::string_view text, Test&& test) {
  for (size_t at = 0; at < text.size();)
    if (test(next_valid(text, at))) return true;
  return false;
}

/// Drops characters, changes others one for one: what is kept keeps its stretch.
template <class Map>
bool map_characters(Passage& passage, Map&& map) {
  const std::string_view text = passage.part.text;
  bool changed = false;
  passage.other.clear();
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const char32_t c = next_valid(text, at);
    const std::optional<char32_t> to = map(c);
    changed = changed || to != c;
    if (to) passage.other.append(*to, passage.part.align[begin]);
  }
  return changed;
}

/// Full decomposition and combining class as the reference's tables have them, which are Unicode 9's: what was
/// assigned later does not decompose there and combines with nothing.
class OldUnicode {
 public:
  explicit OldUnicode(bool compatible) {
    UErrorCode status = U_ZERO_ERROR;
    decompose_ = compatible ? icu::Normalizer2::getNFKDInstance(status) : icu::Normalizer2::getNFDInstance(status);
    compose_ = icu::Normalizer2::getNFCInstance(status);
  }
  static bool is_old(char32_t c) {
    UVersionInfo age;
    u_charAge(static_cast<UChar32>(c), age);
    return age[0] > 0 && (age[0] < 9 || (age[0] == 9 && age[1] == 0));
  }
  static uint8_t combining_class(char32_t c) {
    if (c < 0x300) return 0;
    const uint8_t value = u_getCombiningClass(static_cast<UChar32>(c));
    return value != 0 && is_old(c) ? value : uint8_t{0};
  }
  template <class Emit>
  void decompose(char32_t c, Emit&& emit) const {
    icu::UnicodeString parts;
    if (c < 0xA0 || !decompose_->getDecomposition(static_cast<UChar32>(c), parts) || !is_old(c)) return emit(c);
    for (int32_t i = 0; i < parts.length();) {
      const UChar32 part = parts.char32At(i);
      i += U16_LENGTH(part);
      emit(static_cast<char32_t>(part));
    }
  }
  [[nodiscard]] char32_t compose(char32_t a, char32_t b) const {
    const UChar32 c = compose_->composePair(static_cast<UChar32>(a), static_cast<UChar32>(b));
    return c > 0 && is_old(static_cast<char32_t>(c)) ? static_cast<char32_t>(c) : 0;
  }

 private:
  const icu::Normalizer2* decompose_;
  const icu::Normalizer2* compose_;
};

/// The characters of the decomposed text in canonical order, the changes travelling with them.
void decompose_all(const OldUnicode& unicode, Passage& passage) {
  std::vector<Change>& changes = passage.changes;
  std::vector<Mark>& marks = passage.marks;  // of the last base character
  changes.clear();
  marks.clear();
  const auto flush = [&] {
    if (marks.size() > 1)
      std::stable_sort(marks.begin(), marks.end(),
                       [](const Mark& a, const Mark& b) { return a.combining < b.combining; });
    for (const Mark& mark : marks) changes.push_back(mark.change);
    marks.clear();
  };
  each_character(passage.part.text, [&](char32_t c) {
    int32_t change = 0;
    unicode.decompose(c, [&](char32_t part) {
      const uint8_t combining = OldUnicode::combining_class(part);
      if (combining == 0) {
        flush();
        changes.push_back({part, change});
      } else {
        marks.push_back({{part, change}, combining});
      }
      change = 1;
    });
  });
  flush();
}

/// Canonical composition in place; a composed character's change adds up those of its parts.
void compose_all(const OldUnicode& unicode, Passage& passage) {
  std::vector<Change>&out = passage.composed, &waiting = passage.waiting;
  out.clear();
  waiting.clear();
  std::optional<Change> base;
  int last = -1;  // combining class of the last one waiting; -1: nothing waits
  const auto flush = [&] {
    out.insert(out.end(), waiting.begin(), waiting.end());
    waiting.clear();
    last = -1;
  };
  for (const Change& next : passage.changes) {
    const int combining = OldUnicode::combining_class(next.character);
    if (!base) {
      if (combining != 0)
        out.push_back(next);
      else
        base = next;
      continue;
    }
    const bool blocked = last >= 0 && last >= combining;
    const char32_t composed = blocked ? 0 : unicode.compose(base->character, next.character);
    if (composed != 0) {
      base = Change{composed, base->change + next.change - 1};
    } else if (combining == 0) {
      out.push_back(*base);
      flush();
      base = next;
    } else {
      waiting.push_back(next);
      last = combining;
    }
  }
  if (base) out.push_back(*base);
  flush();
  passage.changes.swap(out);
}

class UnicodeForm : public Normalizer {
 public:
  UnicodeForm(bool compatible, bool composed)
      : unicode_(compatible),
        composed_(composed),
        harmless_(compatible ? 0xA0
                  : composed ? 0x300
                             : 0xC0) {}
  bool apply(Passage& passage, uint32_t shift) const override {
    const std::string_view text = passage.part.text;
    if (is_ascii(text) || !any_character(text, [this](char32_t c) { return c >= harmless_; })) return false;
    decompose_all(unicode_, passage);
    if (composed_) compose_all(unicode_, passage);
    rewrite(passage.part, passage.changes, 0, shift, passage.other);
    return true;
  }

 private:
  OldUnicode unicode_;
  bool composed_;
  char32_t harmless_;  ///< below it nothing changes
};

bool to_lower(Passage& passage) {
  const std::string_view text = passage.part.text;
  bool changed = false;
  passage.other.clear();
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const char32_t c = next_valid(text, at);
    const LowerCase lower = lower_case(c);
    changed = changed || lower.first != c;
    passage.other.append(lower.first, passage.part.align[begin]);
    if (lower.second != 0) passage.other.append(lower.second, passage.part.align[begin]);
  }
  return changed;
}

class Lowercase : public Normalizer {
 public:
  bool apply(Passage& passage, uint32_t) const override { return to_lower(passage); }
};

bool is_chinese(char32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2A6DF) ||
         (c >= 0x2A700 && c <= 0x2B73F) || (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

class BertNormalizer : public Normalizer {
 public:
  explicit BertNormalizer(const BertOptions& options) : options_(options) {
    for (size_t c = 0; c < 128; ++c) {
      char to = static_cast<char>(c);
      if (options.clean_text) {
        if (classes_.is(static_cast<char32_t>(c), kOther)) to = kDropped;
        if (c == '\t' || c == '\n' || c == '\r') to = ' ';
      }
      if (options.lowercase && c >= 'A' && c <= 'Z') to = static_cast<char>(c + 32);
      ascii_[c] = to;
    }
  }

  bool apply(Passage& passage, uint32_t shift) const override {
    if (ascii_in_place(passage.part)) return false;
    bool changed = false;
    const auto step = [&](bool done) {
      changed = changed || done;
      if (done) std::swap(passage.part, passage.other);
    };
    if (options_.clean_text) step(clean(passage));
    if (options_.handle_chinese_chars) step(space_chinese(passage));
    if (options_.strip_accents) {
      step(decompose_.apply(passage, shift));
      step(map_characters(
          passage, [this](char32_t c) { return classes_.is(c, kNonspacing) ? std::nullopt : std::optional(c); }));
    }
    if (options_.lowercase) step(to_lower(passage));
    return false;  // it is in `part` already
  }

 private:
  static constexpr char kDropped = 0x7F;  // itself a control character

  /// Most texts: one pass, alignments stay.
  bool ascii_in_place(AlignedText& part) const {
    unsigned char any = 0;
    bool dropped = false;
    for (const char c : part.text) {
      any |= static_cast<unsigned char>(c);
      dropped = dropped || ascii_[static_cast<unsigned char>(c) & 127] == kDropped;
    }
    if (any >= 0x80 || (dropped && options_.clean_text)) return false;
    for (char& c : part.text) c = ascii_[static_cast<unsigned char>(c)];
    return true;
  }

  [[nodiscard]] bool clean(Passage& passage) const {
    return map_characters(passage, [this](char32_t c) -> std::optional<char32_t> {
      const uint16_t value = classes_[c];
      if ((value & kOther) != 0) return std::nullopt;
      return (value & kSpace) != 0 ? U' ' : c;
    });
  }

  static bool space_chinese(Passage& passage) {
    const std::string_view text = passage.part.text;
    if (!any_character(text, is_chinese)) return false;
    passage.other.clear();
    for (size_t at = 0; at < text.size();) {
      const size_t begin = at;
      const char32_t c = next_valid(text, at);
      const Stretch where = passage.part.align[begin];
      const bool apart = is_chinese(c);
      if (apart) passage.other.append(U' ', where);
      passage.other.append(c, where);
      if (apart) passage.other.append(U' ', where);
    }
    return true;
  }

  BertOptions options_;
  const ClassTable& classes_ = ClassTable::get();
  UnicodeForm decompose_{false, false};
  std::array<char, 128> ascii_{};
};

class Strip : public Normalizer {
 public:
  Strip(bool left, bool right) : left_(left), right_(right) {}
  bool apply(Passage& passage, uint32_t) const override {
    const std::string_view text = passage.part.text;
    const ClassTable& classes = ClassTable::get();
    size_t begin = 0, end = text.size();
    for (size_t at = 0; left_ && at < text.size();) {
      if (!classes.is(next_valid(text, at), kSpace)) break;
      begin = at;
    }
    while (right_ && end > begin) {
      size_t last = end - 1;
      while (last > begin && (static_cast<unsigned char>(text[last]) & 0xC0) == 0x80) --last;
      size_t next = last;
      if (!classes.is(next_valid(text, next), kSpace)) break;
      end = last;
    }
    if (begin == 0 && end == text.size()) return false;
    passage.other.assign(passage.part, begin, end);
    return true;
  }

 private:
  bool left_, right_;
};

class StripAccents : public Normalizer {
 public:
  bool apply(Passage& passage, uint32_t) const override {
    if (is_ascii(passage.part.text)) return false;
    const ClassTable& classes = ClassTable::get();
    return map_characters(passage, [&](char32_t c) { return classes.is(c, kMark) ? std::nullopt : std::optional(c); });
  }
};

/// SentencePiece's "nmt" rules.
class Nmt : public Normalizer {
 public:
  bool apply(Passage& passage, uint32_t) const override {
    return map_characters(passage, [](char32_t c) -> std::optional<char32_t> {
      const bool dropped =
          (c >= 1 && c <= 8) || c == 0x0B || (c >= 0x0E && c <= 0x1F) || c == 0x7F || c == 0x8F || c == 0x9F;
      if (dropped) return std::nullopt;
      const bool space = c == 9 || c == 0x0A || c == 0x0C || c == 0x0D || c == 0x1680 || (c >= 0x200B && c <= 0x200F) ||
                         c == 0x2028 || c == 0x2029 || c == 0x2581 || c == 0xFEFF || c == 0xFFFD;
      return space ? U' ' : c;
    });
  }
};

class Prepend : public Normalizer {
 public:
  explicit Prepend(std::string prefix) : prefix_(std::move(prefix)) {}
  bool apply(Passage& passage, uint32_t) const override {
    if (passage.part.text.empty() || prefix_.empty()) return false;
    passage.other.clear();
    passage.other.append(prefix_, passage.part.align.front());
    passage.other.append(passage.part, 0, passage.part.text.size());
    return true;
  }

 private:
  std::string prefix_;
};

class ByteLevelNormalizer : public Normalizer {
 public:
  bool apply(Passage& passage, uint32_t) const override {
    passage.other.clear();
    const AlignedText& part = passage.part;
    for (size_t i = 0; i < part.text.size(); ++i)
      passage.other.append(byte_to_character(static_cast<unsigned char>(part.text[i])), part.align[i]);
    return true;
  }
};

class Replace : public Normalizer {
 public:
  Replace(std::unique_ptr<TextPattern> pattern, std::string content)
      : pattern_(std::move(pattern)), content_(std::move(content)) {}
  bool apply(Passage& passage, uint32_t) const override {
    const AlignedText& part = passage.part;
    size_t done = 0;
    for (auto match = pattern_->find(part.text, 0); match; match = pattern_->find(part.text, done)) {
      if (done == 0) passage.other.clear();
      if (passage.other.overflown) break;
      passage.other.append(part, done, match->first);
      done = match->second;
      // What is put in stands for the last character that went.
      passage.other.append(content_, part.align[done - 1]);
    }
    if (done == 0) return false;
    passage.other.append(part, done, part.text.size());
    return true;
  }

 private:
  std::unique_ptr<TextPattern> pattern_;
  std::string content_;
};

}  // namespace

std::unique_ptr<Normalizer> make_bert_normalizer(const BertOptions& options) {
  return std::make_unique<BertNormalizer>(options);
}
std::unique_ptr<Normalizer> make_lowercase() { return std::make_unique<Lowercase>(); }
std::unique_ptr<Normalizer> make_strip(bool left, bool right) { return std::make_unique<Strip>(left, right); }
std::unique_ptr<Normalizer> make_strip_accents() { return std::make_unique<StripAccents>(); }
std::unique_ptr<Normalizer> make_nmt() { return std::make_unique<Nmt>(); }
std::unique_ptr<Normalizer> make_prepend(std::string prefix) { return std::make_unique<Prepend>(std::move(prefix)); }
std::unique_ptr<Normalizer> make_byte_level_normalizer() { return std::make_unique<ByteLevelNormalizer>(); }
std::unique_ptr<Normalizer> make_unicode_form(bool compatible, bool composed) {
  return std::make_unique<UnicodeForm>(compatible, composed);
}
std::unique_ptr<Normalizer> make_replace(std::unique_ptr<TextPattern> pattern, std::string content) {
  return std::make_unique<Replace>(std::move(pattern), std::move(content));
}

}  // namespace millwright::text::detail

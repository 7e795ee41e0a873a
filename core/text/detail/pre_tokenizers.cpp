#include "detail/token_model.h"
#include "detail/token_parts.h"
#include "detail/tokenizer_classes.h"
#include "text/unicode.h"

namespace millwright::text::detail {
namespace {

/// Calls body(piece, text) for the pieces that no added token takes; what it cuts are the new pieces.
template <class Body>
void each_piece(Passage& passage, Body&& body) {
  for (const Piece& piece : passage.pieces)
    if (piece.added >= 0)
      passage.next_pieces.push_back(piece);
    else
      body(piece, passage.bytes(piece));
  passage.take_cuts();
}

/// Rewrites the text of the pieces that no added token takes: body(piece, next) appends to `next`.
template <class Body>
void rewrite_pieces(Passage& passage, Body&& body) {
  passage.next.clear();
  for (Piece& piece : passage.pieces) {
    const auto begin = static_cast<uint32_t>(passage.next.text.size());
    if (piece.added >= 0)
      passage.next.append(passage.text, piece.begin, piece.end);
    else
      body(piece, passage.next);
    piece.begin = begin;
    piece.end = static_cast<uint32_t>(passage.next.text.size());
  }
  std::swap(passage.text, passage.next);
}

/// Cuts a piece at the matches, which cover it whole.
void cut_matches(Passage& passage, const Piece& piece, SplitBehavior behavior) {
  std::vector<Match>& matches = passage.matches;
  const auto cut = [&](uint32_t begin, uint32_t end) { passage.cut(piece.begin + begin, piece.begin + end); };
  if (behavior == SplitBehavior::removed || behavior == SplitBehavior::isolated) {
    for (const Match& match : matches)
      if (behavior == SplitBehavior::isolated || !match.is_match) cut(match.begin, match.end);
    return;
  }
  // Each match is joined to its neighbour or begins a piece of its own.
  const auto joins = [&](size_t i) {  // match i to the one before it
    if (i == 0) return false;
    switch (behavior) {
      case SplitBehavior::contiguous:
        return matches[i].is_match == matches[i - 1].is_match;
      case SplitBehavior::merged_with_previous:
        return matches[i].is_match && !matches[i - 1].is_match;
      default:
        return matches[i - 1].is_match && !matches[i].is_match;
    }
  };
  for (size_t i = 0; i < matches.size();) {
    size_t last = i + 1;
    while (last < matches.size() && joins(last)) ++last;
    cut(matches[i].begin, matches[last - 1].end);
    i = last;
  }
}

/// Every character that passes the test is a match.
template <class Test>
void split_at(Passage& passage, SplitBehavior behavior, Test&& test) {
  each_piece(passage, [&](const Piece& piece, std::string_view text) {
    passage.matches.clear();
    uint32_t done = 0;
    for (size_t at = 0; at < text.size();) {
      const auto begin = static_cast<uint32_t>(at);
      if (!test(next_valid(text, at))) continue;
      if (done < begin) passage.matches.push_back({done, begin, false});
      done = static_cast<uint32_t>(at);
      passage.matches.push_back({begin, done, true});
    }
    if (done < text.size()) passage.matches.push_back({done, static_cast<uint32_t>(text.size()), false});
    cut_matches(passage, piece, behavior);
  });
}

class BertPreTokenizer : public PreTokenizer {
 public:
  void apply(Passage& passage) const override {
    each_piece(passage, [&](const Piece& piece, std::string_view text) {
      uint32_t begin = piece.begin;
      for (size_t at = 0; at < text.size();) {
        const auto from = piece.begin + static_cast<uint32_t>(at);
        const uint16_t value = classes_[next_valid(text, at)];
        if ((value & (kSpace | kPunctuation)) == 0) continue;
        const auto to = piece.begin + static_cast<uint32_t>(at);
        passage.cut(begin, from);
        if ((value & kSpace) == 0) passage.cut(from, to);
        begin = to;
      }
      passage.cut(begin, piece.end);
    });
  }

 private:
  const ClassTable& classes_ = ClassTable::get();
};

/// Runs of word characters and runs of what is neither word nor white space.
class Whitespace : public PreTokenizer {
 public:
  void apply(Passage& passage) const override {
    const ClassTable& classes = ClassTable::get();
    each_piece(passage, [&](const Piece& piece, std::string_view text) {
      uint32_t begin = piece.begin;
      uint16_t before = kSpace;
      for (size_t at = 0; at < text.size();) {
        const auto from = piece.begin + static_cast<uint32_t>(at);
        const uint16_t value = classes[next_valid(text, at)];
        const auto kind = static_cast<uint16_t>((value & kWord) != 0 ? kWord : value & kSpace);
        if (kind == before) continue;
        if (before != kSpace) passage.cut(begin, from);
        begin = from;
        before = kind;
      }
      if (before != kSpace) passage.cut(begin, piece.end);
    });
  }
};

class WhitespaceSplit : public PreTokenizer {
 public:
  void apply(Passage& passage) const override {
    const ClassTable& classes = ClassTable::get();
    each_piece(passage, [&](const Piece& piece, std::string_view text) {
      uint32_t begin = piece.begin;
      for (size_t at = 0; at < text.size();) {
        const auto from = piece.begin + static_cast<uint32_t>(at);
        if (!classes.is(next_valid(text, at), kSpace)) continue;
        passage.cut(begin, from);
        begin = piece.begin + static_cast<uint32_t>(at);
      }
      passage.cut(begin, piece.end);
    });
  }
};

class ByClass : public PreTokenizer {
 public:
  ByClass(uint16_t classes, SplitBehavior behavior) : wanted_(classes), behavior_(behavior) {}
  void apply(Passage& passage) const override {
    const ClassTable& classes = ClassTable::get();
    split_at(passage, behavior_, [&](char32_t c) { return classes.is(c, wanted_); });
  }

 private:
  uint16_t wanted_;
  SplitBehavior behavior_;
};

class Split : public PreTokenizer {
 public:
  Split(std::unique_ptr<TextPattern> pattern, SplitBehavior behavior, bool invert)
      : pattern_(std::move(pattern)), behavior_(behavior), invert_(invert) {}
  void apply(Passage& passage) const override {
    each_piece(passage, [&](const Piece& piece, std::string_view text) {
      passage.matches.clear();
      size_t done = 0;
      const auto add = [&](size_t begin, size_t end, bool is_match) {
        if (begin < end)
          passage.matches.push_back({static_cast<uint32_t>(begin), static_cast<uint32_t>(end), is_match != invert_});
      };
      for (auto match = pattern_->find(text, 0); match; match = pattern_->find(text, done)) {
        add(done, match->first, false);
        add(match->first, match->second, true);
        done = match->second;
      }
      add(done, text.size(), false);
      cut_matches(passage, piece, behavior_);
    });
  }

 private:
  std::unique_ptr<TextPattern> pattern_;
  SplitBehavior behavior_;
  bool invert_;
};

class StringPattern : public TextPattern {
 public:
  explicit StringPattern(std::string text) : text_(std::move(text)) {}
  [[nodiscard]] std::optional<std::pair<size_t, size_t>> find(std::string_view text, size_t from) const override {
    const size_t at = text.find(text_, from);
    return at == std::string_view::npos ? std::nullopt : std::optional(std::pair(at, at + text_.size()));
  }

 private:
  std::string text_;
};

class Metaspace : public PreTokenizer {
 public:
  Metaspace(std::string replacement, PrependScheme scheme, bool split)
      : replacement_(std::move(replacement)), scheme_(scheme), split_(split) {}

  void apply(Passage& passage) const override {
    rewrite_pieces(passage, [&](const Piece& piece, AlignedText& next) {
      const std::string_view text = passage.bytes(piece);
      const bool wanted = scheme_ == PrependScheme::always || (scheme_ == PrependScheme::first && piece.shift == 0);
      if (wanted && !text.starts_with(replacement_) && !text.starts_with(' '))
        next.append(replacement_, passage.text.align[piece.begin]);
      for (size_t at = 0; at < text.size();) {
        const size_t end = std::min(text.find(' ', at), text.size());
        next.append(passage.text, piece.begin + at, piece.begin + end);
        if (end < text.size()) next.append(replacement_, passage.text.align[piece.begin + end]);
        at = end + 1;
      }
    });
    if (!split_) return;
    each_piece(passage, [&](const Piece& piece, std::string_view text) {
      // Each replacement begins a piece.
      uint32_t begin = 0;
      for (size_t at = text.find(replacement_); at != std::string_view::npos;
           at = text.find(replacement_, at + replacement_.size())) {
        passage.cut(piece.begin + begin, piece.begin + static_cast<uint32_t>(at));
        begin = static_cast<uint32_t>(at);
      }
      passage.cut(piece.begin + begin, piece.end);
    });
  }

 private:
  std::string replacement_;
  PrependScheme scheme_;
  bool split_;
};

/// GPT-2's pattern: contractions, and runs of letters, of numbers and of other characters, each with one blank before
/// it; of a run of white space the last character goes to what follows.
class ByteLevel : public PreTokenizer {
 public:
  explicit ByteLevel(const ByteLevelOptions& options) : options_(options) {}

  void apply(Passage& passage) const override {
    if (options_.add_prefix_space)
      rewrite_pieces(passage, [&](const Piece& piece, AlignedText& next) {
        if (passage.text.text[piece.begin] != ' ') next.append(U' ', passage.text.align[piece.begin]);
        next.append(passage.text, piece.begin, piece.end);
      });
    if (options_.use_regex)
      each_piece(passage, [&](const Piece& piece, std::string_view text) {
        for (size_t at = 0; at < text.size();) {
          const size_t end = match_end(text, at);
          passage.cut(piece.begin + static_cast<uint32_t>(at), piece.begin + static_cast<uint32_t>(end));
          at = end;
        }
      });
    if (options_.spell)
      rewrite_pieces(passage, [&](const Piece& piece, AlignedText& next) {
        for (uint32_t i = piece.begin; i < piece.end; ++i)
          next.append(byte_to_character(static_cast<unsigned char>(passage.text.text[i])), passage.text.align[i]);
      });
  }

 private:
  [[nodiscard]] uint16_t kind_at(std::string_view text, size_t& at) const {
    return classes_[next_valid(text, at)] & (kSpace | kLetter | kNumber);
  }
  [[nodiscard]] size_t run_end(std::string_view text, size_t at, uint16_t kind) const {
    for (size_t next = at; next < text.size(); at = next)
      if (kind_at(text, next) != kind) break;
    return at;
  }
  static size_t contraction(std::string_view rest) {
    for (const std::string_view ending : {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"})
      if (rest.starts_with(ending)) return ending.size();
    return 0;
  }

  [[nodiscard]] size_t match_end(std::string_view text, size_t begin) const {
    if (text[begin] == '\'')
      if (const size_t length = contraction(text.substr(begin)); length > 0) return begin + length;
    size_t at = begin;
    uint16_t kind = kind_at(text, at);
    if (text[begin] == ' ' && at < text.size()) {
      size_t next = at;
      const uint16_t following = kind_at(text, next);
      if (following != kSpace) {
        kind = following;
        at = next;
      }
    }
    if (kind != kSpace) return run_end(text, at, kind);
    const size_t end = run_end(text, at, kSpace);
    if (end == text.size() || end == at) return end;
    size_t last = end - 1;  // more than one: the last is left for what follows
    while ((static_cast<unsigned char>(text[last]) & 0xC0) == 0x80) --last;
    return last;
  }

  ByteLevelOptions options_;
  const ClassTable& classes_ = ClassTable::get();
};

}  // namespace

std::unique_ptr<TextPattern> make_string_pattern(std::string text) {
  return std::make_unique<StringPattern>(std::move(text));
}
std::unique_ptr<PreTokenizer> make_bert_pre_tokenizer() { return std::make_unique<BertPreTokenizer>(); }
std::unique_ptr<PreTokenizer> make_whitespace() { return std::make_unique<Whitespace>(); }
std::unique_ptr<PreTokenizer> make_whitespace_split() { return std::make_unique<WhitespaceSplit>(); }
std::unique_ptr<PreTokenizer> make_punctuation(SplitBehavior behavior) {
  return std::make_unique<ByClass>(kPunctuation, behavior);
}
std::unique_ptr<PreTokenizer> make_digits(bool individual) {
  return std::make_unique<ByClass>(kNumeric, individual ? SplitBehavior::isolated : SplitBehavior::contiguous);
}
std::unique_ptr<PreTokenizer> make_split(std::unique_ptr<TextPattern> pattern, SplitBehavior behavior, bool invert) {
  return std::make_unique<Split>(std::move(pattern), behavior, invert);
}
std::unique_ptr<PreTokenizer> make_delimiter(std::string delimiter) {
  return std::make_unique<Split>(make_string_pattern(std::move(delimiter)), SplitBehavior::removed, false);
}
std::unique_ptr<PreTokenizer> make_metaspace(std::string replacement, PrependScheme scheme, bool split) {
  return std::make_unique<Metaspace>(std::move(replacement), scheme, split);
}
std::unique_ptr<PreTokenizer> make_byte_level(const ByteLevelOptions& options) {
  return std::make_unique<ByteLevel>(options);
}

}  // namespace millwright::text::detail

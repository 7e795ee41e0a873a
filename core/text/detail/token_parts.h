// The steps before and after a model: normalizers, pre-tokenizers, added tokens, post-processors.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "detail/aligned_text.h"
#include "detail/byte_trie.h"

namespace millwright::text::detail {

/// Rewrites one piece of text.
class Normalizer {
 public:
  virtual ~Normalizer() = default;
  /// From passage.part into passage.other; false when the text stays as it is (other is then undefined). `shift` is
  /// where the piece begins in the original.
  virtual bool apply(Passage& passage, uint32_t shift) const = 0;
};
using Normalizers = std::vector<std::unique_ptr<Normalizer>>;
/// All of them, one after the other, on passage.part.
void normalize_part(const Normalizers& normalizers, Passage& passage, uint32_t shift);

struct BertOptions {
  bool clean_text = true;
  bool handle_chinese_chars = true;
  bool strip_accents = true;
  bool lowercase = true;
};
[[nodiscard]] std::unique_ptr<Normalizer> make_bert_normalizer(const BertOptions& options);
[[nodiscard]] std::unique_ptr<Normalizer> make_lowercase();
[[nodiscard]] std::unique_ptr<Normalizer> make_strip(bool left, bool right);
[[nodiscard]] std::unique_ptr<Normalizer> make_strip_accents();
[[nodiscard]] std::unique_ptr<Normalizer> make_nmt();
[[nodiscard]] std::unique_ptr<Normalizer> make_prepend(std::string prefix);
[[nodiscard]] std::unique_ptr<Normalizer> make_byte_level_normalizer();
[[nodiscard]] std::unique_ptr<Normalizer> make_unicode_form(bool compatible, bool composed);
/// SentencePiece's rules: a double array from character sequences to what they become. Error: bad_input
/// "tokenizer.invalid".
[[nodiscard]] Result<std::unique_ptr<Normalizer>> make_precompiled(std::string_view base64, const std::string& where);

/// What a pattern of Split and Replace looks for.
class TextPattern {
 public:
  virtual ~TextPattern() = default;
  /// The first match that begins at `from` or later, never empty; nullopt when there is none.
  [[nodiscard]] virtual std::optional<std::pair<size_t, size_t>> find(std::string_view text, size_t from) const = 0;
};
[[nodiscard]] std::unique_ptr<TextPattern> make_string_pattern(std::string text);
/// Only what is certain to mean the same here as there; else bad_input "tokenizer.unsupported" that names `where`.
[[nodiscard]] Result<std::unique_ptr<TextPattern>> make_regex_pattern(std::string_view regex, const std::string& where);
[[nodiscard]] std::unique_ptr<Normalizer> make_replace(std::unique_ptr<TextPattern> pattern, std::string content);

/// Cuts the pieces of a passage further; pieces that are added tokens stay.
class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;
  virtual void apply(Passage& passage) const = 0;
};
using PreTokenizers = std::vector<std::unique_ptr<PreTokenizer>>;

enum class SplitBehavior { removed, isolated, merged_with_previous, merged_with_next, contiguous };
[[nodiscard]] std::unique_ptr<PreTokenizer> make_bert_pre_tokenizer();
[[nodiscard]] std::unique_ptr<PreTokenizer> make_whitespace();
[[nodiscard]] std::unique_ptr<PreTokenizer> make_whitespace_split();
[[nodiscard]] std::unique_ptr<PreTokenizer> make_punctuation(SplitBehavior behavior);
[[nodiscard]] std::unique_ptr<PreTokenizer> make_digits(bool individual);
[[nodiscard]] std::unique_ptr<PreTokenizer> make_split(std::unique_ptr<TextPattern> pattern, SplitBehavior behavior,
                                                       bool invert);
[[nodiscard]] std::unique_ptr<PreTokenizer> make_delimiter(std::string delimiter);

enum class PrependScheme { first, never, always };
[[nodiscard]] std::unique_ptr<PreTokenizer> make_metaspace(std::string replacement, PrependScheme scheme, bool split);

struct ByteLevelOptions {
  bool add_prefix_space = true;
  bool use_regex = true;
  bool spell = true;  ///< write each byte as a character; not where the model takes bytes
};
[[nodiscard]] std::unique_ptr<PreTokenizer> make_byte_level(const ByteLevelOptions& options);

struct AddedToken {
  int32_t id = 0;
  std::string content;
  bool single_word = false, lstrip = false, rstrip = false, normalized = true, special = false;
};

/// Tokens found in the text itself, before any model sees it.
class AddedTokens {
 public:
  /// Contents must not be empty, ids differ. Error: bad_input "tokenizer.invalid" (two that read the same).
  [[nodiscard]] static Result<AddedTokens> make(std::vector<AddedToken> tokens, const Normalizers& normalizers);
  /// Splits the passage's text at them: those that stand as they are in the text as it came, then, in what is left and
  /// normalized, the others.
  void extract(const Normalizers& normalizers, Passage& passage) const;
  [[nodiscard]] const std::vector<AddedToken>& tokens() const { return tokens_; }

 private:
  struct Finder {
    ByteTrie trie;
    std::array<bool, 256> begins{};
    bool empty = true;
  };
  void split(const Finder& finder, Passage& passage) const;
  void find_in(const Finder& finder, Passage& passage, const Piece& piece) const;
  static Result<Finder> make_finder(std::vector<std::pair<std::string_view, int32_t>> patterns);
  std::vector<AddedToken> tokens_;
  Finder as_is_, normalized_;
};

}  // namespace millwright::text::detail

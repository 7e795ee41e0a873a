// The models that turn a piece of text into tokens: WordPiece, byte pair encoding, unigram.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "detail/byte_trie.h"
#include "detail/vocabulary.h"

namespace millwright::text::detail {

/// A token of a piece: bytes [begin, end) of it.
struct PieceToken {
  int32_t id = 0;
  uint32_t begin = 0;
  uint32_t end = 0;
};

/// Working memory of the models, one for each thread.
struct ModelScratch {
  struct Symbol {
    int32_t id;
    uint32_t length;  ///< bytes; 0: merged into the one before
    int32_t previous, next;
    uint32_t rank;  ///< of merging with the next one
    int32_t merged;
  };
  struct Merge {
    uint32_t rank;
    uint32_t at;
    int32_t merged;
  };
  struct Node {
    double score;
    int32_t id;
    uint32_t begin;
  };
  std::vector<Symbol> symbols;
  std::vector<Merge> heap;
  std::vector<Node> best;
  std::string spelled;
};

class TokenModel {
 public:
  virtual ~TokenModel() = default;
  /// Appends the tokens of a piece that is not empty and valid UTF-8.
  virtual void tokenize(std::string_view piece, ModelScratch& scratch, std::vector<PieceToken>& out) const = 0;
  [[nodiscard]] virtual std::string_view kind() const = 0;  ///< as tokenizer.json names it
  [[nodiscard]] virtual int32_t unknown() const = 0;        ///< -1: there is none
  /// Takes pieces as the bytes they were, where the pre-tokenizer would write each byte as a character: it has the
  /// tokens back to bytes itself. False when it cannot.
  virtual bool take_bytes() { return false; }
  [[nodiscard]] const Vocabulary& vocabulary() const { return vocabulary_; }

 protected:
  explicit TokenModel(Vocabulary vocabulary) : vocabulary_(std::move(vocabulary)) {}
  Vocabulary vocabulary_;
};

struct WordPieceOptions {
  std::string unknown_token = "[UNK]";
  std::string prefix = "##";
  size_t longest_word = 100;  ///< characters
};
/// Errors: bad_input "tokenizer.invalid" (the unknown token is not in the vocabulary).
[[nodiscard]] Result<std::unique_ptr<TokenModel>> make_wordpiece(Vocabulary vocabulary, WordPieceOptions options);

struct BpeOptions {
  std::vector<std::pair<std::string_view, std::string_view>> merges;  ///< best first
  std::string unknown_token;                                          ///< empty: none
  std::string prefix, suffix;
  bool fuse_unknown = false;
  bool byte_fallback = false;
  bool ignore_merges = false;
};
/// Errors: bad_input "tokenizer.invalid" (a merge of or into a token that is not there).
[[nodiscard]] Result<std::unique_ptr<TokenModel>> make_bpe(Vocabulary vocabulary, const BpeOptions& options);

/// Scores by id. Errors: bad_input "tokenizer.invalid".
[[nodiscard]] Result<std::unique_ptr<TokenModel>> make_unigram(Vocabulary vocabulary, std::vector<double> scores,
                                                               int32_t unknown, bool byte_fallback);

/// bad_input "tokenizer.invalid": `what` says what is wrong, `where` the place in the file.
[[nodiscard]] tl::unexpected<Error> invalid_tokenizer(std::string where, std::string what);

/// Tokens of a model that looks for all that a text begins with: a longest one, so that a hostile vocabulary cannot
/// make that quadratic. Error: bad_input "tokenizer.unsupported".
[[nodiscard]] Status check_lengths(const Vocabulary& vocabulary);

/// The id of "<0xNN>" for each byte, or -1.
[[nodiscard]] std::vector<int32_t> byte_tokens(const Vocabulary& vocabulary);
/// The character by which byte-level tokenizers write a byte (GPT-2's table), and back (-1: no such character).
[[nodiscard]] char32_t byte_to_character(unsigned char byte);
[[nodiscard]] int character_to_byte(char32_t c);

}  // namespace millwright::text::detail

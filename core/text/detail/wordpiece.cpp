// WordPiece: the longest token that a word begins with, again and again.
#include "detail/token_model.h"
#include "detail/tokenizer_classes.h"
#include "text/unicode.h"

namespace millwright::text::detail {
namespace {

class WordPiece : public TokenModel {
 public:
  WordPiece(Vocabulary vocabulary, const WordPieceOptions& options)
      : TokenModel(std::move(vocabulary)), longest_word_(options.longest_word) {
    unknown_ = vocabulary_.find(options.unknown_token);
    std::vector<std::pair<std::string_view, int32_t>> keys;
    for (int32_t id = 0; id < vocabulary_.size(); ++id)
      if (!vocabulary_.token(id).empty()) keys.emplace_back(vocabulary_.token(id), id);
    trie_ = ByteTrie(std::move(keys));
    inside_ = trie_.walk(ByteTrie::kRoot, options.prefix);
  }

  [[nodiscard]] std::string_view kind() const override { return "WordPiece"; }
  [[nodiscard]] int32_t unknown() const override { return unknown_; }

  void tokenize(std::string_view piece, ModelScratch&, std::vector<PieceToken>& out) const override {
    const auto size = static_cast<uint32_t>(piece.size());
    const size_t before = out.size();
    if (size <= longest_word_ || count_code_points(piece) <= longest_word_) {
      uint32_t at = 0;
      while (at < size && take_longest(piece, at, out)) at = out.back().end;
      if (at == size) return;
      out.resize(before);
    }
    out.push_back({unknown_, 0, size});
  }

 private:
  bool take_longest(std::string_view piece, uint32_t begin, std::vector<PieceToken>& out) const {
    uint32_t state = begin == 0 ? ByteTrie::kRoot : inside_;
    PieceToken longest{-1, begin, begin};
    for (auto at = begin; at < piece.size() && state != ByteTrie::kNone; ++at) {
      state = trie_.step(state, piece[at]);
      if (state != ByteTrie::kNone && trie_.value(state) >= 0) longest = {trie_.value(state), begin, at + 1};
    }
    if (longest.id < 0) return false;
    out.push_back(longest);
    return true;
  }

  size_t longest_word_;
  int32_t unknown_ = -1;
  ByteTrie trie_;
  uint32_t inside_ = ByteTrie::kNone;  ///< behind the prefix of tokens inside a word
};

}  // namespace

Result<std::unique_ptr<TokenModel>> make_wordpiece(Vocabulary vocabulary, WordPieceOptions options) {
  if (vocabulary.find(options.unknown_token) < 0)
    return invalid_tokenizer("model.unk_token", "\"" + options.unknown_token + "\" is not in the vocabulary");
  MW_TRY(check_lengths(vocabulary));
  return std::make_unique<WordPiece>(std::move(vocabulary), options);
}

}  // namespace millwright::text::detail

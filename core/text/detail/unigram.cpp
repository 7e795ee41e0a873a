// Unigram: the segmentation of the largest sum of scores (Viterbi over the trie of tokens), as the reference and
// SentencePiece compute it: in double, from the left, the first of equals.
#include <algorithm>
#include <cmath>
#include <limits>

#include "detail/token_model.h"
#include "detail/tokenizer_classes.h"

namespace millwright::text::detail {
namespace {

constexpr double kUnknownPenalty = 10.0;

class Unigram : public TokenModel {
 public:
  Unigram(Vocabulary vocabulary, std::vector<double> scores, int32_t unknown, bool byte_fallback)
      : TokenModel(std::move(vocabulary)), scores_(std::move(scores)), unknown_(unknown) {
    std::vector<std::pair<std::string_view, int32_t>> keys;
    for (int32_t id = 0; id < vocabulary_.size(); ++id)
      if (!vocabulary_.token(id).empty()) keys.emplace_back(vocabulary_.token(id), id);
    trie_ = ByteTrie(std::move(keys));
    unknown_score_ = *std::min_element(scores_.begin(), scores_.end()) - kUnknownPenalty;
    if (byte_fallback) bytes_ = byte_tokens(vocabulary_);
  }

  [[nodiscard]] std::string_view kind() const override { return "Unigram"; }
  [[nodiscard]] int32_t unknown() const override { return unknown_; }

  void tokenize(std::string_view piece, ModelScratch& scratch, std::vector<PieceToken>& out) const override {
    find_best(piece, scratch.best);
    const size_t before = out.size();
    auto end = static_cast<uint32_t>(piece.size());
    while (end > 0) {
      const ModelScratch::Node& node = scratch.best[end];
      uint32_t begin = node.begin;
      if (node.id == unknown_) {
        // Neighbouring unknown tokens are one.
        while (begin > 0 && scratch.best[begin].id == unknown_) begin = scratch.best[begin].begin;
        push_unknown(piece.substr(begin, end - begin), {unknown_, begin, end}, out);
      } else {
        out.push_back({node.id, begin, end});
      }
      end = begin;
    }
    std::reverse(out.begin() + static_cast<std::ptrdiff_t>(before), out.end());
  }

 private:
  void find_best(std::string_view piece, std::vector<ModelScratch::Node>& best) const {
    constexpr uint32_t kUnreached = 0xFFFFFFFF;
    best.assign(piece.size() + 1, {0, 0, kUnreached});
    const auto offer = [&best](size_t end, double score, int32_t id, uint32_t begin) {
      ModelScratch::Node& node = best[end];
      if (node.begin == kUnreached || score > node.score) node = {score, id, begin};
    };
    for (uint32_t begin = 0; begin < piece.size();) {
      const double here = best[begin].score;
      const size_t length = length_of_character(piece[begin]);
      bool single = false;
      trie_.prefixes(piece.substr(begin), [&](size_t size, int32_t id) {
        offer(begin + size, scores_[static_cast<size_t>(id)] + here, id, begin);
        single = single || size == length;
      });
      if (!single) offer(begin + length, unknown_score_ + here, unknown_, begin);
      begin += static_cast<uint32_t>(length);
    }
  }

  /// What came out as unknown is looked up once more as a whole, then spelled in bytes where the model has them all.
  void push_unknown(std::string_view text, PieceToken token, std::vector<PieceToken>& out) const {
    const auto id_of = [this](char c) { return bytes_[static_cast<unsigned char>(c)]; };
    const int32_t known = vocabulary_.find(text);
    const bool spelled =
        known < 0 && !bytes_.empty() && std::all_of(text.begin(), text.end(), [&](char c) { return id_of(c) >= 0; });
    if (known >= 0) token.id = known;
    if (!spelled) return out.push_back(token);
    for (auto c = text.rbegin(); c != text.rend(); ++c) out.push_back({id_of(*c), token.begin, token.end});
  }

  std::vector<double> scores_;
  int32_t unknown_;
  double unknown_score_ = 0;
  std::vector<int32_t> bytes_;
  ByteTrie trie_;
};

}  // namespace

Result<std::unique_ptr<TokenModel>> make_unigram(Vocabulary vocabulary, std::vector<double> scores, int32_t unknown,
                                                 bool byte_fallback) {
  if (scores.empty()) return invalid_tokenizer("model.vocab", "it is empty");
  for (size_t i = 0; i < scores.size(); ++i)
    if (!std::isfinite(scores[i]))
      return invalid_tokenizer("model.vocab[" + std::to_string(i) + "]", "its score is not a number");
  if (unknown < 0 || unknown >= vocabulary.size())
    return invalid_tokenizer("model.unk_id", "it must name a token of the vocabulary");
  MW_TRY(check_lengths(vocabulary));
  return std::make_unique<Unigram>(std::move(vocabulary), std::move(scores), unknown, byte_fallback);
}

}  // namespace millwright::text::detail

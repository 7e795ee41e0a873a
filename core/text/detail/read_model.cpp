// The model of a tokenizer.json.
#include <algorithm>

#include "detail/tokenizer_file.h"

namespace millwright::text::detail {

Result<Vocabulary> read_vocabulary(const JsonPlace& part) {
  if (!part.node.is(JsonTree::Kind::object)) return invalid_tokenizer(part.path, "it must be an object");
  const size_t count = part.node.size();
  std::vector<std::optional<std::string_view>> tokens(count);
  for (auto child = part.node.first(); child; child = child->next()) {
    const std::string where = "\"" + std::string(child->name().substr(0, 100)) + "\"";
    if (!child->is(JsonTree::Kind::integer) || child->integer() < 0)
      return invalid_tokenizer(part.path, "the id of " + where + " is not a whole number");
    if (static_cast<uint64_t>(child->integer()) >= count)
      return invalid_tokenizer(part.path,
                               "the id of " + where + " leaves a hole: there are " + std::to_string(count) + " tokens");
    auto& token = tokens[static_cast<size_t>(child->integer())];
    if (token) return invalid_tokenizer(part.path, where + " has the id of another token");
    token = child->name();
  }
  Vocabulary vocabulary;
  vocabulary.reserve(count);
  for (const auto& token : tokens) vocabulary.add(*token);
  return vocabulary;
}

namespace {

Result<std::string> optional_string(const JsonPlace& part, std::string_view name) {
  const auto place = part.find(name);
  return place ? place->string() : std::string();
}
Result<bool> optional_boolean(const JsonPlace& part, std::string_view name) {
  const auto place = part.find(name);
  return place ? place->boolean() : false;
}

Result<std::unique_ptr<TokenModel>> read_wordpiece(const JsonPlace& part) {
  MW_TRY(part.only({"unk_token", "continuing_subword_prefix", "max_input_chars_per_word", "vocab"}));
  WordPieceOptions options;
  MW_ASSIGN(const JsonPlace unknown, part.at("unk_token"));
  MW_ASSIGN(options.unknown_token, unknown.string());
  MW_ASSIGN(const JsonPlace prefix, part.at("continuing_subword_prefix"));
  MW_ASSIGN(options.prefix, prefix.string());
  MW_ASSIGN(const JsonPlace longest, part.at("max_input_chars_per_word"));
  MW_ASSIGN(const int32_t characters, longest.number());
  options.longest_word = static_cast<size_t>(characters);
  MW_ASSIGN(const JsonPlace place, part.at("vocab"));
  MW_ASSIGN(Vocabulary vocabulary, read_vocabulary(place));
  return make_wordpiece(std::move(vocabulary), std::move(options));
}

/// "a b" or ["a", "b"].
Result<std::pair<std::string_view, std::string_view>> read_merge(const JsonTree::Node& node, const JsonPlace& part,
                                                                 size_t rank) {
  const auto complain = [&] {
    return invalid_tokenizer(part.path + "[" + std::to_string(rank) + "]", "it is not two tokens");
  };
  if (node.is(JsonTree::Kind::string)) {
    const std::string_view text = node.text();
    const size_t blank = text.find(' ');
    if (blank == std::string_view::npos || text.find(' ', blank + 1) != std::string_view::npos) return complain();
    return std::pair(text.substr(0, blank), text.substr(blank + 1));
  }
  if (!node.is(JsonTree::Kind::list) || node.size() != 2) return complain();
  const auto first = *node.first(), second = *first.next();
  if (!first.is(JsonTree::Kind::string) || !second.is(JsonTree::Kind::string)) return complain();
  return std::pair(first.text(), second.text());
}

Result<std::unique_ptr<TokenModel>> read_bpe(const JsonPlace& part) {
  MW_TRY(part.only({"dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk",
                    "byte_fallback", "ignore_merges", "vocab", "merges"}));
  if (const auto dropout = part.find("dropout"); dropout) {
    const bool zero = dropout->node.is(JsonTree::Kind::integer) ? dropout->node.integer() == 0
                                                                : read_number(dropout->node.text()) == 0;
    if (!zero) return unsupported(dropout->path, "merges left out by chance");
  }
  BpeOptions options;
  MW_ASSIGN(options.unknown_token, optional_string(part, "unk_token"));
  MW_ASSIGN(options.prefix, optional_string(part, "continuing_subword_prefix"));
  MW_ASSIGN(options.suffix, optional_string(part, "end_of_word_suffix"));
  MW_ASSIGN(options.fuse_unknown, optional_boolean(part, "fuse_unk"));
  MW_ASSIGN(options.byte_fallback, optional_boolean(part, "byte_fallback"));
  MW_ASSIGN(options.ignore_merges, optional_boolean(part, "ignore_merges"));
  if (options.byte_fallback && !(options.prefix.empty() && options.suffix.empty()))
    return unsupported(part.path + ".byte_fallback", "bytes together with a prefix or suffix of subwords");
  MW_ASSIGN(const JsonPlace vocabulary_place, part.at("vocab"));
  MW_ASSIGN(Vocabulary vocabulary, read_vocabulary(vocabulary_place));
  MW_ASSIGN(const JsonPlace merges, part.at("merges"));
  if (!merges.node.is(JsonTree::Kind::list)) return invalid_tokenizer(merges.path, "it must be a list");
  options.merges.reserve(merges.node.size());
  size_t rank = 0;
  for (auto child = merges.node.first(); child; child = child->next(), ++rank) {
    // Old files keep the first line of a merges.txt.
    if (child->is(JsonTree::Kind::string) && child->text().starts_with("#version")) continue;
    MW_ASSIGN(const auto merge, read_merge(*child, merges, rank));
    options.merges.push_back(merge);
  }
  return make_bpe(std::move(vocabulary), options);
}

Result<std::unique_ptr<TokenModel>> read_unigram(const JsonPlace& part) {
  MW_TRY(part.only({"unk_id", "vocab", "byte_fallback"}));
  MW_ASSIGN(const JsonPlace place, part.at("vocab"));
  if (!place.node.is(JsonTree::Kind::list)) return invalid_tokenizer(place.path, "it must be a list");
  Vocabulary vocabulary;
  vocabulary.reserve(place.node.size());
  std::vector<double> scores;
  for (auto child = place.node.first(); child; child = child->next()) {
    const auto where = [&] { return place.path + "[" + std::to_string(scores.size()) + "]"; };
    const auto token = child->is(JsonTree::Kind::list) && child->size() == 2 ? child->first() : std::nullopt;
    const auto score = token ? token->next() : std::nullopt;
    if (!token || !token->is(JsonTree::Kind::string))
      return invalid_tokenizer(where(), "it is not a token and a score");
    if (!vocabulary.add(token->text())) return invalid_tokenizer(where(), "this token is there twice");
    if (score->is(JsonTree::Kind::integer))
      scores.push_back(static_cast<double>(score->integer()));
    else if (score->is(JsonTree::Kind::real))
      scores.push_back(read_number(score->text()));
    else
      return invalid_tokenizer(where(), "its score is not a number");
  }
  MW_ASSIGN(const JsonPlace unknown, part.at("unk_id"));
  MW_ASSIGN(const int32_t unknown_id, unknown.number());
  MW_ASSIGN(const bool byte_fallback, optional_boolean(part, "byte_fallback"));
  return make_unigram(std::move(vocabulary), std::move(scores), unknown_id, byte_fallback);
}

}  // namespace

Result<std::unique_ptr<TokenModel>> read_model(const JsonPlace& part) {
  MW_ASSIGN(const std::string type, part.type());
  if (type == "WordPiece") return read_wordpiece(part);
  if (type == "BPE") return read_bpe(part);
  if (type == "Unigram") return read_unigram(part);
  return unsupported(part.path, "a model of the type \"" + type.substr(0, 100) + "\"");
}

}  // namespace millwright::text::detail

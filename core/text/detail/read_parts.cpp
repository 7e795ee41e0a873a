// Normalizers, pre-tokenizers and post-processors of a tokenizer.json.
#include <algorithm>

#include "detail/tokenizer_classes.h"
#include "detail/tokenizer_file.h"

namespace millwright::text::detail {
namespace {

Result<bool> boolean_at(const JsonPlace& part, std::string_view name) {
  MW_ASSIGN(const JsonPlace place, part.at(name));
  return place.boolean();
}

Result<std::string> string_at(const JsonPlace& part, std::string_view name) {
  MW_ASSIGN(const JsonPlace place, part.at(name));
  return place.string();
}

Result<std::unique_ptr<TextPattern>> read_pattern(const JsonPlace& part) {
  MW_ASSIGN(const JsonPlace pattern, part.at("pattern"));
  MW_TRY(pattern.only({"String", "Regex"}));
  if (const auto regex = pattern.find("Regex")) {
    MW_ASSIGN(const std::string text, regex->string());
    return make_regex_pattern(text, regex->path);
  }
  MW_ASSIGN(std::string text, string_at(pattern, "String"));
  if (text.empty()) return unsupported(pattern.path, "a pattern that is empty");
  return make_string_pattern(std::move(text));
}

Result<SplitBehavior> read_behavior(const JsonPlace& place) {
  MW_ASSIGN(const std::string name, place.string());
  if (name == "Removed") return SplitBehavior::removed;
  if (name == "Isolated") return SplitBehavior::isolated;
  if (name == "MergedWithPrevious") return SplitBehavior::merged_with_previous;
  if (name == "MergedWithNext") return SplitBehavior::merged_with_next;
  if (name == "Contiguous") return SplitBehavior::contiguous;
  return unsupported(place.path, "\"" + name.substr(0, 100) + "\"");
}

Result<std::unique_ptr<Normalizer>> read_bert_normalizer(const JsonPlace& part) {
  MW_TRY(part.only({"clean_text", "handle_chinese_chars", "strip_accents", "lowercase"}));
  BertOptions options;
  MW_ASSIGN(options.clean_text, boolean_at(part, "clean_text"));
  MW_ASSIGN(options.handle_chinese_chars, boolean_at(part, "handle_chinese_chars"));
  MW_ASSIGN(options.lowercase, boolean_at(part, "lowercase"));
  options.strip_accents = options.lowercase;
  if (const auto strip = part.find("strip_accents")) {
    MW_ASSIGN(options.strip_accents, strip->boolean());
  }
  return make_bert_normalizer(options);
}

Result<std::unique_ptr<PreTokenizer>> read_metaspace(const JsonPlace& part) {
  MW_TRY(part.only({"replacement", "add_prefix_space", "prepend_scheme", "split", "str_rep"}));
  MW_ASSIGN(std::string replacement, string_at(part, "replacement"));
  if (replacement.empty() || length_of_character(replacement.front()) != replacement.size())
    return invalid_tokenizer(part.path + ".replacement", "it must be one character");
  auto scheme = PrependScheme::always;
  if (const auto place = part.find("prepend_scheme")) {
    MW_ASSIGN(const std::string name, place->string());
    if (name != "first" && name != "never" && name != "always")
      return unsupported(place->path, "\"" + name.substr(0, 100) + "\"");
    scheme = name == "first" ? PrependScheme::first : name == "never" ? PrependScheme::never : PrependScheme::always;
  }
  if (const auto place = part.find("add_prefix_space")) {
    MW_ASSIGN(const bool add, place->boolean());
    if (!add && part.find("prepend_scheme") && scheme != PrependScheme::never)
      return invalid_tokenizer(place->path, "it contradicts prepend_scheme");
    if (!add) scheme = PrependScheme::never;
  }
  bool split = true;
  if (const auto place = part.find("split")) {
    MW_ASSIGN(split, place->boolean());
  }
  return make_metaspace(std::move(replacement), scheme, split);
}

Result<std::unique_ptr<PreTokenizer>> read_byte_level(const JsonPlace& part, bool bytes) {
  MW_TRY(part.only({"add_prefix_space", "trim_offsets", "use_regex"}));
  ByteLevelOptions options;
  options.spell = !bytes;
  MW_ASSIGN(options.add_prefix_space, boolean_at(part, "add_prefix_space"));
  MW_ASSIGN([[maybe_unused]] const bool trim, boolean_at(part, "trim_offsets"));
  if (const auto place = part.find("use_regex")) {
    MW_ASSIGN(options.use_regex, place->boolean());
  }
  return make_byte_level(options);
}

Result<std::vector<TemplatePiece>> read_template(const JsonPlace& part, const JsonPlace& tokens, bool pair,
                                                 int32_t vocabulary_size) {
  MW_ASSIGN(const std::vector<JsonPlace> items, part.list());
  if (items.size() > 100) return unsupported(part.path, "a template of more than 100 pieces");
  std::vector<TemplatePiece> pieces;
  for (const JsonPlace& item : items) {
    MW_TRY(item.only({"Sequence", "SpecialToken"}));
    const auto sequence = item.find("Sequence");
    const auto special = item.find("SpecialToken");
    if (sequence.has_value() == special.has_value())
      return invalid_tokenizer(item.path, "it must be either a Sequence or a SpecialToken");
    const JsonPlace& place = sequence ? *sequence : *special;
    TemplatePiece piece;
    MW_ASSIGN(const std::string id, string_at(place, "id"));
    MW_ASSIGN(const JsonPlace type, place.at("type_id"));
    MW_ASSIGN(piece.type_id, type.number());
    if (sequence) {
      if (id != "A" && !(id == "B" && pair)) return invalid_tokenizer(place.path, "there is no such sequence here");
      piece.sequence = id == "B" ? 1 : 0;
    } else {
      MW_ASSIGN(const JsonPlace token, tokens.at(id));
      MW_ASSIGN(const JsonPlace list, token.at("ids"));
      MW_ASSIGN(const std::vector<JsonPlace> ids, list.list());
      for (const JsonPlace& number : ids) {
        MW_ASSIGN(const int32_t value, number.number());
        if (value >= vocabulary_size) return invalid_tokenizer(number.path, "there is no such id");
        piece.ids.push_back(value);
      }
    }
    pieces.push_back(std::move(piece));
  }
  return pieces;
}

Status read_template_processing(const JsonPlace& part, int32_t vocabulary_size, PostProcessor& out) {
  MW_TRY(part.only({"single", "pair", "special_tokens"}));
  MW_ASSIGN(const JsonPlace tokens, part.at("special_tokens"));
  MW_ASSIGN(const JsonPlace single, part.at("single"));
  MW_ASSIGN(const JsonPlace pair, part.at("pair"));
  MW_ASSIGN(out.single, read_template(single, tokens, false, vocabulary_size));
  MW_ASSIGN(out.pair, read_template(pair, tokens, true, vocabulary_size));
  return {};
}

/// ["[SEP]", 102]
Result<int32_t> read_token_and_id(const JsonPlace& part, std::string_view name, int32_t vocabulary_size) {
  MW_ASSIGN(const JsonPlace place, part.at(name));
  MW_ASSIGN(const std::vector<JsonPlace> items, place.list());
  if (items.size() != 2 || !items[0].node.is(JsonTree::Kind::string))
    return invalid_tokenizer(place.path, "it must be a token and its id");
  MW_ASSIGN(const int32_t id, items[1].number());
  if (id >= vocabulary_size) return invalid_tokenizer(place.path, "there is no such id");
  return id;
}

Status read_bert_processing(const JsonPlace& part, bool roberta, int32_t vocabulary_size, PostProcessor& out) {
  MW_ASSIGN(const int32_t sep, read_token_and_id(part, "sep", vocabulary_size));
  MW_ASSIGN(const int32_t cls, read_token_and_id(part, "cls", vocabulary_size));
  const TemplatePiece first{0, {}, 0}, begin{-1, {cls}, 0}, end{-1, {sep}, 0};
  out.single = {begin, first, end};
  if (roberta)
    out.pair = {begin, first, end, end, {1, {}, 0}, end};
  else
    out.pair = {begin, first, end, {1, {}, 1}, {-1, {sep}, 1}};
  if (!roberta) return part.only({"sep", "cls"});
  MW_ASSIGN(out.trim_offsets, boolean_at(part, "trim_offsets"));
  MW_ASSIGN(out.add_prefix_space, boolean_at(part, "add_prefix_space"));
  return part.only({"sep", "cls", "trim_offsets", "add_prefix_space"});
}

}  // namespace

Result<std::unique_ptr<Normalizer>> read_normalizer(const JsonPlace& part) {
  MW_ASSIGN(const std::string type, part.type());
  if (type == "BertNormalizer") return read_bert_normalizer(part);
  if (type == "Precompiled") {
    MW_TRY(part.only({"precompiled_charsmap"}));
    MW_ASSIGN(const std::string map, string_at(part, "precompiled_charsmap"));
    return make_precompiled(map, part.path + ".precompiled_charsmap");
  }
  if (type == "Replace") {
    MW_TRY(part.only({"pattern", "content"}));
    MW_ASSIGN(auto pattern, read_pattern(part));
    MW_ASSIGN(std::string content, string_at(part, "content"));
    return make_replace(std::move(pattern), std::move(content));
  }
  if (type == "Prepend") {
    MW_TRY(part.only({"prepend"}));
    MW_ASSIGN(std::string prefix, string_at(part, "prepend"));
    return make_prepend(std::move(prefix));
  }
  if (type == "Strip") {
    MW_TRY(part.only({"strip_left", "strip_right"}));
    MW_ASSIGN(const bool left, boolean_at(part, "strip_left"));
    MW_ASSIGN(const bool right, boolean_at(part, "strip_right"));
    return make_strip(left, right);
  }
  MW_TRY(part.only({}));
  if (type == "Lowercase") return make_lowercase();
  if (type == "StripAccents") return make_strip_accents();
  if (type == "Nmt") return make_nmt();
  if (type == "ByteLevel") return make_byte_level_normalizer();
  if (type == "NFC" || type == "NFD" || type == "NFKC" || type == "NFKD")
    return make_unicode_form(type.find('K') != std::string::npos, type.back() == 'C');
  return unsupported(part.path, "a normalizer of the type \"" + type.substr(0, 100) + "\"");
}

Result<std::unique_ptr<PreTokenizer>> read_pre_tokenizer(const JsonPlace& part, bool bytes) {
  MW_ASSIGN(const std::string type, part.type());
  if (type == "Metaspace") return read_metaspace(part);
  if (type == "ByteLevel") return read_byte_level(part, bytes);
  if (type == "Split") {
    MW_TRY(part.only({"pattern", "behavior", "invert"}));
    MW_ASSIGN(auto pattern, read_pattern(part));
    MW_ASSIGN(const JsonPlace place, part.at("behavior"));
    MW_ASSIGN(const SplitBehavior behavior, read_behavior(place));
    MW_ASSIGN(const bool invert, boolean_at(part, "invert"));
    return make_split(std::move(pattern), behavior, invert);
  }
  if (type == "Punctuation") {
    MW_TRY(part.only({"behavior"}));
    auto behavior = SplitBehavior::isolated;
    if (const auto place = part.find("behavior")) {
      MW_ASSIGN(behavior, read_behavior(*place));
    }
    return make_punctuation(behavior);
  }
  if (type == "Digits") {
    MW_TRY(part.only({"individual_digits"}));
    MW_ASSIGN(const bool individual, boolean_at(part, "individual_digits"));
    return make_digits(individual);
  }
  if (type == "CharDelimiterSplit") {
    MW_TRY(part.only({"delimiter"}));
    MW_ASSIGN(std::string delimiter, string_at(part, "delimiter"));
    if (delimiter.empty() || length_of_character(delimiter.front()) != delimiter.size())
      return invalid_tokenizer(part.path + ".delimiter", "it must be one character");
    return make_delimiter(std::move(delimiter));
  }
  MW_TRY(part.only({}));
  if (type == "BertPreTokenizer") return make_bert_pre_tokenizer();
  if (type == "Whitespace") return make_whitespace();
  if (type == "WhitespaceSplit") return make_whitespace_split();
  return unsupported(part.path, "a pre-tokenizer of the type \"" + type.substr(0, 100) + "\"");
}

Result<PostProcessor> read_post_processor(const JsonPlace& part, int32_t vocabulary_size) {
  MW_ASSIGN(const std::vector<JsonPlace> items, in_sequence(part, "processors"));
  PostProcessor out;
  for (size_t i = 0; i < items.size(); ++i) {
    const JsonPlace& item = items[i];
    MW_ASSIGN(const std::string type, item.type());
    if (type == "ByteLevel") {
      if (i > 0) return unsupported(item.path, "a post-processor that is not the first of its sequence");
      MW_TRY(item.only({"add_prefix_space", "trim_offsets", "use_regex"}));
      MW_ASSIGN(out.trim_offsets, boolean_at(item, "trim_offsets"));
      MW_ASSIGN(out.add_prefix_space, boolean_at(item, "add_prefix_space"));
      continue;
    }
    if (i + 1 != items.size()) return unsupported(item.path, "a post-processor that is not the last of its sequence");
    if (type == "TemplateProcessing") {
      MW_TRY(read_template_processing(item, vocabulary_size, out));
    } else if (type == "BertProcessing") {
      MW_TRY(read_bert_processing(item, false, vocabulary_size, out));
    } else if (type == "RobertaProcessing" && i == 0) {
      MW_TRY(read_bert_processing(item, true, vocabulary_size, out));
    } else {
      return unsupported(item.path, "a post-processor of the type \"" + type.substr(0, 100) + "\"");
    }
  }
  return out;
}

}  // namespace millwright::text::detail

#include "detail/tokenizer_file.h"

#include <algorithm>
#include <map>
#include <set>

#include "text/unicode.h"

namespace millwright::text::detail {
namespace {

constexpr size_t kMostAdded = 100'000;

bool is_there(const fs::path& path) {
  std::error_code unreadable;
  return fs::exists(path, unreadable);
}

Result<std::vector<AddedToken>> read_added(const JsonPlace& part, const Vocabulary& vocabulary) {
  MW_ASSIGN(const std::vector<JsonPlace> items, part.list());
  if (items.size() > kMostAdded) return unsupported(part.path, "more than 100000 added tokens");
  std::vector<AddedToken> tokens;
  std::map<std::string, size_t, std::less<>> places;
  int32_t next = vocabulary.size();
  for (const JsonPlace& item : items) {
    MW_TRY(item.only({"id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"}));
    AddedToken token;
    MW_ASSIGN(const JsonPlace id, item.at("id"));
    MW_ASSIGN(token.id, id.number());
    MW_ASSIGN(const JsonPlace content, item.at("content"));
    MW_ASSIGN(token.content, content.string());
    for (const auto& [name, flag] : {std::pair("single_word", &token.single_word), std::pair("lstrip", &token.lstrip),
                                     std::pair("rstrip", &token.rstrip), std::pair("normalized", &token.normalized),
                                     std::pair("special", &token.special)}) {
      MW_ASSIGN(const JsonPlace place, item.at(name));
      MW_ASSIGN(*flag, place.boolean());
    }
    if (token.content.empty()) continue;  // as the reference does
    if (token.content.size() > 4096) return unsupported(content.path, "a token of more than 4096 bytes");
    // The reference takes the id of the model's own token of that name, else the next free one.
    const auto known = places.find(token.content);
    const int32_t of_model = vocabulary.find(token.content);
    const int32_t expected = known != places.end() ? tokens[known->second].id : of_model >= 0 ? of_model : next;
    if (token.id != expected)
      return invalid_tokenizer(
          id.path, "it is " + std::to_string(token.id) + " where " + std::to_string(expected) + " would follow");
    if (expected == next) ++next;
    if (known != places.end()) {
      tokens[known->second] = std::move(token);
    } else {
      places.emplace(token.content, tokens.size());
      tokens.push_back(std::move(token));
    }
  }
  return tokens;
}

int32_t size_with_added(const TokenizerParts& parts) {
  int32_t size = parts.model->vocabulary().size();
  for (const AddedToken& token : parts.added.tokens()) size = std::max(size, token.id + 1);
  return size;
}

Status read_pre_tokenizers(const JsonPlace& root, TokenizerParts& parts) {
  const auto place = root.find("pre_tokenizer");
  if (!place) return {};
  MW_ASSIGN(const std::vector<JsonPlace> items, in_sequence(*place, "pretokenizers"));
  for (size_t i = 0; i < items.size(); ++i) {
    MW_ASSIGN(const std::string type, items[i].type());
    // The last step may leave bytes as they are where the model can read them so.
    const bool bytes = type == "ByteLevel" && i + 1 == items.size() && parts.model->take_bytes();
    MW_ASSIGN(auto step, read_pre_tokenizer(items[i], bytes));
    parts.pre_tokenizers.push_back(std::move(step));
  }
  return {};
}

int32_t find_token(const TokenizerParts& parts, std::string_view token) {
  for (const AddedToken& added : parts.added.tokens())
    if (added.content == token) return added.id;
  return parts.model->vocabulary().find(token);
}

/// Where no file says which token has which role, their usual names do.
void name_special(TokenizerParts& parts, const std::map<std::string, std::string, std::less<>>& names) {
  const auto id_of = [&](std::initializer_list<std::string_view> roles, std::initializer_list<std::string_view> usual) {
    for (const std::string_view role : roles)
      if (const auto name = names.find(role); name != names.end())
        if (const int32_t id = find_token(parts, name->second); id >= 0) return id;
    for (const std::string_view name : usual)
      if (const int32_t id = find_token(parts, name); id >= 0) return id;
    return -1;
  };
  parts.special.pad = id_of({"pad_token"}, {"[PAD]", "<pad>"});
  parts.special.unknown = id_of({"unk_token"}, {"[UNK]", "<unk>"});
  if (parts.special.unknown < 0) parts.special.unknown = parts.model->unknown();
  parts.special.cls = id_of({"cls_token", "bos_token"}, {"[CLS]", "<s>"});
  parts.special.sep = id_of({"sep_token", "eos_token"}, {"[SEP]", "</s>"});
  parts.special.mask = id_of({"mask_token"}, {"[MASK]", "<mask>"});
}

/// What tokenizer_config.json and special_tokens_map.json say, as far as it matters here.
struct Settings {
  std::map<std::string, std::string, std::less<>> names;   ///< "cls_token" -> "[CLS]"
  std::map<std::string, AddedToken, std::less<>> written;  ///< as tokens with their own properties
  std::map<std::string, bool, std::less<>> flags;
};

void read_flag(const JsonPlace& object, std::string_view name, bool& flag) {
  if (const auto place = object.find(name); place && place->node.is(JsonTree::Kind::boolean))
    flag = place->node.truth();
}

AddedToken token_of(const JsonPlace& place) {
  AddedToken token;
  if (const auto content = place.find("content")) token.content = content->node.text();
  token.normalized = false;
  read_flag(place, "single_word", token.single_word);
  read_flag(place, "lstrip", token.lstrip);
  read_flag(place, "rstrip", token.rstrip);
  read_flag(place, "normalized", token.normalized);
  token.special = true;
  read_flag(place, "special", token.special);
  return token;
}

Status read_settings(const fs::path& path, Settings& settings) {
  if (!is_there(path)) return {};
  MW_ASSIGN(const std::string text, read_file(path, JsonTree::kLargest));
  MW_ASSIGN(const JsonTree tree, JsonTree::parse(text, path.filename().string()));
  const JsonPlace root{tree.root(), ""};
  if (!root.node.is(JsonTree::Kind::object)) return {};
  if (const auto added = root.find("added_tokens_decoder"))
    for (auto child = added->node.first(); child; child = child->next()) {
      AddedToken token = token_of({*child, ""});
      if (!token.content.empty()) settings.written[token.content] = token;
    }
  for (auto child = root.node.first(); child; child = child->next()) {
    const std::string name(child->name());
    if (child->is(JsonTree::Kind::boolean)) settings.flags[name] = child->truth();
    if (!name.ends_with("_token")) continue;
    if (child->is(JsonTree::Kind::string)) settings.names[name] = child->text();
    if (child->is(JsonTree::Kind::object)) {
      const AddedToken token = token_of({*child, ""});
      settings.names[name] = token.content;
      settings.written.try_emplace(token.content, token);
    }
  }
  return {};
}

/// The special tokens of an older model folder that its vocabulary has, as transformers adds them.
Result<std::vector<AddedToken>> special_tokens(const Settings& settings, const Vocabulary& vocabulary, bool roberta) {
  std::vector<AddedToken> tokens;
  std::set<std::string> known;
  const auto add = [&](AddedToken token) {
    token.id = vocabulary.find(token.content);
    if (token.id >= 0 && known.insert(token.content).second) tokens.push_back(std::move(token));
  };
  for (const auto& [name, content] : settings.names) {
    const auto written = settings.written.find(content);
    AddedToken plain{0, content, false, roberta && name == "mask_token", false, false, true};
    add(written != settings.written.end() ? written->second : plain);
  }
  for (const auto& [content, token] : settings.written) {
    if (vocabulary.find(content) < 0)
      return unsupported("tokenizer_config.json",
                         "the added token \"" + content.substr(0, 100) +
                             "\", which is not in the vocabulary; tokenizer.json could say it");
    add(token);
  }
  return tokens;
}

void use_default_names(Settings& settings, std::initializer_list<std::pair<std::string_view, std::string_view>> names) {
  for (const auto& [role, token] : names) settings.names.try_emplace(std::string(role), token);
}

bool flag(const Settings& settings, std::string_view name, bool otherwise) {
  const auto found = settings.flags.find(name);
  return found == settings.flags.end() ? otherwise : found->second;
}

Status finish(TokenizerParts& parts, const Settings& settings, bool roberta) {
  MW_ASSIGN(std::vector<AddedToken> tokens, special_tokens(settings, parts.model->vocabulary(), roberta));
  MW_ASSIGN(parts.added, AddedTokens::make(std::move(tokens), parts.normalizers));
  name_special(parts, settings.names);
  const int32_t cls = parts.special.cls, sep = parts.special.sep;
  if (cls < 0 || sep < 0)
    return invalid_tokenizer(parts.source, "the tokens that begin and end a text are not in the vocabulary");
  const TemplatePiece first{0, {}, 0}, begin{-1, {cls}, 0}, end{-1, {sep}, 0};
  parts.post_processor.single = {begin, first, end};
  if (roberta)
    parts.post_processor.pair = {begin, first, end, end, {1, {}, 0}, end};
  else
    parts.post_processor.pair = {begin, first, end, {1, {}, 1}, {-1, {sep}, 1}};
  return {};
}

Result<TokenizerParts> read_vocab_txt(const fs::path& path, Settings settings) {
  MW_ASSIGN(const std::string text, read_file(path, JsonTree::kLargest));
  if (!is_valid_utf8(text)) return invalid_tokenizer("vocab.txt", "it is not UTF-8");
  Vocabulary vocabulary;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = std::string_view(text).substr(at, end - at);
    while (!line.empty()) {  // blanks at the end are none of the token
      size_t last = line.size() - 1;
      while (last > 0 && (static_cast<unsigned char>(line[last]) & 0xC0) == 0x80) --last;
      size_t next = last;
      if (!is_white_space(next_code_point(line, next))) break;
      line = line.substr(0, last);
    }
    if (!vocabulary.add(line))
      return invalid_tokenizer("vocab.txt", "line " + std::to_string(vocabulary.size() + 1) + " is there twice");
    at = end + 1;
  }
  use_default_names(settings, {{"unk_token", "[UNK]"},
                               {"sep_token", "[SEP]"},
                               {"pad_token", "[PAD]"},
                               {"cls_token", "[CLS]"},
                               {"mask_token", "[MASK]"}});
  TokenizerParts parts;
  parts.source = "vocab.txt";
  BertOptions options;
  options.lowercase = flag(settings, "do_lower_case", true);
  options.strip_accents = flag(settings, "strip_accents", options.lowercase);
  options.handle_chinese_chars = flag(settings, "tokenize_chinese_chars", true);
  parts.normalizers.push_back(make_bert_normalizer(options));
  parts.pre_tokenizers.push_back(make_bert_pre_tokenizer());
  MW_ASSIGN(parts.model, make_wordpiece(std::move(vocabulary), {settings.names.at("unk_token"), "##", 100}));
  MW_TRY(finish(parts, settings, false));
  return parts;
}

/// merges.txt as a list in JSON would be too much to copy: the file is read line by line.
Result<TokenizerParts> read_vocab_json(const fs::path& folder, Settings settings) {
  MW_ASSIGN(const std::string vocabulary_text, read_file(folder / "vocab.json", JsonTree::kLargest));
  MW_ASSIGN(const std::string merges_text, read_file(folder / "merges.txt", JsonTree::kLargest));
  MW_ASSIGN(const JsonTree tree, JsonTree::parse(vocabulary_text, "vocab.json"));
  if (!is_valid_utf8(merges_text)) return invalid_tokenizer("merges.txt", "it is not UTF-8");
  MW_ASSIGN(Vocabulary vocabulary, read_vocabulary({tree.root(), "vocab.json"}));
  BpeOptions options;
  for (size_t at = 0; at < merges_text.size();) {
    const size_t end = std::min(merges_text.find('\n', at), merges_text.size());
    std::string_view line = std::string_view(merges_text).substr(at, end - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    at = end + 1;
    if (line.starts_with("#version") || (line.empty() && at >= merges_text.size())) continue;
    const size_t blank = line.find(' ');
    if (blank == std::string_view::npos || line.find(' ', blank + 1) != std::string_view::npos)
      return invalid_tokenizer("merges.txt",
                               "merge " + std::to_string(options.merges.size() + 1) + " is not two tokens");
    options.merges.emplace_back(line.substr(0, blank), line.substr(blank + 1));
  }
  use_default_names(settings, {{"bos_token", "<s>"},
                               {"eos_token", "</s>"},
                               {"sep_token", "</s>"},
                               {"cls_token", "<s>"},
                               {"unk_token", "<unk>"},
                               {"pad_token", "<pad>"},
                               {"mask_token", "<mask>"}});
  TokenizerParts parts;
  parts.source = "vocab.json";
  MW_ASSIGN(parts.model, make_bpe(std::move(vocabulary), options));
  ByteLevelOptions byte_level;
  byte_level.add_prefix_space = flag(settings, "add_prefix_space", false);
  byte_level.spell = !parts.model->take_bytes();
  parts.pre_tokenizers.push_back(make_byte_level(byte_level));
  parts.post_processor.trim_offsets = flag(settings, "trim_offsets", true);
  parts.post_processor.add_prefix_space = byte_level.add_prefix_space;
  MW_TRY(finish(parts, settings, true));
  return parts;
}

Result<TokenizerParts> read_parts(std::string_view text, const Settings& settings) {
  MW_ASSIGN(const JsonTree tree, JsonTree::parse(text, "tokenizer.json"));
  const JsonPlace root{tree.root(), ""};
  if (!root.node.is(JsonTree::Kind::object)) return invalid_tokenizer("tokenizer.json", "it is not an object");
  // What is cut and filled up is the caller's choice; how tokens become text again is not asked here.
  MW_TRY(root.only({"version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor",
                    "decoder", "model"}));
  if (const auto version = root.find("version"); version && version->node.text() != "1.0")
    return unsupported("version", "\"" + std::string(version->node.text().substr(0, 100)) + "\"");
  TokenizerParts parts;
  parts.source = "tokenizer.json";
  MW_ASSIGN(const JsonPlace model, root.at("model"));
  MW_ASSIGN(parts.model, read_model(model));
  if (const auto normalizer = root.find("normalizer")) {
    MW_ASSIGN(const std::vector<JsonPlace> items, in_sequence(*normalizer, "normalizers"));
    for (const JsonPlace& item : items) {
      MW_ASSIGN(auto step, read_normalizer(item));
      parts.normalizers.push_back(std::move(step));
    }
  }
  if (const auto added = root.find("added_tokens")) {
    MW_ASSIGN(std::vector<AddedToken> tokens, read_added(*added, parts.model->vocabulary()));
    MW_ASSIGN(parts.added, AddedTokens::make(std::move(tokens), parts.normalizers));
  }
  MW_TRY(read_pre_tokenizers(root, parts));
  if (const auto post = root.find("post_processor")) {
    MW_ASSIGN(parts.post_processor, read_post_processor(*post, size_with_added(parts)));
  }
  name_special(parts, settings.names);
  return parts;
}

}  // namespace

Result<TokenizerParts> read_tokenizer_json(std::string_view text) { return read_parts(text, {}); }

Result<TokenizerParts> read_model_folder(const fs::path& folder) {
  Settings settings;
  MW_TRY(read_settings(folder / "special_tokens_map.json", settings));
  MW_TRY(read_settings(folder / "tokenizer_config.json", settings));
  if (is_there(folder / "tokenizer.json")) {
    MW_ASSIGN(const MappedFile file, MappedFile::open(folder / "tokenizer.json"));
    return read_parts(file.text(), settings);
  }
  if (is_there(folder / "vocab.json") && is_there(folder / "merges.txt")) return read_vocab_json(folder, settings);
  if (is_there(folder / "vocab.txt")) return read_vocab_txt(folder / "vocab.txt", settings);
  return fail(ErrorKind::bad_input, "tokenizer.missing", "There is no tokenizer in {folder}.",
              {{"folder", folder.string()}},
              "Put the model's tokenizer.json there, or its vocab.txt, or its vocab.json and merges.txt.");
}

}  // namespace millwright::text::detail

// Reading a tokenizer from what lies in a model folder.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "detail/json_tree.h"
#include "detail/token_model.h"
#include "detail/token_parts.h"
#include "text/tokenizer.h"

namespace millwright::text::detail {

/// What is put round the tokens of one text or of two.
struct TemplatePiece {
  int sequence = -1;         ///< 0: the first text's tokens, 1: the second's, -1: `ids`
  std::vector<int32_t> ids;  ///< special tokens
  int32_t type_id = 0;
};

struct PostProcessor {
  std::vector<TemplatePiece> single{{0, {}, 0}};
  std::vector<TemplatePiece> pair{{0, {}, 0}, {1, {}, 1}};
  bool trim_offsets = false;  ///< blanks at a token's ends are none of it
  bool add_prefix_space = false;
};

struct TokenizerParts {
  std::string source;
  Normalizers normalizers;
  PreTokenizers pre_tokenizers;
  std::unique_ptr<TokenModel> model;
  AddedTokens added;
  PostProcessor post_processor;
  SpecialIds special;
};

[[nodiscard]] Result<TokenizerParts> read_tokenizer_json(std::string_view text);
[[nodiscard]] Result<TokenizerParts> read_model_folder(const fs::path& folder);

/// A value and where it stands, for messages: "normalizer.normalizers[1]".
struct JsonPlace {
  JsonTree::Node node;
  std::string path;

  [[nodiscard]] std::optional<JsonPlace> find(std::string_view name) const;
  /// A member that must be there.
  [[nodiscard]] Result<JsonPlace> at(std::string_view name) const;
  [[nodiscard]] Result<std::string> string() const;
  [[nodiscard]] Result<bool> boolean() const;
  /// 0 … 2³¹ − 1.
  [[nodiscard]] Result<int32_t> number() const;
  /// The elements of a list; members of an object.
  [[nodiscard]] Result<std::vector<JsonPlace>> list() const;
  /// The member "type" of an object whose other members must all be among `names`.
  [[nodiscard]] Result<std::string> type() const;
  [[nodiscard]] Status only(std::initializer_list<std::string_view> names) const;
};

[[nodiscard]] tl::unexpected<Error> unsupported(std::string where, std::string what);
/// A list of parts of one kind: the part itself, or those of a "Sequence", also nested ones, in order.
[[nodiscard]] Result<std::vector<JsonPlace>> in_sequence(const JsonPlace& part, std::string_view members);

[[nodiscard]] Result<std::unique_ptr<Normalizer>> read_normalizer(const JsonPlace& part);
[[nodiscard]] Result<std::unique_ptr<PreTokenizer>> read_pre_tokenizer(const JsonPlace& part, bool bytes);
[[nodiscard]] Result<std::unique_ptr<TokenModel>> read_model(const JsonPlace& part);
/// {"token": id, …}: ids must be 0 … n − 1, each once.
[[nodiscard]] Result<Vocabulary> read_vocabulary(const JsonPlace& part);
[[nodiscard]] Result<PostProcessor> read_post_processor(const JsonPlace& part, int32_t vocabulary_size);

}  // namespace millwright::text::detail

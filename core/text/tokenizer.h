// Tokenizers of encoder models, equal to the reference (Hugging Face tokenizers) id for id and offset for offset:
// WordPiece (BERT, DistilBERT, MiniLM), byte-level BPE (RoBERTa) and unigram (XLM-R), from the files that lie in a
// model folder. A part of a file that is not known is named in the error and never guessed at.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/result.h"

namespace millwright::text {

/// The code points [begin, end) of the text that a token stands for; [0, 0) for tokens that stand for none.
struct TokenOffsets {
  uint32_t begin = 0;
  uint32_t end = 0;
  bool operator==(const TokenOffsets&) const = default;
};

/// The tokens of one text or pair of texts: four lists of the same length.
struct Encoding {
  std::vector<int32_t> ids;
  std::vector<TokenOffsets> offsets;  ///< of a pair's second text: within that text
  std::vector<int32_t> type_ids;      ///< 0 or 1: first or second text, as the model wants it
  std::vector<uint8_t> special;       ///< 1 for tokens that were put round the texts

  void clear();
  [[nodiscard]] size_t size() const { return ids.size(); }
};

struct EncodeOptions {
  bool special_tokens = true;  ///< [CLS] … [SEP] and the like
  /// Most tokens, with the special ones: the longer text is cut at its end first (longest_first). 0 never cuts. Where
  /// not even the special tokens fit, nothing else is left.
  size_t max_length = 0;
};

/// Ids by role; -1 where the tokenizer has none. cls is also bos, sep also eos.
struct SpecialIds {
  int32_t pad = -1;
  int32_t unknown = -1;
  int32_t cls = -1;
  int32_t sep = -1;
  int32_t mask = -1;
};

/// Working memory of one thread; keep it from one text to the next, also between tokenizers.
class TokenizerScratch {
 public:
  TokenizerScratch();
  TokenizerScratch(TokenizerScratch&&) noexcept;
  TokenizerScratch& operator=(TokenizerScratch&&) noexcept;
  ~TokenizerScratch();

 private:
  friend class Tokenizer;
  struct State;
  std::unique_ptr<State> state_;
};

class Tokenizer {
 public:
  static constexpr size_t kLongestText = size_t{1} << 24;  ///< bytes

  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();

  /// From a model folder: tokenizer.json; or vocab.json and merges.txt (byte-level BPE as RoBERTa has it); or vocab.txt
  /// (WordPiece as BERT has it). tokenizer_config.json and special_tokens_map.json name the special tokens and, for the
  /// older files, the settings. Errors: bad_input "tokenizer.missing", "tokenizer.invalid" (where and why),
  /// "tokenizer.unsupported" (the place in the file and what stands there), "json.invalid".
  [[nodiscard]] static Result<Tokenizer> load(const fs::path& model_folder);
  /// From the text of a tokenizer.json alone.
  [[nodiscard]] static Result<Tokenizer> parse(std::string_view tokenizer_json);

  /// Never cuts unless options say so; invalid UTF-8 counts as U+FFFD. Nothing is allocated once `out` and `scratch`
  /// have grown. Thread-safe with a scratch for each thread. Error: bad_input "tokenizer.text_too_long" (also where the
  /// tokenizer makes it so).
  [[nodiscard]] Status encode(std::string_view text, TokenizerScratch& scratch, Encoding& out,
                              const EncodeOptions& options = {}) const;
  [[nodiscard]] Status encode_pair(std::string_view first, std::string_view second, TokenizerScratch& scratch,
                                   Encoding& out, const EncodeOptions& options = {}) const;

  [[nodiscard]] std::string_view kind() const;    ///< "WordPiece", "BPE" or "Unigram"
  [[nodiscard]] std::string_view source() const;  ///< the file it was read from
  [[nodiscard]] int32_t vocabulary_size() const;  ///< with added tokens; ids are below it
  [[nodiscard]] const SpecialIds& special_ids() const;
  [[nodiscard]] std::string_view token(int32_t id) const;    ///< empty when there is no such id
  [[nodiscard]] int32_t find(std::string_view token) const;  ///< its id, or -1

 private:
  struct State;
  explicit Tokenizer(std::unique_ptr<State> state);
  Status run(std::string_view first, const std::string_view* second, TokenizerScratch& scratch, Encoding& out,
             const EncodeOptions& options) const;
  std::unique_ptr<State> state_;
};

}  // namespace millwright::text

// A WordPiece vocabulary learned from texts, for models that begin from nothing, and the tokenizer's files that go with
// it (BERT's: lower case, accents removed, words and punctuation apart).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "base/work.h"

namespace millwright::text {

struct WordpieceOptions {
  size_t vocabulary = 8000;  ///< at most, special tokens included
  int64_t least_count = 2;   ///< pairs that occur less often are not joined
  size_t alphabet = 1000;    ///< characters at most, the most frequent ones
};

/// [PAD], [UNK], [CLS], [SEP], [MASK], the characters, then pieces in the order in which they are joined: always the
/// most frequent pair, of equally frequent ones the first by bytes (byte-pair encoding, Sennrich et al. 2016, with "##"
/// before pieces inside a word). The same texts give the same vocabulary. Error: cancelled; bad_input "text.no_terms".
[[nodiscard]] Result<std::vector<std::string>> train_wordpiece(std::span<const std::string_view> texts,
                                                               const WordpieceOptions& options, const Work& work);

/// Writes vocab.txt, tokenizer.json, tokenizer_config.json and special_tokens_map.json as the reference implementation
/// reads them. Returns the names of the files.
[[nodiscard]] Result<std::vector<std::string>> write_wordpiece_tokenizer(const fs::path& folder,
                                                                         const std::vector<std::string>& vocabulary,
                                                                         int64_t longest);

/// The words that a text falls into: lower case, accents removed, at white space, punctuation and Chinese characters.
[[nodiscard]] std::vector<std::string> bert_words(std::string_view text);

}  // namespace millwright::text

// What the outputs of a token classifier say of a text: which stretches of it carry which label.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/training_rows.h"
#include "text/tokenizer.h"

namespace millwright::engine {

struct FoundSpan {
  Span span;              ///< code points of the text; its label indexes TokenTags::labels()
  double confidence = 0;  ///< the softmax of its least certain token: 0 … 1
};

/// The meaning of each output, and how a row of tags is read: as the shared task's conlleval does (Tjong Kim Sang & De
/// Meulder 2003). "O" is outside. "B-X" begins an X; "I-X" goes on with an X and begins one where none went before, so
/// IOB1 and IOB2 are both read. A name without a prefix counts as "I-". Where outputs begin with "B-", the last and
/// single tokens of IOBES and BILOU ("E-", "L-", "S-", "U-") are known, too.
class TokenTags {
 public:
  explicit TokenTags(std::span<const std::string> outputs);

  /// What a span can be called: no prefixes, no outside, in the order of the outputs.
  [[nodiscard]] const std::vector<std::string>& labels() const { return labels_; }
  /// Reads a text's tokens; `logits` is tokens × outputs and finite. Tokens that are special or stand for no character
  /// are passed over.
  [[nodiscard]] std::vector<FoundSpan> spans_of(std::span<const float> logits,
                                                const std::vector<text::TokenOffsets>& offsets,
                                                const std::vector<uint8_t>& special) const;

 private:
  struct Tag {
    int32_t label = -1;  ///< -1: outside
    bool begins = false, ends = false;
  };
  std::vector<std::string> labels_;
  std::vector<Tag> tags_;  ///< by output
};

}  // namespace millwright::engine

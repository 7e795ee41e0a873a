// Texts on their way into an encoder: numbers of tokens, checked against the model and packed.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "engine/encoder_model.h"
#include "text/encoder_config.h"

namespace millwright::engine {

/// A text as its model's tokenizer gives it, special tokens included.
struct EncodedText {
  std::vector<int64_t> ids;
  std::vector<int64_t> types;  ///< of each token; empty: all 0
  [[nodiscard]] size_t size() const { return ids.size(); }
};

/// Whether the model has these tokens and room for them. Errors: bad_input "model.bad_tokens".
[[nodiscard]] Status check_text(const EncodedText& text, const text::EncoderConfig& config);

/// Adds a text that check_text() accepts. Positions count as the family counts them.
void append_text(PackedBatch& batch, const EncodedText& text, const text::EncoderConfig& config);

/// A text cut to `longest` tokens, the last one (the separator) kept; false when nothing had to go.
[[nodiscard]] bool cut_text(EncodedText& text, size_t longest);

}  // namespace millwright::engine

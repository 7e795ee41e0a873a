#include "engine/encoder_input.h"

#include <algorithm>

namespace millwright::engine {

Status check_text(const EncodedText& text, const text::EncoderConfig& config) {
  const auto bad = [](std::string reason) {
    return fail(ErrorKind::bad_input, "model.bad_tokens", "The text does not fit the model: {reason}.",
                {{"reason", std::move(reason)}});
  };
  if (text.ids.empty()) return bad("it has no tokens");
  if (static_cast<int64_t>(text.size()) > config.longest())
    return bad("it has more than " + std::to_string(config.longest()) + " tokens");
  if (!text.types.empty() && text.types.size() != text.ids.size()) return bad("not every token has a type");
  for (const int64_t id : text.ids)
    if (id < 0 || id >= config.vocabulary) return bad("token " + std::to_string(id) + " is not in its vocabulary");
  for (const int64_t type : text.types)
    if (type < 0 || (type >= config.types && type != 0)) return bad("it has no token type " + std::to_string(type));
  return {};
}

void append_text(PackedBatch& batch, const EncodedText& text, const text::EncoderConfig& config) {
  const int64_t first = config.first_position();
  int64_t position = first;
  for (size_t i = 0; i < text.ids.size(); ++i) {
    batch.ids.push_back(text.ids[i]);
    batch.types.push_back(text.types.empty() ? 0 : text.types[i]);
    // RoBERTa gives padding its own position, wherever it stands.
    const bool padding = first > 0 && text.ids[i] == config.pad_token;
    batch.positions.push_back(padding ? config.pad_token : position);
    position += padding ? 0 : 1;
  }
  batch.begin.push_back(static_cast<int32_t>(batch.ids.size()));
}

bool cut_text(EncodedText& text, size_t longest) {
  if (text.size() <= longest || longest == 0) return false;
  text.ids[longest - 1] = text.ids.back();
  text.ids.resize(longest);
  if (text.types.size() >= longest) {
    text.types[longest - 1] = text.types.back();
    text.types.resize(longest);
  }
  return true;
}

}  // namespace millwright::engine

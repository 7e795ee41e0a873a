// A tokenizer.json from a stranger, and a text behind its first zero byte: whatever loads must keep to its promises.
#include <cstdint>
#include <cstdlib>

#include "text/tokenizer.h"
#include "text/unicode.h"

using namespace millwright;

namespace {

void check(const text::Tokenizer& tokenizer, const text::Encoding& encoding, size_t longest_text) {
  const size_t size = encoding.ids.size();
  if (encoding.offsets.size() != size || encoding.type_ids.size() != size || encoding.special.size() != size)
    std::abort();
  for (size_t i = 0; i < size; ++i) {
    if (encoding.ids[i] < 0 || encoding.ids[i] >= tokenizer.vocabulary_size()) std::abort();
    if (encoding.offsets[i].begin > longest_text || encoding.offsets[i].end > longest_text) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const size_t zero = all.find('\0');
  const auto tokenizer = text::Tokenizer::parse(all.substr(0, zero));
  if (!tokenizer) return 0;
  const std::string_view text = zero == std::string_view::npos ? "Hé \u1112llo's  12 ﬁ" : all.substr(zero + 1);
  const size_t length = text::count_code_points(text);
  static text::TokenizerScratch scratch;
  text::Encoding encoding;
  for (const bool special : {true, false}) {
    if (!tokenizer->encode(text, scratch, encoding, {special, 0})) return 0;  // a tokenizer that makes it too long
    check(*tokenizer, encoding, length);
  }
  if (!tokenizer->encode_pair(text, text.substr(0, text.size() / 2), scratch, encoding, {true, 7})) return 0;
  check(*tokenizer, encoding, length);
  return 0;
}

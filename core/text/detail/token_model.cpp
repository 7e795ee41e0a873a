#include "detail/token_model.h"

#include <array>

namespace millwright::text::detail {

tl::unexpected<Error> invalid_tokenizer(std::string where, std::string what) {
  return fail(ErrorKind::bad_input, "tokenizer.invalid", "The tokenizer is not valid: {where}: {what}.",
              {{"where", std::move(where)}, {"what", std::move(what)}});
}

Status check_lengths(const Vocabulary& vocabulary) {
  constexpr size_t kLongest = 4096;
  for (int32_t id = 0; id < vocabulary.size(); ++id)
    if (vocabulary.token(id).size() > kLongest)
      return fail(
          ErrorKind::bad_input, "tokenizer.unsupported", "The tokenizer has at {where} what is not known: {what}.",
          {{"where", "model.vocab"}, {"what", "a token of more than 4096 bytes (id " + std::to_string(id) + ")"}});
  return {};
}

std::vector<int32_t> byte_tokens(const Vocabulary& vocabulary) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::vector<int32_t> ids(256);
  for (size_t byte = 0; byte < 256; ++byte) {
    const std::string token = {'<', '0', 'x', kDigits[byte >> 4], kDigits[byte & 15], '>'};
    ids[byte] = vocabulary.find(token);
  }
  return ids;
}

namespace {

/// Printable bytes of Latin-1 stand for themselves, the others follow from U+0100 on.
constexpr std::array<char32_t, 256> kCharacters = [] {
  std::array<char32_t, 256> table{};
  char32_t next = 0x100;
  for (char32_t byte = 0; byte < 256; ++byte) {
    const bool printable = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte != 0xAD);
    table[byte] = printable ? byte : next++;
  }
  return table;
}();

}  // namespace

char32_t byte_to_character(unsigned char byte) { return kCharacters[byte]; }

int character_to_byte(char32_t c) {
  if (c > 0x143) return -1;
  static const auto kBytes = [] {
    std::array<int16_t, 0x144> table{};
    table.fill(-1);
    for (size_t byte = 0; byte < 256; ++byte) table[kCharacters[byte]] = static_cast<int16_t>(byte);
    return table;
  }();
  return kBytes[c];
}

}  // namespace millwright::text::detail

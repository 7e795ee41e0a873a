#include "text/ngrams.h"

#include <span>

#include "detail/analyzer.h"

namespace millwright::text {

std::vector<std::string> word_ngrams(std::string_view text, int min, int max) {
  std::vector<std::string> out;
  std::string lowered, pieces;
  std::vector<uint32_t> places;
  detail::lower_into(text, lowered);
  detail::each_word_ngram(lowered, min, max, pieces, places, [&](std::string_view gram) { out.emplace_back(gram); });
  return out;
}

std::vector<std::string> character_ngrams(std::string_view text, int min, int max) {
  std::vector<std::string> out;
  std::string lowered, pieces;
  std::vector<uint32_t> places;
  detail::lower_into(text, lowered);
  detail::each_character_ngram(lowered, min, max, pieces, places,
                               [&](std::string_view gram) { out.emplace_back(gram); });
  return out;
}

}  // namespace millwright::text

// Cuts a text into n-grams without making a string of each: every n-gram is a range of bytes in a buffer.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/ngrams.h"
#include "text/unicode.h"

namespace millwright::text::detail {

/// Lower-cases into `out`, without an allocation once `out` has grown. True when everything is ASCII.
inline bool lower_into(std::string_view text, std::string& out) {
  out.resize(text.size());
  unsigned char any = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    any |= c;
    out[i] = static_cast<char>(c + (c >= 'A' && c <= 'Z' ? 'a' - 'A' : 0));
  }
  if (any < 0x80) return true;
  out = lower(text);
  return false;
}

/// Calls emit(std::string_view) for each n-gram of words. `pieces` receives the words joined by blanks, `places` where
/// each begins and ends.
template <class Emit>
void each_word_ngram(std::string_view lowered, int min, int max, std::string& pieces, std::vector<uint32_t>& places,
                     Emit&& emit) {
  pieces.clear();
  places.clear();
  for (size_t at = 0; at < lowered.size();) {
    size_t begin = at;
    size_t characters = 0;
    size_t end = at;
    while (at < lowered.size()) {
      end = at;
      if (!is_word_character(next_code_point(lowered, at))) break;
      end = at;
      ++characters;
    }
    if (characters < 2) continue;
    if (!pieces.empty()) pieces += ' ';
    places.push_back(static_cast<uint32_t>(pieces.size()));
    pieces.append(lowered, begin, end - begin);
    places.push_back(static_cast<uint32_t>(pieces.size()));
  }
  const auto words = static_cast<int>(places.size() / 2);
  const std::string_view all = pieces;
  for (int n = min; n <= std::min(max, words); ++n)
    for (int first = 0; first + n <= words; ++first) {
      const uint32_t from = places[static_cast<size_t>(first) * 2];
      emit(all.substr(from, places[static_cast<size_t>(first + n - 1) * 2 + 1] - from));
    }
}

/// n-grams of one piece, given where each of its characters begins (and the last ends).
template <class Emit>
void each_ngram_of_piece(std::string_view pieces, std::span<const uint32_t> starts, int min, int max, Emit&& emit) {
  const auto length = static_cast<int>(starts.size()) - 1;
  for (int n = min; n <= max; ++n) {
    if (length <= n) {  // no longer than n: taken whole, and only once, as scikit-learn does
      emit(pieces.substr(starts.front(), starts.back() - starts.front()));
      return;
    }
    for (int first = 0; first + n <= length; ++first) {
      const uint32_t from = starts[static_cast<size_t>(first)];
      emit(pieces.substr(from, starts[static_cast<size_t>(first + n)] - from));
    }
  }
}

/// Calls emit(std::string_view) for each n-gram of characters inside white-space separated pieces with blanks around.
template <class Emit>
void each_character_ngram(std::string_view lowered, int min, int max, std::string& pieces,
                          std::vector<uint32_t>& places, Emit&& emit) {
  pieces.clear();
  for (size_t at = 0; at < lowered.size();) {
    const size_t from = pieces.size();
    pieces += ' ';
    places.clear();
    places.push_back(static_cast<uint32_t>(from));
    while (at < lowered.size()) {
      const size_t begin = at;
      if (is_white_space(next_code_point(lowered, at))) break;
      places.push_back(static_cast<uint32_t>(pieces.size()));
      pieces.append(lowered, begin, at - begin);
    }
    if (places.size() == 1) {
      pieces.resize(from);
      continue;
    }
    places.push_back(static_cast<uint32_t>(pieces.size()));
    pieces += ' ';
    places.push_back(static_cast<uint32_t>(pieces.size()));
    each_ngram_of_piece(pieces, places, min, max, emit);
  }
}

}  // namespace millwright::text::detail

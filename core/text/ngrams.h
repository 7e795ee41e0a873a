// n-grams of words and of characters within words, as scikit-learn's vectorizers cut them, so that a figure obtained
// there can be compared with one obtained here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millwright::text {

/// Which n-grams are taken. A largest length of 0 turns that kind off.
struct NgramOptions {
  int word_min = 1;
  int word_max = 2;
  int character_min = 3;
  int character_max = 5;
  bool operator==(const NgramOptions&) const = default;
};

/// Lower-cased words of two or more word characters (token_pattern \b\w\w+\b), joined by one blank.
[[nodiscard]] std::vector<std::string> word_ngrams(std::string_view text, int min, int max);
/// n-grams of characters inside each white-space separated piece with a blank at either end (analyzer char_wb); a piece
/// shorter than n is taken once, whole.
[[nodiscard]] std::vector<std::string> character_ngrams(std::string_view text, int min, int max);

}  // namespace millwright::text

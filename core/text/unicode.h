// text/ is what the program knows of text as such: Unicode, normalisation, n-grams, TF-IDF and the linear classifier
// that reads it. It knows neither projects nor records; what it is given is UTF-8, and invalid bytes count as U+FFFD.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace millwright::text {

enum class NormalForm { nfc, nfd, nfkc, nfkd };
/// Unicode normalisation (UAX #15).
[[nodiscard]] std::string normalise(std::string_view text, NormalForm form = NormalForm::nfc);
/// Full lower-casing in the root locale, with final sigma: what Python's str.lower() gives.
[[nodiscard]] std::string lower(std::string_view text);
/// Full case folding: for comparing, not for showing ("Straße" and "STRASSE" give the same).
[[nodiscard]] std::string fold_case(std::string_view text);
/// NFKC, case folded, runs of white space as one blank, none at the ends: the form in which two texts are "the same" to
/// a reader.
[[nodiscard]] std::string fold_for_comparison(std::string_view text);

/// Letters, numbers of every kind and the underscore: \w of Python's re.
[[nodiscard]] bool is_word_character(char32_t c);
/// White space as str.isspace() of Python sees it.
[[nodiscard]] bool is_white_space(char32_t c);

/// Reads the code point at `at` and moves `at` behind it; U+FFFD for an invalid sequence, of which at least one byte is
/// taken. `at` must be less than text.size().
[[nodiscard]] char32_t next_code_point(std::string_view text, size_t& at);
void append_utf8(std::string& out, char32_t c);
[[nodiscard]] size_t count_code_points(std::string_view text);
/// Byte offset of the n-th code point; text.size() when there are fewer.
[[nodiscard]] size_t byte_offset(std::string_view text, size_t code_points);
[[nodiscard]] bool is_valid_utf8(std::string_view text);
/// The same text with each invalid sequence replaced by U+FFFD.
[[nodiscard]] std::string valid_utf8(std::string_view text);

}  // namespace millwright::text

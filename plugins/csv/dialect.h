// SPDX-License-Identifier: Apache-2.0
// What a CSV file's head tells of its delimiter and line ends, and the names of its fields.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millwright::plugin::csv {

/// How lines end: where LF occurs outside quotation marks, LF (a CR before it belongs to the line end, any other is a
/// plain character); else CR, if that occurs.
[[nodiscard]] bool lines_end_with_cr(std::string_view head);

enum class RecordState { complete, incomplete, text_after_quote };
struct Record {
  RecordState state = RecordState::incomplete;
  std::vector<std::string> fields;
  size_t end = 0;     ///< where its line end begins
  size_t next = 0;    ///< behind its line end
  int64_t lines = 0;  ///< line ends in it, the last one included
};
/// One record beginning at `at`; slow and plain, for heads. `whole`: nothing comes after `text`.
[[nodiscard]] Record parse_record(std::string_view text, size_t at, char delimiter, bool cr, bool whole);

struct DelimiterGuess {
  char delimiter = ',';
  size_t fields = 1;     ///< of the first record
  double agreement = 0;  ///< share of the records after it with as many; 0 where there are none
};
/// Comma, tab, semicolon or bar: the one by which most records have as many fields as the first, of which there must be
/// two at least; else comma.
[[nodiscard]] DelimiterGuess guess_delimiter(std::string_view head, bool cr, bool whole);

/// Names as the header has them; empty ones become column_N, repeated ones get _2, _3 …; what was changed is told.
struct FieldNames {
  std::vector<std::string> names;
  std::vector<std::string> notes;
};
[[nodiscard]] FieldNames make_names(std::vector<std::string> header);

}  // namespace millwright::plugin::csv

// SPDX-License-Identifier: Apache-2.0
#include "plugin_csv/csv_connector.h"

#include "plugin_csv/csv_reader.h"
#include "plugin_support/connector.h"
#include "plugin_support/text.h"

namespace millwright::plugin {
namespace csv {
namespace {

/// Head as UTF-8, as far as it matters for finding delimiters.
std::string head_as_text(std::string_view head) {
  const ByteOrderMark mark = detect_utf16_or_mark(head);
  head.remove_prefix(mark.bytes);
  if (mark.encoding != Encoding::utf16_le && mark.encoding != Encoding::utf16_be) return std::string(head);
  std::string out;
  const size_t low = mark.encoding == Encoding::utf16_le ? 0 : 1;
  for (size_t i = 0; i + 1 < head.size(); i += 2) out += head[i + (1 - low)] == '\0' ? head[i + low] : '?';
  return out;
}

}  // namespace

int32_t can_read(const uint8_t* head, size_t size, int32_t whole, const char* file_name) {
  const std::string_view name = file_name == nullptr ? "" : file_name;
  const bool named = ends_with_ignoring_case(name, ".csv") || ends_with_ignoring_case(name, ".tsv") ||
                     ends_with_ignoring_case(name, ".tab");
  const std::string text = head_as_text({reinterpret_cast<const char*>(head), size});
  if (named) return 80;
  if (text.empty()) return 5;
  if (const size_t first = text.find_first_not_of(" \t\r\n");
      first != std::string::npos && (text[first] == '{' || text[first] == '['))
    return 0;  // JSON of some kind: read as a table it would end up in quarantine, row by row
  for (const char c : text)
    if (static_cast<uint8_t>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f') return 0;
  const DelimiterGuess guess = guess_delimiter(text, lines_end_with_cr(text), whole != 0);
  if (guess.fields < 2) return 10;
  return guess.agreement > 0.9 ? 60 : guess.agreement > 0.5 ? 40 : 20;
}

}  // namespace csv

const millwright_connector* csv_connector() {
  static const millwright_connector connector = make_connector<csv::CsvReader>(
      "csv", "Comma- or tab-separated values (RFC 4180)",
      "delimiter: one character or tab (default: found from the content)\n"
      "encoding: utf-8, utf-16le, utf-16be or windows-1252 (default: found from the content)\n"
      "header: yes or no (default yes: the first row names the fields)\n",
      csv::can_read);
  return &connector;
}

}  // namespace millwright::plugin

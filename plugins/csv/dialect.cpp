// SPDX-License-Identifier: Apache-2.0
#include "plugin_csv/dialect.h"

#include <unordered_set>

#include "plugin_support/text.h"

namespace millwright::plugin::csv {
namespace {

/// Length of a line end at `at`, 0 where there is none.
size_t line_end(std::string_view text, size_t at, bool cr) {
  if (text[at] == '\n') return 1;
  const bool before_lf = text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n';
  if (before_lf) return 2;
  return cr && text[at] == '\r' ? 1 : 0;
}

/// Reads a quoted field whose opening mark is at `at`; returns the place behind the closing one, npos where it is
/// missing.
size_t quoted_field(std::string_view text, size_t at, bool cr, std::string& field, int64_t& lines) {
  for (size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      if (i + 1 >= text.size() || text[i + 1] != '"') return i + 1;
      ++i;
    } else if (text[i] == '\n' || (cr && text[i] == '\r' && !(i + 1 < text.size() && text[i + 1] == '\n'))) {
      ++lines;
    }
    field += text[i];
  }
  return std::string_view::npos;
}

}  // namespace

bool lines_end_with_cr(std::string_view head) {
  bool quoted = false;
  bool cr = false;
  for (const char c : head) {
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '\n') return false;
    cr = cr || c == '\r';
  }
  return cr;
}

Record parse_record(std::string_view text, size_t at, char delimiter, bool cr, bool whole) {
  Record record;
  for (;;) {
    std::string field;
    if (at < text.size() && text[at] == '"') {
      at = quoted_field(text, at, cr, field, record.lines);
      if (at == std::string_view::npos) return record;
    } else {
      while (at < text.size() && text[at] != delimiter && line_end(text, at, cr) == 0) field += text[at++];
    }
    record.fields.push_back(std::move(field));
    if (at >= text.size()) {
      record.state = whole ? RecordState::complete : RecordState::incomplete;
      record.end = record.next = text.size();
      return record;
    }
    // Whether a CR at the end of the piece is half of CR LF cannot be told yet.
    if (text[at] == '\r' && at + 1 == text.size() && !whole) return record;
    if (const size_t end = line_end(text, at, cr); end > 0) {
      record.state = RecordState::complete;
      record.end = at;
      record.next = at + end;
      ++record.lines;
      return record;
    }
    if (text[at] == '\r' && at + 1 == text.size()) {
      record.state = RecordState::complete;
      record.end = at;
      record.next = text.size();
      return record;
    }
    if (text[at] != delimiter) {
      record.state = RecordState::text_after_quote;
      return record;
    }
    ++at;
  }
}

DelimiterGuess guess_delimiter(std::string_view head, bool cr, bool whole) {
  constexpr size_t kRecords = 200;
  DelimiterGuess best;
  for (const char delimiter : {',', '\t', ';', '|'}) {
    size_t first = 0;
    size_t same = 0;
    size_t others = 0;
    for (size_t at = 0, records = 0; at < head.size() && records < kRecords;) {
      const Record record = parse_record(head, at, delimiter, cr, whole);
      if (record.state != RecordState::complete) break;
      at = record.next;
      if (record.fields.size() == 1 && record.fields[0].empty()) continue;
      if (records++ == 0) {
        first = record.fields.size();
      } else {
        ++others;
        same += record.fields.size() == first ? 1 : 0;
      }
    }
    const double agreement = others > 0 ? static_cast<double>(same) / static_cast<double>(others) : 0;
    if (first < 2) continue;
    if (best.fields < 2 || agreement > best.agreement || (agreement == best.agreement && first > best.fields))
      best = {delimiter, first, agreement};
  }
  return best;
}

FieldNames make_names(std::vector<std::string> header) {
  FieldNames result;
  std::unordered_set<std::string> taken(header.begin(), header.end());
  std::unordered_set<std::string> given;
  for (size_t i = 0; i < header.size(); ++i) {
    std::string name = to_utf8_lossy(header[i]);
    const std::string place = std::to_string(i + 1);
    if (name != header[i])
      result.notes.push_back("The name of field " + place + " held bytes that are no text; it is called " + name + ".");
    const std::string as_text = name;
    const bool unnamed = name.empty();
    if (unnamed) name = "column_" + place;
    if (given.contains(name) || (unnamed && taken.contains(name))) {
      const std::string base = name;
      for (size_t n = 2; given.contains(name) || taken.contains(name); ++n) name = base + "_" + std::to_string(n);
    }
    if (unnamed || name != as_text)
      result.notes.push_back("Field " + place + (unnamed ? " has no name" : " repeats the name " + as_text) +
                             "; it is called " + name + ".");
    given.insert(name);
    result.names.push_back(std::move(name));
  }
  return result;
}

}  // namespace millwright::plugin::csv

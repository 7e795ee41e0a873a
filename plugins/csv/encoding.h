// SPDX-License-Identifier: Apache-2.0
// Which encoding a CSV file is in, and its way to UTF-8 and back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "plugin_support/source.h"

namespace millwright::plugin::csv {

enum class Encoding {
  undecided,  ///< only ASCII so far: UTF-8 and Windows-1252 are the same
  utf8,
  windows_1252,
  utf16_le,
  utf16_be,
};

[[nodiscard]] const char* name_of(Encoding encoding);
/// From an option's value, e.g. "latin-1" (read as Windows-1252, as browsers do); nullopt where it is not known.
[[nodiscard]] std::optional<Encoding> encoding_from_name(std::string_view name);

struct ByteOrderMark {
  Encoding encoding = Encoding::undecided;
  size_t bytes = 0;
};
/// A byte order mark, or UTF-16 without one, which shows in every other byte being zero.
[[nodiscard]] ByteOrderMark detect_utf16_or_mark(std::string_view head);
/// UTF-8 or Windows-1252; undecided where all is ASCII. A file with some valid multi-byte sequences is UTF-8 with
/// damaged rows; one with none, whose high bytes stand where Western words have them, is Windows-1252.
[[nodiscard]] Encoding decide_single_byte(std::string_view text);

/// UTF-8 of one Windows-1252 byte (WHATWG's table: the five undefined bytes become C1 controls).
struct Utf8Piece {
  uint8_t bytes[3];
  uint8_t length;
};
[[nodiscard]] const Utf8Piece& windows_1252_to_utf8(uint8_t byte);
[[nodiscard]] std::string windows_1252_to_utf8(std::string_view text);

/// UTF-16 as UTF-8. A lone surrogate becomes the three bytes that UTF-8 does not allow, a last odd byte becomes 0xFF:
/// the row is then rejected as invalid, and its own bytes can still be told.
class Utf16Stream final : public ByteStream {
 public:
  Utf16Stream(ByteStream& under, std::string_view first, bool big_endian);
  size_t read(uint8_t* buffer, size_t capacity) override;

 private:
  void convert(bool last);
  ByteStream* under_;
  bool big_endian_;
  std::string in_;
  std::string out_;
  size_t taken_ = 0;
  bool at_end_ = false;
};
/// The bytes that Utf16Stream made this text from.
[[nodiscard]] std::string utf8_to_utf16(std::string_view text, bool big_endian);

}  // namespace millwright::plugin::csv

// SPDX-License-Identifier: Apache-2.0
// Small matters of text that every reader needs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace millwright::plugin {

[[nodiscard]] bool is_utf8(std::string_view text);
/// Invalid bytes become U+FFFD, one for each maximal invalid piece as Unicode recommends; U+0000 becomes U+FFFD too.
[[nodiscard]] std::string to_utf8_lossy(std::string_view text);
/// Appends a code point ≤ 0x10FFFF; surrogates come out as three bytes that are not valid UTF-8.
void append_utf8(std::string& out, uint32_t code_point);
/// Length of the valid UTF-8 sequence at `text`, 0 where it is invalid; `truncated` where more bytes could mend it.
[[nodiscard]] size_t utf8_sequence(std::string_view text, bool& truncated);
/// With quotation marks and escapes. The text must be UTF-8.
[[nodiscard]] std::string json_string(std::string_view text);
[[nodiscard]] bool ends_with_ignoring_case(std::string_view text, std::string_view lower_suffix);

}  // namespace millwright::plugin

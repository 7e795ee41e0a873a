// SPDX-License-Identifier: Apache-2.0
// RFC 8259 to the letter, over one line of valid UTF-8. simdjson's DOM folds numbers into 64 bits and its on-demand
// parser leaves unread what it skips, so the grammar is walked here, where every byte is looked at and nothing is
// converted; simdjson validates the UTF-8 and is the judge in the tests.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "sdk/millwright_plugin.h"

namespace millwright::plugin::jsonl {

/// Levels of nesting that are taken, the row's object being the first.
inline constexpr int kMaxDepth = 512;

struct JsonValue {
  millwright_kind kind = MILLWRIGHT_KIND_ABSENT;
  std::string_view text;  ///< of a string: what it says; else as it stood
};

class JsonText {
 public:
  explicit JsonText(std::string_view line) : text_(line) {}

  void skip_space();
  [[nodiscard]] bool at_end() const { return at_ >= text_.size(); }
  /// True, and past it, where the next character is `c`.
  [[nodiscard]] bool take(char c);
  /// A string; `scratch` holds it where it had escapes.
  [[nodiscard]] bool string(std::string_view& value, std::string& scratch);
  /// Any value.
  [[nodiscard]] bool value(JsonValue& value, std::string& scratch);
  /// What is wrong, in English without a place; empty while nothing is.
  [[nodiscard]] const char* problem() const { return problem_; }
  [[nodiscard]] const char* problem_code() const { return code_; }
  /// Where, in bytes from 1.
  [[nodiscard]] size_t place() const { return at_ + 1; }
  bool fail(const char* problem, const char* code = "jsonl.invalid") {
    problem_ = problem;
    code_ = code;
    return false;
  }

 private:
  [[nodiscard]] bool container();
  [[nodiscard]] bool member_key();
  [[nodiscard]] bool scalar();
  [[nodiscard]] bool number();
  [[nodiscard]] bool literal(std::string_view word);
  [[nodiscard]] bool skip_string();
  [[nodiscard]] bool escape(std::string* out);
  [[nodiscard]] bool hex4(unsigned& unit);
  [[nodiscard]] size_t plain_run() const;

  std::string_view text_;
  size_t at_ = 0;
  const char* problem_ = "";
  const char* code_ = "";
};

}  // namespace millwright::plugin::jsonl

// The input of verbs that read texts: one text a line, or JSON Lines with `text` and `pair`. Lines end at LF only.
#pragma once

#include <cstdint>
#include <fstream>
#include <istream>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace millwright {

struct TextLine {
  std::string text;
  std::optional<std::string> pair;
};

constexpr size_t kLongestTextLine = size_t{64} << 20;  // bytes of any line that is read

/// A file of texts, open to be read. Error: bad_input "file.not_found" where it is no file, or none that can be read.
[[nodiscard]] Result<std::ifstream> open_texts(const std::string& path);

class TextLines {
 public:
  enum class Format { guess, text, json_lines };
  /// To guess: a name that ends in .jsonl or .ndjson means JSON Lines, and so does a first line that is a JSON object
  /// with a string `text`.
  TextLines(std::istream& input, std::string name, Format format = Format::guess);

  /// False at the end. Errors: bad_input "engine.line" (the line is not what the format asks for, or longer than 64
  /// MB), "file.unreadable".
  [[nodiscard]] Result<bool> next(TextLine& line);
  [[nodiscard]] uint64_t number() const { return number_; }  ///< of the line that was read last, from 1

 private:
  std::istream& input_;
  std::string name_;
  Format format_;
  std::string bytes_;
  uint64_t number_ = 0;
};

/// One JSON document on one line, as every verb that streams ends when it fails; the message also goes to stderr.
/// Gives the exit code.
int report_in_stream(const Error& error);

}  // namespace millwright

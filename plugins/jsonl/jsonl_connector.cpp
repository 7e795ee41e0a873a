// SPDX-License-Identifier: Apache-2.0
#include "plugin_jsonl/jsonl_connector.h"

#include "plugin_jsonl/json_text.h"
#include "plugin_support/line_reader.h"
#include "plugin_support/text.h"

namespace millwright::plugin {
namespace jsonl {
namespace {

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }

class JsonlReader final : public LineReader {
 public:
  explicit JsonlReader(OpenOptions options)
      : LineReader(std::move(options), {.kinds = true, .empty_is_missing = false}, "jsonl", "JSON Lines knows") {}

 private:
  bool take_row() override {
    Lines::Line line;
    if (!lines().next(line)) return false;
    take(line);
    return true;
  }

  void take(const Lines::Line& line) {
    if (line.too_long) {
      reject(line, "jsonl.row_too_long", too_long());
      return;
    }
    if (is_blank(line.text)) return;
    if (!is_utf8(line.text)) {
      reject(line, "jsonl.invalid_encoding", "bytes that are not valid UTF-8");
      return;
    }
    JsonText json(line.text);
    if (object(json)) {
      rows().end_row(line.number, line.text);
      return;
    }
    rows().cancel_row();
    const bool placed = json.problem_code() == std::string_view("jsonl.invalid");
    reject(line, json.problem_code(),
           std::string(json.problem()) + (placed ? ", at byte " + std::to_string(json.place()) : "") + detail_);
  }

  void reject(const Lines::Line& line, std::string_view code, std::string reason) {
    rows().storage().reject(line.number, code, std::move(reason), line.text);
  }

  /// The whole line as one object, its members to the row under way.
  bool object(JsonText& json) {
    detail_.clear();
    json.skip_space();
    if (!json.take('{')) return not_an_object(json);
    json.skip_space();
    if (!json.take('}')) {
      for (size_t place = 0;; ++place) {
        if (!member(json, place)) return false;
        json.skip_space();
        if (json.take('}')) break;
        if (!json.take(','))
          return json.fail(json.at_end() ? "the line ends within its object" : "a comma or } is expected");
        json.skip_space();
      }
    }
    json.skip_space();
    return json.at_end() || json.fail("something behind the object");
  }

  bool not_an_object(JsonText& json) {
    JsonValue value;
    if (!json.value(value, value_scratch_)) return false;
    json.skip_space();
    if (!json.at_end()) return json.fail("something behind the value");
    return json.fail("a JSON value, but not an object", "jsonl.not_an_object");
  }

  bool member(JsonText& json, size_t place) {
    std::string_view key;
    JsonValue value;
    if (!json.string(key, key_scratch_)) return false;
    json.skip_space();
    if (!json.take(':')) return json.fail("a colon is expected");
    if (!json.value(value, value_scratch_)) return false;
    if (key.find('\0') != std::string_view::npos) return json.fail("a key with U+0000", "jsonl.bad_key");
    if (key.size() > kMaxKey) return json.fail("a key of more than 4096 bytes", "jsonl.bad_key");
    if (rows().has(key, place)) {
      detail_ = " " + json_string(key);
      return json.fail("the key occurs twice:", "jsonl.duplicate_key");
    }
    if (value.kind == MILLWRIGHT_KIND_NULL) value.text = {};
    if (rows().cell(key, value.text, value.kind, place)) return true;
    detail_ = than_fields();
    return json.fail("more different keys", "jsonl.too_many_fields");
  }

  static constexpr size_t kMaxKey = 4096;
  std::string key_scratch_;
  std::string value_scratch_;
  std::string detail_;
};

int32_t can_read(const uint8_t* head, size_t size, int32_t whole, const char* file_name) {
  const std::string_view name = file_name == nullptr ? "" : file_name;
  if (ends_with_ignoring_case(name, ".jsonl") || ends_with_ignoring_case(name, ".ndjson")) return 100;
  std::string_view text = head_text(head, size);
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || text[first] != '{') return 0;
  text.remove_prefix(first);
  const size_t end = text.find('\n');
  if (end == std::string_view::npos && whole == 0) return 30;
  const std::string_view line = text.substr(0, end);
  JsonText json(line);
  JsonValue value;
  std::string scratch;
  if (!is_utf8(line) || !json.value(value, scratch)) return 0;
  json.skip_space();
  return json.at_end() ? 95 : 0;
}

}  // namespace
}  // namespace jsonl

const millwright_connector* jsonl_connector() {
  static const millwright_connector connector =
      make_connector<jsonl::JsonlReader>("jsonl", "JSON Lines: one object a line (RFC 8259)", "", jsonl::can_read);
  return &connector;
}

}  // namespace millwright::plugin

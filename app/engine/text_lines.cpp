#include "text_lines.h"

#include <iostream>

#include "base/files.h"
#include "base/json.h"

namespace millwright {
namespace {

bool looks_like_json_line(std::string_view line) {
  if (line.find('{') == std::string_view::npos) return false;
  const auto json = parse_json(line, "the first line");
  return json && json->is_object() && json->contains("text") && (*json)["text"].is_string();
}

}  // namespace

Result<std::ifstream> open_texts(const std::string& path) {
  std::error_code unreadable;
  std::ifstream file;
  if (fs::is_regular_file(path, unreadable)) file.open(path, std::ios::binary);
  if (!file.is_open()) return fail(ErrorKind::bad_input, "file.not_found", "Cannot read {path}.", {{"path", path}});
  return file;
}

TextLines::TextLines(std::istream& input, std::string name, Format format)
    : input_(input), name_(std::move(name)), format_(format) {
  if (format_ == Format::guess && (name_.ends_with(".jsonl") || name_.ends_with(".ndjson")))
    format_ = Format::json_lines;
}

Result<bool> TextLines::next(TextLine& line) {
  const LineRead read = read_line(input_, bytes_, kLongestTextLine);
  if (read == LineRead::end) return false;
  if (read == LineRead::unreadable)
    return fail(ErrorKind::bad_input, "file.unreadable", "Cannot read {path}.", {{"path", name_}});
  ++number_;
  const auto wrong = [this](std::string why) {
    return fail(ErrorKind::bad_input, "engine.line", "Line {line} of {path} {reason}.",
                {{"line", std::to_string(number_)}, {"path", name_}, {"reason", std::move(why)}},
                "Each line is a JSON object with a string \"text\" and, for pairs, a string \"pair\".");
  };
  if (read == LineRead::too_long) return wrong("is longer than 64 MB");
  if (format_ == Format::guess) format_ = looks_like_json_line(bytes_) ? Format::json_lines : Format::text;
  line.pair.reset();
  if (format_ == Format::text) {
    line.text.swap(bytes_);
    return true;
  }
  const auto json = parse_json(bytes_, "the line");
  if (!json) return wrong("is not valid JSON");
  if (!json->is_object()) return wrong("is not a JSON object");
  const auto text = json->find("text"), pair = json->find("pair");
  if (text == json->end() || !text->is_string()) return wrong("has no string \"text\"");
  line.text = text->get<std::string>();
  if (pair == json->end() || pair->is_null()) return true;
  if (!pair->is_string()) return wrong("has a \"pair\" that is not a string");
  line.pair = pair->get<std::string>();
  return true;
}

int report_in_stream(const Error& error) {
  Json context = Json::object();
  for (const auto& [name, value] : error.arguments) context[name] = value;
  const Json document = {{"error",
                          {{"code", error.code},
                           {"message", message_of(error)},
                           {"hint", hint_of(error)},
                           {"context", std::move(context)}}}};
  std::cout << to_text(document) << std::endl;
  std::cerr << "millwright-engine: " << message_of(error) << '\n';
  if (const std::string hint = hint_of(error); !hint.empty()) std::cerr << hint << '\n';
  return exit_code(error.kind);
}

}  // namespace millwright

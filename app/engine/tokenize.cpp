#include "tokenize.h"

#include <charconv>
#include <csignal>
#include <fstream>
#include <iostream>

#include "text/tokenizer.h"
#include "text_lines.h"

namespace millwright {
namespace {

constexpr const char* kHelp =
    "millwright-engine tokenize MODEL_DIR [FILE] [--format text|jsonl]\n"
    "  one text a line, or JSON Lines with \"text\" and \"pair\"; without FILE, or with -, from stdin\n"
    "  prints for each line ids, offsets (code points, [start, end]) and type_ids; never cuts\n";

struct Options {
  std::string folder, file = "-";
  TextLines::Format format = TextLines::Format::guess;
};

Result<Options> read_options(std::span<char* const> arguments) {
  Options options;
  std::vector<std::string> places;
  const auto usage = [](std::string what) {
    return fail(ErrorKind::usage, "engine.usage", "{what}", {{"what", std::move(what)}}, kHelp);
  };
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (argument == "--format") {
      const std::string_view value = i + 1 < arguments.size() ? arguments[++i] : "";
      if (value != "text" && value != "jsonl") return usage("--format is text or jsonl.");
      options.format = value == "text" ? TextLines::Format::text : TextLines::Format::json_lines;
    } else if (argument.starts_with("--")) {
      return usage("There is no option " + std::string(argument) + ".");
    } else {
      places.emplace_back(argument);
    }
  }
  if (places.empty() || places.size() > 2) return usage("Say a model folder and at most one file.");
  options.folder = places[0];
  if (places.size() == 2) options.file = places[1];
  return options;
}

void append_number(std::string& out, int64_t number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

/// Written by hand: a line may hold many thousand numbers.
void append_line(const text::Encoding& encoding, std::string& out) {
  const auto list = [&](const char* name, auto&& each) {
    out += name;
    for (size_t i = 0; i < encoding.size(); ++i) {
      if (i > 0) out += ',';
      each(i);
    }
    out += ']';
  };
  list("{\"ids\":[", [&](size_t i) { append_number(out, encoding.ids[i]); });
  list(",\"offsets\":[", [&](size_t i) {
    out += '[';
    append_number(out, encoding.offsets[i].begin);
    out += ',';
    append_number(out, encoding.offsets[i].end);
    out += ']';
  });
  list(",\"type_ids\":[", [&](size_t i) { append_number(out, encoding.type_ids[i]); });
  out += "}\n";
}

/// What is not written yet stays in `out`.
Status tokenize_lines(const text::Tokenizer& tokenizer, TextLines& lines, bool from_stdin, std::string& out) {
  text::TokenizerScratch scratch;
  text::Encoding encoding;
  TextLine line;
  while (std::cout) {
    MW_ASSIGN(const bool more, lines.next(line));
    if (!more) break;
    MW_TRY(line.pair ? tokenizer.encode_pair(line.text, *line.pair, scratch, encoding)
                     : tokenizer.encode(line.text, scratch, encoding));
    append_line(encoding, out);
    // Somebody who types sees each answer; a file is written in large parts.
    const bool asked = from_stdin && std::cin.rdbuf()->in_avail() <= 0;
    if (out.size() < 65536 && !asked) continue;
    std::cout.write(out.data(), static_cast<std::streamsize>(out.size()));
    if (asked) std::cout.flush();
    out.clear();
  }
  return {};
}

Status tokenize(const Options& options) {
  MW_ASSIGN(const text::Tokenizer tokenizer, text::Tokenizer::load(options.folder));
  const bool from_stdin = options.file == "-";
  std::ifstream file;
  if (!from_stdin) {
    MW_ASSIGN(file, open_texts(options.file));
  }
  TextLines lines(from_stdin ? std::cin : file, from_stdin ? "stdin" : options.file, options.format);
  std::string out;
  const Status done = tokenize_lines(tokenizer, lines, from_stdin, out);
  std::cout << out << std::flush;
  return done;
}

}  // namespace

int tokenize_verb(std::span<char* const> arguments) {
  for (const std::string_view argument : arguments)
    if (argument == "--help" || argument == "-h") {
      std::cout << kHelp;
      return 0;
    }
  std::ios::sync_with_stdio(false);
  std::signal(SIGPIPE, SIG_IGN);
  const auto options = read_options(arguments);
  if (!options) return report_in_stream(options.error());
  const auto done = tokenize(*options);
  return done ? 0 : report_in_stream(done.error());
}

}  // namespace millwright

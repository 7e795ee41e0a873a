// JSON Lines: promises kept, independent of how the bytes arrive, and of one mind with simdjson on what JSON is.
#include <simdjson.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "harness.h"
#include "plugin_jsonl/jsonl_connector.h"

using namespace millwright;
using namespace millwright::test;

namespace {

[[noreturn]] void give_up(const char* why, std::string_view text) {
  std::fprintf(stderr, "%s: %.*s\n", why, static_cast<int>(text.size()), text.data());
  std::abort();
}

void compare_with_simdjson(std::string_view line) {
  static simdjson::dom::parser parser;
  const ReadResult result = read_all(*plugin::jsonl_connector(), line);
  const bool blank = line.find_first_not_of(" \t\r") == std::string_view::npos;
  if (blank || line.starts_with("\xEF\xBB\xBF") || result.rows.size() + result.rejected.size() != 1) return;
  const bool ours = result.rows.size() == 1;
  simdjson::dom::element element;
  const auto error = parser.parse(line.data(), line.size()).get(element);
  const bool theirs = error == simdjson::SUCCESS && element.is_object();
  if (ours == theirs) return;
  // simdjson folds numbers into 64 bits; repeated keys and long ones are refused here alone.
  // Newer versions have a code of its own for big integers.
  const std::string why = simdjson::error_message(error);
  if (ours && (why.find("number") != std::string::npos || why.find("integer") != std::string::npos)) return;
  if (theirs) {
    const std::string& code = result.rejected[0].code;
    if (code == "jsonl.duplicate_key" || code == "jsonl.bad_key" || code == "jsonl.too_deep") return;
  }
  give_up(ours ? "taken, simdjson refuses" : "refused, simdjson takes", line);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  ReadSettings settings;
  settings.max_row_bytes = data[0] % 4 == 0 ? 1 + data[0] / 4 : 0;
  settings.max_fields = data[1] % 8 == 0 ? 1 + data[1] / 8 : 0;
  const ReadResult whole = read_all(*plugin::jsonl_connector(), text, settings);
  settings.piece = 1 + data[0] % 16;
  settings.batch_bytes = 1 + data[1] % 32;
  settings.batch_rows = data[0] % 4;
  const ReadResult small = read_all(*plugin::jsonl_connector(), text, settings);
  if (!whole.broken_promise.empty() || !small.broken_promise.empty()) give_up("broken promise", whole.broken_promise);
  if (whole.rows.size() != small.rows.size() || whole.rejected.size() != small.rejected.size())
    give_up("depends on pieces", text);
  for (size_t i = 0; i < whole.rows.size(); ++i) {
    if (whole.rows[i].raw != small.rows[i].raw || whole.rows[i].line != small.rows[i].line)
      give_up("depends on pieces", text);
    for (const auto& [name, cell] : small.rows[i].cells)
      if (whole.rows[i][name] != cell.text || whole.rows[i].kind(name) != cell.kind) give_up("a cell differs", name);
  }
  if (text.find('\n') == std::string_view::npos) compare_with_simdjson(text);
  return 0;
}

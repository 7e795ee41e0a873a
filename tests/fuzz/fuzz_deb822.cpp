// Package indexes: promises kept, and independent of how the bytes arrive.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "harness.h"
#include "plugin_deb822/deb822_connector.h"

using namespace millwright;
using namespace millwright::test;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  ReadSettings settings;
  settings.max_row_bytes = data[0] % 4 == 0 ? 1 + data[0] / 4 : 0;
  settings.max_fields = data[1] % 8 == 0 ? 1 + data[1] / 8 : 0;
  const ReadResult whole = read_all(*plugin::deb822_connector(), text, settings);
  settings.piece = 1 + data[0] % 16;
  settings.batch_bytes = 1 + data[1] % 32;
  settings.batch_rows = data[0] % 4;
  const ReadResult small = read_all(*plugin::deb822_connector(), text, settings);
  bool same = whole.broken_promise.empty() && small.broken_promise.empty() && whole.rows.size() == small.rows.size() &&
              whole.rejected.size() == small.rejected.size();
  for (size_t i = 0; same && i < whole.rows.size(); ++i) {
    same = whole.rows[i].raw == small.rows[i].raw && whole.rows[i].line == small.rows[i].line;
    for (const auto& [name, cell] : small.rows[i].cells) same = same && whole.rows[i][name] == cell.text;
  }
  for (size_t i = 0; same && i < whole.rejected.size(); ++i)
    same = whole.rejected[i].raw == small.rejected[i].raw && whole.rejected[i].reason == small.rejected[i].reason;
  if (!same) {
    std::fprintf(stderr, "depends on pieces, or a broken promise: %s%s\n", whole.broken_promise.c_str(),
                 small.broken_promise.c_str());
    std::abort();
  }
  return 0;
}

// CSV: no input breaks a promise of the plugin interface, and what comes out does not depend on how the bytes arrive.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "harness.h"
#include "plugin_csv/csv_reader.h"

using namespace millwright;
using namespace millwright::test;

namespace {

/// Reads with a head of a few bytes, so that short inputs reach every edge of the window. Everything found out as text.
std::string read(std::string_view text, const ReadSettings& settings, size_t head) {
  harness::Stream stream{text, 0, settings.piece};
  millwright_source source{sizeof(source), 0, &stream, nullptr, -1, harness::Stream::read};
  millwright_open_request request{};
  request.struct_size = sizeof request;
  request.source = &source;
  request.batch_bytes = settings.batch_bytes;
  request.batch_rows = settings.batch_rows;
  request.max_row_bytes = settings.max_row_bytes;
  plugin::OpenOptions options(request);
  options.head_bytes = head;
  options.options = settings.options;
  ReadResult result;
  std::string out;
  try {
    plugin::csv::CsvReader reader(std::move(options));
    for (;;) {
      millwright_batch batch{};
      batch.struct_size = sizeof batch;
      if (!reader.next(&batch)) break;
      harness::take(batch, result);
      harness::release(batch);
    }
    out = reader.describe();
  } catch (const plugin::BadInput& bad) {
    out = bad.code;
  }
  if (!result.broken_promise.empty()) {
    std::fprintf(stderr, "broken promise: %s\n", result.broken_promise.c_str());
    std::abort();
  }
  for (const auto& row : result.rows) {
    out += "\n" + std::to_string(row.line) + ":" + row.raw + ":";
    for (const auto& [name, cell] : row.cells) out += cell.text ? "<" + *cell.text + ">" : "-";
  }
  for (const auto& bad : result.rejected)
    out += "\n!" + std::to_string(bad.line) + bad.code + bad.reason + ":" + bad.raw;
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 4) return 0;
  const uint8_t encoding = data[0];
  const uint8_t limits = data[1];
  const size_t piece = 1 + data[2] % 16;
  const size_t head = 1 + data[3];
  const std::string_view text(reinterpret_cast<const char*>(data) + 4, size - 4);
  ReadSettings settings;
  settings.max_row_bytes = limits % 3 == 0 ? 1 + limits / 3 : 0;
  // What is decided lazily from what is in the window may differ with the window: it is fixed where readings are
  // compared, and left to the reader where they are not.
  const char* const encodings[] = {"utf-8", "windows-1252", "utf-16le", "utf-16be"};
  const bool fixed = encoding % 8 != 7;
  if (fixed) settings.options = {{"encoding", encodings[encoding % 4]}};
  if (encoding & 0x80) settings.options.emplace_back("header", "no");
  const std::string whole = read(text, settings, head);
  if (!fixed) return 0;
  settings.piece = piece;
  settings.batch_bytes = 1 + limits % 32;
  settings.batch_rows = limits % 4;
  const std::string small = read(text, settings, head);
  if (small != whole) {
    for (const auto& told : {whole, small}) {
      std::fputs("\n=== ", stderr);
      std::fwrite(told.data(), 1, told.size(), stderr);
    }
    std::abort();
  }
  return 0;
}

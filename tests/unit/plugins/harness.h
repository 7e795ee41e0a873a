// Drives a connector through its C interface alone, as the program does, and checks on the way that each batch is what
// the interface promises.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sdk/millwright_plugin.h"

namespace millwright::test {

struct Cell {
  std::optional<std::string> text;  ///< nullopt: missing
  int kind = -1;                    ///< millwright_kind; -1 where the connector has none
};
struct ReadRow {
  std::vector<std::pair<std::string, Cell>> cells;  ///< of the fields that the batch names, in its order
  int64_t line = 0;
  std::string raw;
  [[nodiscard]] std::optional<std::string> operator[](std::string_view name) const {
    for (const auto& [key, cell] : cells)
      if (key == name) return cell.text;
    return std::nullopt;
  }
  [[nodiscard]] int kind(std::string_view name) const {
    for (const auto& [key, cell] : cells)
      if (key == name) return cell.kind;
    return MILLWRIGHT_KIND_ABSENT;
  }
};
struct Rejected {
  int64_t line = 0;
  std::string code, reason, raw;
};
struct ReadResult {
  int32_t status = MILLWRIGHT_OK;  ///< MILLWRIGHT_END when all went well
  std::string error_code, error_message;
  std::vector<std::string> fields;  ///< in the order in which they were first named
  std::vector<ReadRow> rows;
  std::vector<Rejected> rejected;
  std::string description;
  int64_t batches = 0;
  int64_t bytes_consumed = 0;
  std::string broken_promise;  ///< what a batch did that the interface forbids; empty when nothing
};

struct ReadSettings {
  size_t piece = SIZE_MAX;  ///< most bytes that one read() gives
  int64_t batch_bytes = 0, batch_rows = 0, max_row_bytes = 0, max_fields = 0;
  std::vector<std::pair<std::string, std::string>> options;
  const char* name = nullptr;
  int64_t fail_after = -1;  ///< read() fails once so many bytes were given
};

namespace harness {

struct Stream {
  std::string_view text;
  size_t at = 0;
  size_t piece = SIZE_MAX;
  int64_t fail_after = -1;
  static int64_t read(void* context, void* buffer, size_t capacity) {
    auto* stream = static_cast<Stream*>(context);
    if (stream->fail_after >= 0 && static_cast<int64_t>(stream->at) >= stream->fail_after) return -5;
    const size_t n = std::min({capacity, stream->piece, stream->text.size() - stream->at});
    if (n > 0) std::memcpy(buffer, stream->text.data() + stream->at, n);
    stream->at += n;
    return static_cast<int64_t>(n);
  }
};

inline bool is_null(const ArrowArray& array, int64_t row) {
  const auto* bits = static_cast<const uint8_t*>(array.buffers[0]);
  return bits != nullptr && (bits[row / 8] >> (row % 8) & 1) == 0;
}
inline std::string_view text_at(const ArrowArray& array, int64_t row) {
  const auto* offsets = static_cast<const int32_t*>(array.buffers[1]);
  return {static_cast<const char*>(array.buffers[2]) + offsets[row],
          static_cast<size_t>(offsets[row + 1] - offsets[row])};
}
inline void check_text(const ArrowArray& array, int64_t rows, ReadResult& result, const char* what) {
  if (array.length != rows || array.n_buffers != 3 || array.offset != 0) result.broken_promise = what;
  const auto* offsets = static_cast<const int32_t*>(array.buffers[1]);
  if (offsets[0] != 0) result.broken_promise = what;
  int64_t nulls = 0;
  for (int64_t i = 0; i < rows; ++i) {
    if (offsets[i + 1] < offsets[i]) result.broken_promise = what;
    nulls += is_null(array, i) ? 1 : 0;
  }
  if (nulls != array.null_count) result.broken_promise = std::string(what) + ": null_count";
}

inline void take(const millwright_batch& batch, ReadResult& result) {
  const int64_t n = batch.schema.n_children;
  if (n != batch.fields.n_children || std::strcmp(batch.schema.format, "+s") != 0 || batch.fields.length != batch.rows)
    result.broken_promise = "schema";
  if (batch.bytes_consumed < result.bytes_consumed) result.broken_promise = "bytes_consumed";
  result.bytes_consumed = batch.bytes_consumed;
  check_text(batch.raw, batch.rows, result, "raw");
  check_text(batch.rejected_raw, batch.rejected, result, "rejected_raw");
  check_text(batch.rejected_codes, batch.rejected, result, "rejected_codes");
  check_text(batch.rejected_reasons, batch.rejected, result, "rejected_reasons");
  for (int64_t f = 0; f < n; ++f) {
    check_text(*batch.fields.children[f], batch.rows, result, batch.schema.children[f]->name);
    const std::string name = batch.schema.children[f]->name;
    if (std::find(result.fields.begin(), result.fields.end(), name) == result.fields.end())
      result.fields.push_back(name);
  }
  for (int64_t r = 0; r < batch.rows; ++r) {
    ReadRow row;
    row.line = static_cast<const int64_t*>(batch.lines.buffers[1])[r];
    row.raw = text_at(batch.raw, r);
    for (int64_t f = 0; f < n; ++f) {
      Cell cell;
      if (!is_null(*batch.fields.children[f], r)) cell.text = text_at(*batch.fields.children[f], r);
      if (batch.kinds.release != nullptr)
        cell.kind = static_cast<const uint8_t*>(batch.kinds.children[f]->buffers[1])[r];
      row.cells.emplace_back(batch.schema.children[f]->name, std::move(cell));
    }
    result.rows.push_back(std::move(row));
  }
  for (int64_t r = 0; r < batch.rejected; ++r)
    result.rejected.push_back(
        {static_cast<const int64_t*>(batch.rejected_lines.buffers[1])[r], std::string(text_at(batch.rejected_codes, r)),
         std::string(text_at(batch.rejected_reasons, r)), std::string(text_at(batch.rejected_raw, r))});
}

inline void release(millwright_batch& batch) {
  if (batch.schema.release != nullptr) batch.schema.release(&batch.schema);
  for (ArrowArray* array : {&batch.fields, &batch.kinds, &batch.lines, &batch.raw, &batch.rejected_lines,
                            &batch.rejected_codes, &batch.rejected_reasons, &batch.rejected_raw})
    if (array->release != nullptr) array->release(array);
}

}  // namespace harness

inline ReadResult read_all(const millwright_connector& connector, std::string_view text, ReadSettings settings = {}) {
  harness::Stream stream{text, 0, settings.piece, settings.fail_after};
  millwright_source source{sizeof(millwright_source), 0, &stream, settings.name, -1, harness::Stream::read};
  std::vector<millwright_option> options;
  for (const auto& [key, value] : settings.options) options.push_back({key.c_str(), value.c_str()});
  const millwright_open_request request{sizeof(millwright_open_request),
                                        static_cast<uint32_t>(options.size()),
                                        &source,
                                        options.data(),
                                        settings.batch_bytes,
                                        settings.batch_rows,
                                        settings.max_row_bytes,
                                        settings.max_fields};
  ReadResult result;
  millwright_error error{};
  error.struct_size = sizeof error;
  millwright_reader* reader = nullptr;
  result.status = connector.open(&request, &reader, &error);
  while (result.status == MILLWRIGHT_OK) {
    millwright_batch batch{};
    batch.struct_size = sizeof batch;
    result.status = connector.next(reader, &batch, &error);
    if (result.status != MILLWRIGHT_OK) break;
    ++result.batches;
    harness::take(batch, result);
    harness::release(batch);
  }
  if (result.status != MILLWRIGHT_END) {
    result.error_code = error.code;
    result.error_message = error.message;
  }
  if (reader != nullptr) result.description = connector.describe(reader);
  connector.close(reader);
  return result;
}

}  // namespace millwright::test

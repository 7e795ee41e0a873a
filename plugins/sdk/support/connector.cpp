// SPDX-License-Identifier: Apache-2.0
#include "plugin_support/connector.h"

#include <exception>

namespace millwright::plugin {

OpenOptions::OpenOptions(const millwright_open_request& request) {
  if (request.source == nullptr || request.source->read == nullptr)
    throw BadInput{"plugin.no_source", "The host gave no source to read from."};
  source = *request.source;
  if (source.name != nullptr) file_name = source.name;
  source.name = nullptr;
  for (uint32_t i = 0; i < request.option_count; ++i)
    options.emplace_back(request.options[i].key, request.options[i].value);
  // 32-bit offsets hold 2 GiB; a byte of a single-byte encoding may become three of UTF-8.
  constexpr int64_t kMaxBatch = int64_t{128} << 20;
  constexpr int64_t kMaxRow = int64_t{256} << 20;
  if (request.batch_bytes > 0) batch_bytes = static_cast<size_t>(std::min(request.batch_bytes, kMaxBatch));
  if (request.batch_rows > 0) batch_rows = request.batch_rows;
  if (request.max_row_bytes > 0) max_row_bytes = static_cast<size_t>(std::min(request.max_row_bytes, kMaxRow));
  if (request.max_fields > 0) max_fields = std::min<int64_t>(request.max_fields, 1 << 16);
}

namespace detail {
namespace {

template <size_t N>
void copy_text(char (&out)[N], std::string_view text) {
  size_t length = std::min(text.size(), N - 1);
  // A cut text ends before the character that did not fit.
  while (length < text.size() && length > 0 && (static_cast<uint8_t>(text[length]) & 0xC0) == 0x80) --length;
  text.copy(out, length);
  out[length] = '\0';
}

}  // namespace

int32_t report(millwright_error* error, int32_t status, std::string_view code, std::string_view message) {
  if (error != nullptr && error->struct_size >= sizeof(millwright_error)) {
    copy_text(error->code, code);
    copy_text(error->message, message);
  }
  return status;
}

int32_t report_current_exception(millwright_error* error) {
  try {
    throw;
  } catch (const ReadFailed&) {
    return report(error, MILLWRIGHT_READ_FAILED, "plugin.read_failed", "The source could not be read on.");
  } catch (const BadInput& bad) {
    return report(error, MILLWRIGHT_BAD_INPUT, bad.code, bad.message);
  } catch (const std::bad_alloc&) {
    return report(error, MILLWRIGHT_NO_MEMORY, "plugin.no_memory", "There is not enough memory.");
  } catch (const std::exception& fault) {
    return report(error, MILLWRIGHT_FAULT, "plugin.fault", fault.what());
  } catch (...) {
    return report(error, MILLWRIGHT_FAULT, "plugin.fault", "Unknown fault.");
  }
}

int32_t next(millwright_reader* reader, millwright_batch* batch, millwright_error* error) {
  try {
    return reinterpret_cast<Opened*>(reader)->reader->next(batch) ? MILLWRIGHT_OK : MILLWRIGHT_END;
  } catch (...) {
    return report_current_exception(error);
  }
}

const char* describe(millwright_reader* reader) {
  try {
    auto* opened = reinterpret_cast<Opened*>(reader);
    opened->description = opened->reader->describe();
    return opened->description.c_str();
  } catch (...) {
    return "{}";
  }
}

void close(millwright_reader* reader) { delete reinterpret_cast<Opened*>(reader); }

}  // namespace detail
}  // namespace millwright::plugin

// SPDX-License-Identifier: Apache-2.0
// A reader written in C++ behind the C interface: exceptions end here.
#pragma once

#include <algorithm>
#include <cstdio>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plugin_support/source.h"
#include "sdk/millwright_plugin.h"

namespace millwright::plugin {

/// open()'s request with its defaults filled in and its limits within what 32-bit offsets can carry.
struct OpenOptions {
  millwright_source source{};
  std::string file_name;
  std::vector<std::pair<std::string, std::string>> options;
  size_t batch_bytes = size_t{1} << 20;
  int64_t batch_rows = INT64_MAX;
  size_t max_row_bytes = size_t{64} << 20;
  int64_t max_fields = 4096;
  size_t head_bytes = size_t{1} << 20;  ///< what a format is found out from; made small by tests only

  explicit OpenOptions(const millwright_open_request& request);
};

/// What a connector of this tree implements. May throw ReadFailed, BadInput and std::bad_alloc.
class Reader {
 public:
  virtual ~Reader() = default;
  /// False at the end.
  virtual bool next(millwright_batch* batch) = 0;
  virtual std::string describe() = 0;
};

namespace detail {
int32_t report(millwright_error* error, int32_t status, std::string_view code, std::string_view message);
int32_t report_current_exception(millwright_error* error);
struct Opened {
  std::unique_ptr<Reader> reader;
  std::string description;
};
int32_t next(millwright_reader* reader, millwright_batch* batch, millwright_error* error);
const char* describe(millwright_reader* reader);
void close(millwright_reader* reader);
}  // namespace detail

/// The C functions for a Reader class with a constructor from OpenOptions.
template <class ReaderClass>
int32_t open_reader(const millwright_open_request* request, millwright_reader** reader, millwright_error* error) {
  *reader = nullptr;
  try {
    auto opened = std::make_unique<detail::Opened>();
    opened->reader = std::make_unique<ReaderClass>(OpenOptions(*request));
    *reader = reinterpret_cast<millwright_reader*>(opened.release());
    return MILLWRIGHT_OK;
  } catch (...) {
    return detail::report_current_exception(error);
  }
}

template <class ReaderClass>
constexpr millwright_connector make_connector(const char* name, const char* description, const char* options_help,
                                              int32_t (*can_read)(const uint8_t*, size_t, int32_t, const char*)) {
  return {sizeof(millwright_connector),
          0,
          name,
          "1.0.0",
          description,
          options_help,
          can_read,
          open_reader<ReaderClass>,
          detail::next,
          detail::describe,
          detail::close};
}

}  // namespace millwright::plugin

/// The entry of a plugin with one connector.
#define MILLWRIGHT_SINGLE_CONNECTOR_PLUGIN(plugin_name, connector_function)                                      \
  extern "C" const millwright_plugin* millwright_plugin_entry(uint32_t host_abi) {                               \
    static const millwright_connector* const connectors[] = {connector_function()};                              \
    static const millwright_plugin plugin = {                                                                    \
        sizeof(millwright_plugin), MILLWRIGHT_PLUGIN_ABI, plugin_name, "1.0.0", "Apache-2.0", 1, 0, connectors}; \
    return host_abi == MILLWRIGHT_PLUGIN_ABI ? &plugin : nullptr;                                                \
  }

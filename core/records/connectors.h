// The plugin host: connectors that read a format.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/result.h"

struct millwright_connector;

namespace millwright::records {

struct ConnectorInfo {
  std::string name;
  std::string version;
  std::string description;
  std::string options_help;
  fs::path plugin;  ///< the library it came from
  std::string plugin_name, plugin_version, license;
  const millwright_connector* connector = nullptr;  ///< lives as long as the process
};

struct RefusedPlugin {
  fs::path path;
  std::string reason;
};

/// All connectors of the installation's and the user's plugin folders; loaded once for the process, never from a
/// project. MILLWRIGHT_PLUGINS (folders, ':' between) stands in for both.
[[nodiscard]] const std::vector<ConnectorInfo>& connectors();
/// Libraries in those folders that could not be used, and why.
[[nodiscard]] const std::vector<RefusedPlugin>& refused_plugins();
[[nodiscard]] std::vector<fs::path> plugin_folders();

/// By name, or (empty name) by the first bytes of the source; `whole` where they are all. `.jsonl` and `.ndjson` mean
/// JSON Lines. Errors (bad_input): import.unknown_connector, import.unknown_format, import.no_connectors.
[[nodiscard]] Result<const ConnectorInfo*> choose_connector(std::string_view name, std::span<const uint8_t> head,
                                                            bool whole, std::string_view file_name);

}  // namespace millwright::records

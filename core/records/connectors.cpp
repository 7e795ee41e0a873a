#include "records/connectors.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>

#include "base/log.h"
#include "sdk/millwright_plugin.h"

namespace millwright::records {
namespace {

struct Host {
  std::vector<ConnectorInfo> connectors;
  std::vector<RefusedPlugin> refused;
};

std::string text_of(const char* text) { return text == nullptr ? std::string() : std::string(text); }

/// Why a plugin's description cannot be used; empty when it can.
std::string what_is_wrong(const millwright_plugin* plugin) {
  if (plugin == nullptr) return "it does not serve this version of the program";
  if (plugin->struct_size < offsetof(millwright_plugin, connectors) + sizeof(plugin->connectors))
    return "its description is too short";
  if (plugin->abi_version != MILLWRIGHT_PLUGIN_ABI)
    return "it was built for version " + std::to_string(plugin->abi_version) + " of the plugin interface, this is " +
           std::to_string(MILLWRIGHT_PLUGIN_ABI);
  if (plugin->connector_count > 0 && plugin->connectors == nullptr) return "its list of connectors is missing";
  return {};
}

bool usable(const millwright_connector* c) {
  return c != nullptr && c->struct_size >= offsetof(millwright_connector, close) + sizeof(c->close) &&
         c->name != nullptr && *c->name != '\0' && c->can_read != nullptr && c->open != nullptr && c->next != nullptr &&
         c->close != nullptr;
}

void take_connectors(Host& host, const fs::path& path, const millwright_plugin& plugin) {
  for (uint32_t i = 0; i < plugin.connector_count; ++i) {
    const millwright_connector* connector = plugin.connectors[i];
    if (!usable(connector)) {
      host.refused.push_back({path, "a connector's description is not complete"});
      continue;
    }
    const std::string name = connector->name;
    if (std::any_of(host.connectors.begin(), host.connectors.end(), [&](const auto& c) { return c.name == name; })) {
      host.refused.push_back({path, "there is a connector “" + name + "” already"});
      continue;
    }
    host.connectors.push_back({name, text_of(connector->version), text_of(connector->description),
                               text_of(connector->options_help), path, text_of(plugin.name), text_of(plugin.version),
                               text_of(plugin.license), connector});
  }
}

void load(Host& host, const fs::path& path) {
  // Never closed again: connectors and the batches they handed out live as long as the process.
  void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* why = ::dlerror();
    host.refused.push_back({path, why == nullptr ? "it cannot be loaded" : why});
    return;
  }
  const auto entry = reinterpret_cast<millwright_plugin_entry_function>(::dlsym(library, "millwright_plugin_entry"));
  if (entry == nullptr) {
    host.refused.push_back({path, "it has no millwright_plugin_entry"});
    return;
  }
  const millwright_plugin* plugin = entry(MILLWRIGHT_PLUGIN_ABI);
  if (const std::string wrong = what_is_wrong(plugin); !wrong.empty()) {
    host.refused.push_back({path, wrong});
    return;
  }
  take_connectors(host, path, *plugin);
}

Host load_all() {
  Host host;
  for (const fs::path& folder : plugin_folders()) {
    std::vector<fs::path> files;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored))
      if (entry.path().extension() == ".so") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) load(host, file);
  }
  for (const RefusedPlugin& refused : host.refused)
    log::warning("plugin " + refused.path.string() + " is not used: " + refused.reason);
  return host;
}

const Host& host() {
  static const Host one = load_all();
  return one;
}

std::string known_names() {
  std::string names;
  for (const ConnectorInfo& c : connectors()) names += (names.empty() ? "" : ", ") + c.name;
  return names;
}

const ConnectorInfo* named(std::string_view name) {
  const auto& all = connectors();
  const auto found = std::find_if(all.begin(), all.end(), [&](const ConnectorInfo& c) { return c.name == name; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace

std::vector<fs::path> plugin_folders() {
  std::vector<fs::path> folders;
  if (const char* given = std::getenv("MILLWRIGHT_PLUGINS"); given != nullptr && *given != '\0') {
    std::string_view rest = given;
    while (!rest.empty()) {
      const size_t colon = rest.find(':');
      if (const auto one = rest.substr(0, colon); !one.empty()) folders.emplace_back(one);
      rest = colon == std::string_view::npos ? std::string_view() : rest.substr(colon + 1);
    }
    return folders;
  }
  folders.push_back(program_folder() / ".." / "lib" / "millwright" / "plugins");
  if (const char* data = std::getenv("XDG_DATA_HOME"); data != nullptr && *data == '/')
    folders.push_back(fs::path(data) / "millwright" / "plugins");
  else if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/')
    folders.push_back(fs::path(home) / ".local" / "share" / "millwright" / "plugins");
  return folders;
}

const std::vector<ConnectorInfo>& connectors() { return host().connectors; }
const std::vector<RefusedPlugin>& refused_plugins() { return host().refused; }

Result<const ConnectorInfo*> choose_connector(std::string_view name, std::span<const uint8_t> head, bool whole,
                                              std::string_view file_name) {
  if (connectors().empty()) {
    std::string folders;
    for (const fs::path& folder : plugin_folders()) folders += (folders.empty() ? "" : ", ") + folder.string();
    return fail(ErrorKind::bad_input, "import.no_connectors", "No connector was found in {folders}.",
                {{"folders", folders}},
                "The installation is not complete; MILLWRIGHT_PLUGINS can name another folder.");
  }
  if (!name.empty()) {
    if (const ConnectorInfo* found = named(name)) return found;
    return fail(ErrorKind::bad_input, "import.unknown_connector", "There is no connector “{connector}”.",
                {{"connector", std::string(name)}, {"names", known_names()}}, "There are: {names}.");
  }
  const fs::path path{std::string(file_name)};
  if (path.extension() == ".jsonl" || path.extension() == ".ndjson")
    if (const ConnectorInfo* found = named("jsonl")) return found;
  const ConnectorInfo* best = nullptr;
  int32_t surest = 0;
  const std::string hint(file_name);
  for (const ConnectorInfo& c : connectors()) {
    const int32_t sure =
        c.connector->can_read(head.data(), head.size(), whole ? 1 : 0, hint.empty() ? nullptr : hint.c_str());
    if (sure > surest) {
      surest = sure;
      best = &c;
    }
  }
  if (best != nullptr) return best;
  return fail(ErrorKind::bad_input, "import.unknown_format", "No connector knows the format of {file}.",
              {{"file", hint.empty() ? "the input" : hint}, {"names", known_names()}},
              "Name one with --connector: {names}.");
}

}  // namespace millwright::records

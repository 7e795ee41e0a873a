#include "base/work.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

#include "base/files.h"
#include "base/ids.h"

namespace millwright {

namespace {
fs::path state_folder() {
  if (const char* set = std::getenv("XDG_STATE_HOME"); set != nullptr && *set == '/')
    return fs::path(set) / "millwright";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0')
    return fs::path(home) / ".local/state/millwright";
  return fs::temp_directory_path() / ("millwright-" + std::to_string(::getuid()));
}
}  // namespace

std::string this_device() {
  static const std::string id = [] {
    const fs::path file = state_folder() / "device";
    if (const auto kept = read_file(file); kept && kept->size() == 12) return *kept;
    const std::string made = tail(new_uuid());
    // Two programs that start at the same time: whoever renames last decides; both read it afterwards.
    if (make_folders(state_folder()) && write_file_atomically(file, made)) {
      if (const auto kept = read_file(file); kept && kept->size() == 12) return *kept;
    }
    return made;
  }();
  return id;
}

std::string user_name() {
  if (const passwd* entry = ::getpwuid(::getuid()); entry != nullptr && entry->pw_name != nullptr)
    return entry->pw_name;
  if (const char* user = std::getenv("USER"); user != nullptr && *user != '\0') return user;
  return "user" + std::to_string(::getuid());
}

}  // namespace millwright

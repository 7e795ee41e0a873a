#include "settings.h"

namespace millwright::cli {

Result<std::vector<std::pair<std::string, std::string>>> read_settings(const std::vector<std::string>& typed) {
  std::vector<std::pair<std::string, std::string>> settings;
  for (const std::string& setting : typed) {
    const size_t equals = setting.find('=');
    if (equals == std::string::npos || equals == 0)
      return fail(ErrorKind::usage, "train.setting", "{setting} is no setting.", {{"setting", setting}},
                  "Settings are written NAME=VALUE.");
    settings.emplace_back(setting.substr(0, equals), setting.substr(equals + 1));
  }
  return settings;
}

}  // namespace millwright::cli

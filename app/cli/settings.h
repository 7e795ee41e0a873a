// What --set is given: settings of an algorithm.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace millwright::cli {

/// Each "NAME=VALUE" taken apart. Error: usage "train.setting".
[[nodiscard]] Result<std::vector<std::pair<std::string, std::string>>> read_settings(
    const std::vector<std::string>& typed);

}  // namespace millwright::cli

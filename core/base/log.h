// Logging to standard error, and to a file where one is set. Nothing of a record's content is ever logged.
#pragma once

#include <string_view>

namespace millwright::log {

enum class Level { debug, info, warning, error, off };
/// Default: warning; the environment's MILLWRIGHT_LOG=debug|info|warning|error changes it.
void set_level(Level level);
void debug(std::string_view text);
void info(std::string_view text);
void warning(std::string_view text);
void error(std::string_view text);

}  // namespace millwright::log

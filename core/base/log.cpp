#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdlib>

namespace millwright::log {
namespace {

spdlog::level::level_enum from_environment() {
  const char* text = std::getenv("MILLWRIGHT_LOG");
  if (text == nullptr) return spdlog::level::warn;
  return spdlog::level::from_str(text);
}

spdlog::logger& logger() {
  static const auto instance = [] {
    auto made = std::make_shared<spdlog::logger>("millwright", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%H:%M:%S.%e %l %v");
    made->set_level(from_environment());
    return made;
  }();
  return *instance;
}

}  // namespace

void set_level(Level level) {
  static constexpr spdlog::level::level_enum kLevels[] = {spdlog::level::debug, spdlog::level::info,
                                                          spdlog::level::warn, spdlog::level::err, spdlog::level::off};
  logger().set_level(kLevels[static_cast<int>(level)]);
}
void debug(std::string_view text) { logger().debug("{}", text); }
void info(std::string_view text) { logger().info("{}", text); }
void warning(std::string_view text) { logger().warn("{}", text); }
void error(std::string_view text) { logger().error("{}", text); }

}  // namespace millwright::log

#include "base/memory.h"

#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>

namespace millwright {
namespace {

/// A number of the file /proc/self/status or /proc/meminfo, in bytes.
uint64_t kilobytes_of(const char* file, const std::string& name) {
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(name)) return std::strtoull(line.c_str() + name.size(), nullptr, 10) * 1024;
  return 0;
}

uint64_t number_in(const char* file) {
  std::ifstream in(file);
  uint64_t number = 0;
  return in >> number ? number : 0;
}

}  // namespace

uint64_t available_memory() {
  constexpr uint64_t kUnknown = std::numeric_limits<uint64_t>::max();
  uint64_t bytes = kilobytes_of("/proc/meminfo", "MemAvailable:");
  if (bytes == 0) bytes = kUnknown;
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    const uint64_t taken = kilobytes_of("/proc/self/status", "VmSize:");
    bytes = std::min<uint64_t>(bytes, limit.rlim_cur > taken ? limit.rlim_cur - taken : 0);
  }
  // The control group that a container or a unit of systemd shows as its root.
  if (const uint64_t most = number_in("/sys/fs/cgroup/memory.max"); most > 0) {
    const uint64_t taken = number_in("/sys/fs/cgroup/memory.current");
    bytes = std::min(bytes, most > taken ? most - taken : 0);
  }
  return bytes;
}

uint64_t resident_memory() { return kilobytes_of("/proc/self/status", "VmRSS:"); }
uint64_t peak_resident_memory() { return kilobytes_of("/proc/self/status", "VmHWM:"); }

}  // namespace millwright

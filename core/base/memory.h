// How much memory this program has and could get.
#pragma once

#include <cstdint>

namespace millwright {

/// Bytes that the system would give to this program on top of what it has: what is available, and within the limits of
/// its address space and of its control group. The largest number where nothing is known.
[[nodiscard]] uint64_t available_memory();
/// Bytes of this program that are resident, now and at most so far; 0 where the system does not tell.
[[nodiscard]] uint64_t resident_memory();
[[nodiscard]] uint64_t peak_resident_memory();

}  // namespace millwright

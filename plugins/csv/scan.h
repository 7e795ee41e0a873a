// SPDX-License-Identifier: Apache-2.0
// Finds the bytes that matter in CSV, 64 at a time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "plugin_support/buffer.h"

namespace millwright::plugin::csv {

struct ScanResult {
  size_t count = 0;        ///< positions found
  bool non_ascii = false;  ///< some byte ≥ 0x80
  bool nul = false;        ///< some byte is 0
};

/// Writes the positions of delimiter, '"', LF and, where `carriage_return`, CR into `positions` (uint32), in order.
/// Touches up to Buffer::kPadding bytes behind data + size.
[[nodiscard]] ScanResult scan(const uint8_t* data, size_t size, uint8_t delimiter, bool carriage_return,
                              Buffer& positions);

}  // namespace millwright::plugin::csv

// SPDX-License-Identifier: Apache-2.0
// JSON Lines: one object of RFC 8259 a line. Each value keeps what it was: a number its digits, an object or array its
// text.
#pragma once

#include "sdk/millwright_plugin.h"

namespace millwright::plugin {

[[nodiscard]] const millwright_connector* jsonl_connector();

}  // namespace millwright::plugin

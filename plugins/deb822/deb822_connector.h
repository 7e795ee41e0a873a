// SPDX-License-Identifier: Apache-2.0
// Debian control files such as package indexes (deb822(5)): stanzas of "Name: value" with continuation lines, apart by
// empty lines. Values are handed over as they stand, whatever they mean.
#pragma once

#include "sdk/millwright_plugin.h"

namespace millwright::plugin {

[[nodiscard]] const millwright_connector* deb822_connector();

}  // namespace millwright::plugin

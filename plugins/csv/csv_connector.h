// SPDX-License-Identifier: Apache-2.0
// CSV and TSV as RFC 4180 has them, and as they are found: any of four delimiters, LF, CR LF or CR, UTF-8, UTF-16 or
// Windows-1252. What is taken literally and what is rejected stands in plugins/csv/README.md.
#pragma once

#include "sdk/millwright_plugin.h"

namespace millwright::plugin {

[[nodiscard]] const millwright_connector* csv_connector();

}  // namespace millwright::plugin

// One JSON object as cells, in its order, each value as it stood.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "records/reading.h"

namespace millwright::records::detail {

[[nodiscard]] tl::unexpected<Error> damaged_row(std::string_view what);
/// Error: store.damaged.
[[nodiscard]] Result<std::vector<Cell>> json_cells(std::string_view object);
/// A string as a JSON string literal, appended.
void append_json_string(std::string& out, std::string_view text);

}  // namespace millwright::records::detail

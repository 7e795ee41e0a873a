// What rows are looked at: batches of an asset, or a range of its time field.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "records/asset.h"
#include "store/project.h"

namespace millwright::records {

struct Window {
  int64_t asset = 0;
  std::vector<int64_t> batches;  ///< rows of the catalogue, in order
  /// Microseconds since 1970, half open, in the asset's time field; rows without a time are outside.
  std::optional<int64_t> from_us, to_us;
  std::string text;  ///< as it was given, normalised: full tails
};

/// "B", "B1,B2" or "FROM..TO" (ISO 8601; either side may be left out). Errors (bad_input): window.*, store.no_such_id.
[[nodiscard]] Result<Window> parse_window(const store::Project& project, const Asset& asset, std::string_view text);
/// All batches of the asset.
[[nodiscard]] Result<Window> whole_asset(const store::Project& project, const Asset& asset);
[[nodiscard]] Result<Window> window_of_batches(const store::Project& project, const std::vector<int64_t>& batches);

}  // namespace millwright::records

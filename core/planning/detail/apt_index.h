// Debian's package indexes as data: the one of the release that runs here, as apt keeps it, and the next release's,
// fetched by apt itself (which checks the signatures) with a state folder of its own.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>

#include "base/result.h"

namespace millwright::planning::detail {

struct AptIndex {
  std::string codename;  ///< "bookworm"
  std::string file;      ///< apt's list, perhaps compressed
};

/// The main index of the release of this machine. Errors: demo.no_apt, demo.no_index.
[[nodiscard]] Result<AptIndex> release_index();
/// The index of this release's security suite, whose lists apt has already.
[[nodiscard]] Result<AptIndex> security_index();
/// Fetches the next release's main index into `folder`. Errors: demo.no_next_release, demo.offline.
[[nodiscard]] Result<AptIndex> fetch_next_release(const std::filesystem::path& folder, std::stop_token stop);
/// Writes an index, decompressed, to `out`.
[[nodiscard]] Status decompress_index(const AptIndex& index, const std::filesystem::path& out, std::stop_token stop);

}  // namespace millwright::planning::detail

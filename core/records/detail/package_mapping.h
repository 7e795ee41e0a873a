// A stanza of a Debian package index as the demo's record. Formats: deb822(5), Debian policy 5.
#pragma once

#include <memory>

#include "source_batch.h"

namespace millwright::records::detail {

/// Rows of the fields that Mapping::debian_package names; lines and rejected rows stay. Stanzas without a package name
/// are rejected.
[[nodiscard]] std::shared_ptr<SourceBatch> map_packages(const std::shared_ptr<SourceBatch>& stanzas);

}  // namespace millwright::records::detail

// A field's values as they came, read back from the rows of a batch that is still being written.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "row_builder.h"
#include "store/batch_file.h"

namespace millwright::records::detail {

/// For arrivals `first` … `first + rows − 1`; nullopt where missing.
[[nodiscard]] Result<std::vector<std::optional<std::string>>> column_texts(
    const store::Project& project, const store::BatchWriter& writer, const std::vector<KnownBatch>& known,
    const store::Repeats& repeats, const std::vector<std::string>& names, size_t field, int64_t first, int64_t rows);

}  // namespace millwright::records::detail

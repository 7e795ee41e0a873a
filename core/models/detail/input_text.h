// What a model reads of a record: the task's input fields, in order, with a blank between. Training, evaluation and
// prediction all ask here, so that a model never sees another text than the one it learnt from.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "records/columns.h"
#include "store/project.h"

namespace millwright::models::detail {

/// Texts of the rows at `rows` (places in the scan). Missing values are left out.
[[nodiscard]] Result<std::vector<std::string>> input_texts(const records::ColumnScan& scan,
                                                           const std::vector<std::string>& fields,
                                                           std::span<const int64_t> rows);
[[nodiscard]] std::string join_fields(std::span<const std::string_view> values);

/// Places of records in a scan that holds each record once; −1 where it is not there.
[[nodiscard]] Result<std::vector<int64_t>> places_of(const records::ColumnScan& scan,
                                                     std::span<const RecordRef> records);

}  // namespace millwright::models::detail

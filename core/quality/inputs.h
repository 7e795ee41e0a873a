// The input of a record, as one number to compare: equal inputs have equal hashes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/hash.h"
#include "base/result.h"
#include "records/columns.h"

namespace millwright::quality {

/// Keyed hash over the values of `fields`, as they came, of all rows of a scan or of those at `rows`. A row in which
/// all are missing has Hash128{} and is the same input as no other; a field that the data lacks counts as missing.
[[nodiscard]] Result<std::vector<Hash128>> input_hashes(const records::ColumnScan& scan,
                                                        const std::vector<std::string>& fields, const SipKey& key,
                                                        std::span<const int64_t> rows = {});

/// Labels as numbers and their names; −1: missing.
struct CodedLabels {
  std::vector<std::string> names;  ///< in the order in which they are first met
  std::vector<int32_t> codes;
};
/// A field's values as labels, byte for byte as they came.
[[nodiscard]] Result<CodedLabels> labels_of_field(const records::ColumnScan& scan, const std::string& field);

}  // namespace millwright::quality

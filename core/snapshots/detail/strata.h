// What a first cut keeps level over the splits.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "labels/label_value.h"

namespace millwright::snapshots::detail {

/// The stratum of each row. `codes` index `values`, whose order must not depend on how labels were met.
///   one label       the label
///   several, spans  of the labels that the row names the one that fewest rows name, so that no rare label is left to
///                   chance (the idea of iterative stratification, Sechidis, Tsoumakas & Vlahavas 2011, in one pass);
///                   rows without any are a stratum of their own
///   number          ten parts of the rows in the order of their values, as equal as ties allow
[[nodiscard]] std::vector<int32_t> strata_of(labels::TaskKind kind, std::span<const labels::LabelValue> values,
                                             std::span<const int32_t> codes);

}  // namespace millwright::snapshots::detail

// Seeded data, the same on every machine: package records like Debian's for the demo where there is no apt, and wide
// tables for benchmarks.
#pragma once

#include <cstdint>
#include <string>

#include "base/files.h"
#include "base/result.h"

namespace millwright::records {

struct PackageGeneration {
  uint64_t seed = 1;
  int64_t rows = 6'000;
  /// The later batch: keeps most of the reference batch's packages (some with a changed version of their fields), drops
  /// some, adds packages of new sources; installed sizes of new sources are larger, the share of `rust` doubles.
  bool later = false;
};
/// JSON Lines with the fields of Mapping::debian_package. About 58 sections of very unequal size, whose names and
/// descriptions a linear model tells apart in 85 to 90 of 100.
[[nodiscard]] Status generate_packages(const fs::path& file, const PackageGeneration& generation);

enum class TableKind { numeric, text_heavy };
struct TableGeneration {
  uint64_t seed = 1;
  int64_t rows = 1'000'000;
  TableKind kind = TableKind::numeric;
};
/// CSV with a header and 20 fields: integers, decimals, times, categories, short texts; about 200 bytes a row.
[[nodiscard]] Status generate_table(const fs::path& file, const TableGeneration& generation);

}  // namespace millwright::records

// The tables of a facts file, and reading one by its path: what facts_file.cpp writes and verify.cpp checks.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "store/facts_file.h"

namespace millwright::store::detail {

/// "MWFA"
inline constexpr int kFactsApplicationId = 0x4D574641;
inline constexpr int kFactsVersion = 1;
inline constexpr size_t kChunk = 65'536;

// Classes of columns as in migrations.cpp.
inline constexpr std::string_view kFactsSchema = R"sql(
CREATE TABLE facts(
  only INTEGER PRIMARY KEY CHECK(only = 1),
  what TEXT /*none*/ NOT NULL,
  about TEXT /*none*/ NOT NULL,            -- JSON: ids and versions that hold for all rows
  rows INTEGER NOT NULL,
  leaf_column INTEGER                      -- the column of digests that are the rows' leaves; null: made of the values
) STRICT;
CREATE TABLE facts_column(
  id INTEGER PRIMARY KEY,                  -- 0, 1, 2 … in order
  name TEXT /*none*/ NOT NULL,             -- empty: leaves that are no column of their own
  kind TEXT /*none*/ NOT NULL CHECK(kind IN ('integer', 'real', 'text', 'digest'))
) STRICT;
CREATE TABLE facts_chunk(
  id INTEGER PRIMARY KEY,                  -- in the order of writing: column by column
  column_id INTEGER NOT NULL REFERENCES facts_column(id),
  part TEXT /*none*/ NOT NULL CHECK(part IN ('values', 'lengths', 'texts')),
  first INTEGER NOT NULL,                  -- of its part, from 0
  count INTEGER NOT NULL,
  data BLOB /*payload*/ NOT NULL           -- column_codec.h; digests: 32 bytes each, as they are
) STRICT;
)sql";

struct FactsWithLeaves {
  Facts facts;
  std::vector<Digest> leaves;  ///< only where they were asked for
};

/// Reads and checks one file. `with_leaves`: also the leaf of each row, stored or made.
[[nodiscard]] Result<FactsWithLeaves> read_facts_at(const fs::path& path, bool with_leaves);
/// SHA-256 over the row's values in column order: integer and real as 8 bytes little-endian, text as its length (8
/// bytes) and bytes, missing text as 8 bytes 0xFF, digest as it is.
[[nodiscard]] std::vector<Digest> leaves_of(const Facts& facts);

}  // namespace millwright::store::detail

// What the writer and the reader of batch files share.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "store/batch_file.h"

namespace millwright::store::detail {

inline constexpr int64_t kBatchFormat = 1;
inline constexpr int64_t kMaxDictionary = 1 << 24;
inline constexpr size_t kMaxDictionaryBytes = size_t{1} << 30;
inline constexpr size_t kMaxBlockBytes = size_t{160} << 20;

extern const char* const kBatchSchema;

[[nodiscard]] inline int64_t chunk_id(size_t field, int64_t chunk) { return static_cast<int64_t>(field) << 32 | chunk; }
[[nodiscard]] Bytes encode_dictionary(std::span<const std::string> values);
[[nodiscard]] Result<std::vector<std::string>> decode_dictionary(std::span<const uint8_t> stored, int64_t entries);
[[nodiscard]] Result<RowBlock> load_block(const Database& db, int64_t place);

}  // namespace millwright::store::detail

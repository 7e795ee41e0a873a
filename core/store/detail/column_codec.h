// How columns lie in a facts file: integers as differences to a base in as few bytes as they need, everything in zstd.
// Decoding trusts nothing: lengths are checked before memory is taken.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/result.h"

namespace millwright::store::detail {

[[nodiscard]] Bytes compress(std::span<const uint8_t> data);
/// store.damaged unless it unpacks to at most `limit` bytes.
[[nodiscard]] Result<Bytes> decompress(std::span<const uint8_t> data, size_t limit);

/// zstd of: mode (0 values, 1 differences between neighbours), width in bytes (0, 1, 2, 4, 8), first value, base; then
/// width bytes for each value. Little-endian.
[[nodiscard]] Bytes encode_integers(std::span<const int64_t> values);
/// Appends `count` integers to `out`.
[[nodiscard]] Status decode_integers(std::span<const uint8_t> data, size_t count, std::vector<int64_t>& out);

[[nodiscard]] tl::unexpected<Error> damaged(std::string_view file, std::string_view reason);

}  // namespace millwright::store::detail

// Small readers and writers of little-endian bytes for batch files; the reader never steps beyond its bytes.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "base/hash.h"
#include "base/result.h"

namespace millwright::store::detail {

static_assert(std::endian::native == std::endian::little, "files are little-endian and read in place");

[[nodiscard]] tl::unexpected<Error> damaged_batch(std::string_view what);

template <class T>
void put(Bytes& out, T value) {
  const size_t at = out.size();
  out.resize(at + sizeof value);
  std::memcpy(out.data() + at, &value, sizeof value);
}

inline void put_bytes(Bytes& out, const void* data, size_t size) {
  const auto* bytes = static_cast<const uint8_t*>(data);
  out.insert(out.end(), bytes, bytes + size);
}

/// Takes a value off the front; false when too few bytes are left.
template <class T>
[[nodiscard]] bool take(std::span<const uint8_t>& in, T& value) {
  if (in.size() < sizeof value) return false;
  std::memcpy(&value, in.data(), sizeof value);
  in = in.subspan(sizeof value);
  return true;
}

/// Integers as differences from their least, in as few whole bytes as hold the largest.
void put_narrow(Bytes& out, std::span<const int64_t> values);
[[nodiscard]] bool take_narrow(std::span<const uint8_t>& in, std::span<int64_t> values);

}  // namespace millwright::store::detail

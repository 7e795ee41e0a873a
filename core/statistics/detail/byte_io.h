// Fixed-width little-endian numbers in a row of bytes.
#pragma once

#include <bit>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

#include "base/hash.h"
#include "base/result.h"

namespace millwright::statistics::detail {

static_assert(std::endian::native == std::endian::little, "files are little-endian; this machine would need to swap");

template <class T>
requires std::is_arithmetic_v<T>
void put(Bytes& out, T value) {
  const size_t at = out.size();
  out.resize(at + sizeof(T));
  std::memcpy(out.data() + at, &value, sizeof(T));
}

template <class T>
void put_all(Bytes& out, std::span<const T> values) {
  put(out, static_cast<uint32_t>(values.size()));
  const size_t at = out.size();
  out.resize(at + values.size_bytes());
  if (!values.empty()) std::memcpy(out.data() + at, values.data(), values.size_bytes());
}

/// False where the bytes end too early; the value is then unspecified.
template <class T>
requires std::is_arithmetic_v<T>
[[nodiscard]] bool take(std::span<const uint8_t>& in, T& value) {
  if (in.size() < sizeof(T)) return false;
  std::memcpy(&value, in.data(), sizeof(T));
  in = in.subspan(sizeof(T));
  return true;
}

template <class Vector>
[[nodiscard]] bool take_all(std::span<const uint8_t>& in, Vector& values) {
  uint32_t count = 0;
  using T = typename Vector::value_type;
  if (!take(in, count) || in.size() / sizeof(T) < count) return false;
  values.resize(count);
  if (count > 0) std::memcpy(values.data(), in.data(), count * sizeof(T));
  in = in.subspan(count * sizeof(T));
  return true;
}

[[nodiscard]] inline auto damaged() {
  return fail(ErrorKind::store, "summary.damaged", "A stored summary is damaged.", {},
              "Run verify on the project; restore the file from a backup.");
}

}  // namespace millwright::statistics::detail

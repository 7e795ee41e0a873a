// Ids. Facts carry a UUIDv7 (RFC 9562): 48 bit of milliseconds, 12 bit that count within one, 62 random bits.
// People see its random tail in base32: the head is only the time.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace millwright {

struct Uuid {
  std::array<uint8_t, 16> bytes{};
  auto operator<=>(const Uuid&) const = default;
  [[nodiscard]] bool is_null() const { return *this == Uuid{}; }
  [[nodiscard]] std::span<const uint8_t> span() const { return bytes; }
};

/// A new UUIDv7: increasing within the process, unique everywhere. Thread-safe.
[[nodiscard]] Uuid new_uuid();
/// The 8-4-4-4-12 form; for files and exchange.
[[nodiscard]] std::string to_string(const Uuid& id);
[[nodiscard]] std::optional<Uuid> uuid_from_string(std::string_view text);
[[nodiscard]] std::optional<Uuid> uuid_from_bytes(std::span<const uint8_t> bytes);
/// What people see and type: the low 60 random bits, 12 characters of Crockford's base32 in lower case (no i, l, o, u).
/// An abbreviation is any prefix of it.
[[nodiscard]] std::string tail(const Uuid& id);
/// Length at which lists show tails.
inline constexpr size_t kShortTail = 6;
/// Lower-cases and maps what people mistype (o→0, i l→1); nullopt where a character is none of base32.
[[nodiscard]] std::optional<std::string> normalise_tail(std::string_view typed);

/// Distinct types for distinct ids: Id<struct BatchTag> never mixes with Id<struct ModelTag>.
template <class Tag>
struct Id {
  Uuid value;
  auto operator<=>(const Id&) const = default;
  [[nodiscard]] static Id make() { return Id{new_uuid()}; }
};

/// A record: the batch that it first arrived in (row of the catalogue in project.db) and its place there, from 0.
/// Outside it is written TAIL-ORDINAL, e.g. "k3f9x2ab7qwm-1024", with the batch's tail.
struct RecordRef {
  int64_t batch = 0;
  int64_t ordinal = 0;
  auto operator<=>(const RecordRef&) const = default;
};

}  // namespace millwright

template <>
struct std::hash<millwright::Uuid> {
  size_t operator()(const millwright::Uuid& id) const noexcept {
    uint64_t low = 0;
    for (int i = 8; i < 16; ++i) low = low << 8 | id.bytes[static_cast<size_t>(i)];
    return low;
  }
};
template <>
struct std::hash<millwright::RecordRef> {
  size_t operator()(const millwright::RecordRef& r) const noexcept {
    uint64_t x = static_cast<uint64_t>(r.batch) * 0x9E3779B97F4A7C15ULL ^ static_cast<uint64_t>(r.ordinal);
    x ^= x >> 31;
    x *= 0xBF58476D1CE4E5B9ULL;
    return x ^ (x >> 29);
  }
};

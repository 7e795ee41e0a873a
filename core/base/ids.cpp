#include "base/ids.h"

#include <mutex>

#include "base/clock.h"
#include "base/hash.h"

namespace millwright {
namespace {
constexpr char kAlphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";
}

Uuid new_uuid() {
  static std::mutex mutex;
  static int64_t last_ms = 0;
  static uint16_t counter = 0;
  Uuid id;
  random_bytes(id.bytes);
  const std::lock_guard lock(mutex);
  int64_t now = now_ms();
  if (now > last_ms) {
    last_ms = now;
    counter = static_cast<uint16_t>((id.bytes[6] << 8 | id.bytes[7]) & 0x7FF);  // room to count up within a millisecond
  } else if (++counter > 0xFFF) {
    ++last_ms;
    counter = 0;
  }
  now = last_ms;
  for (int i = 0; i < 6; ++i) id.bytes[static_cast<size_t>(i)] = static_cast<uint8_t>(now >> (40 - 8 * i));
  id.bytes[6] = static_cast<uint8_t>(0x70 | counter >> 8);
  id.bytes[7] = static_cast<uint8_t>(counter);
  id.bytes[8] = static_cast<uint8_t>(0x80 | (id.bytes[8] & 0x3F));
  return id;
}

std::string to_string(const Uuid& id) {
  const std::string hex = to_hex(id.bytes);
  return hex.substr(0, 8) + '-' + hex.substr(8, 4) + '-' + hex.substr(12, 4) + '-' + hex.substr(16, 4) + '-' +
         hex.substr(20);
}

std::optional<Uuid> uuid_from_string(std::string_view text) {
  std::string hex;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '-') {
      if (i != 8 && i != 13 && i != 18 && i != 23) return std::nullopt;
    } else {
      hex += text[i];
    }
  }
  if (text.size() != 36 || hex.size() != 32) return std::nullopt;
  const auto bytes = from_hex(hex);
  return bytes ? uuid_from_bytes(*bytes) : std::nullopt;
}

std::optional<Uuid> uuid_from_bytes(std::span<const uint8_t> bytes) {
  if (bytes.size() != 16) return std::nullopt;
  Uuid id;
  std::copy(bytes.begin(), bytes.end(), id.bytes.begin());
  return id;
}

std::string tail(const Uuid& id) {
  uint64_t low = 0;
  for (size_t i = 8; i < 16; ++i) low = low << 8 | id.bytes[i];
  std::string out(12, '0');
  for (int i = 0; i < 12; ++i) out[static_cast<size_t>(i)] = kAlphabet[low >> (55 - 5 * i) & 31];
  return out;
}

std::optional<std::string> normalise_tail(std::string_view typed) {
  std::string out;
  for (char c : typed) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == 'o') c = '0';
    if (c == 'i' || c == 'l') c = '1';
    if (std::string_view(kAlphabet).find(c) == std::string_view::npos) return std::nullopt;
    out += c;
  }
  return out;
}

}  // namespace millwright

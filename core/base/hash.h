// Hashing: SHA-256 (OpenSSL) where it proves something, SipHash-2-4 with a key where it finds something.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace millwright {

using Digest = std::array<uint8_t, 32>;
using Bytes = std::vector<uint8_t>;

/// SHA-256 in pieces.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void reset();
  void update(std::span<const uint8_t> data);
  void update(std::string_view text);
  /// Ends it; call reset() before the next use.
  [[nodiscard]] Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

[[nodiscard]] Digest sha256(std::span<const uint8_t> data);
[[nodiscard]] Digest sha256(std::string_view text);
/// Of a file, read in pieces. Never of a database that this process has open (closing it would drop SQLite's locks).
[[nodiscard]] Result<Digest> sha256_of_file(const std::filesystem::path& path);
/// Merkle root over the SHA-256 of each piece of 16 MiB of a file, in order; the pieces are hashed on all cores.
[[nodiscard]] Result<Digest> merkle_root_of_file(const std::filesystem::path& path);

/// Merkle root over leaves in order: inner node = SHA-256(0x01 ‖ left ‖ right), a last odd node moves up unchanged
/// (RFC 6962 without its leaf prefix: leaves here are digests already). The root of none is SHA-256 of nothing.
[[nodiscard]] Digest merkle_root(std::vector<Digest> leaves);

/// 128-bit SipHash-2-4 (Aumasson & Bernstein 2012): a keyed hash; who has not the key cannot tell what was hashed.
struct SipKey {
  uint64_t k0 = 0;
  uint64_t k1 = 0;
};
struct Hash128 {
  uint64_t low = 0;
  uint64_t high = 0;
  auto operator<=>(const Hash128&) const = default;
};
[[nodiscard]] Hash128 siphash128(const SipKey& key, std::string_view data);

[[nodiscard]] std::string to_hex(std::span<const uint8_t> bytes);
[[nodiscard]] std::optional<Bytes> from_hex(std::string_view hex);
/// From the operating system's generator.
void random_bytes(std::span<uint8_t> out);

/// SplitMix64 + xoshiro256** (Blackman & Vigna 2018): a small seeded generator, the same on every platform.
class Random {
 public:
  explicit Random(uint64_t seed);
  uint64_t next();
  /// Uniform in [0, 1) with 53 bits.
  double uniform();
  /// Uniform in [0, n), unbiased (Lemire 2019). n > 0.
  uint64_t below(uint64_t n);
  /// Standard normal (Marsaglia's polar method).
  double normal();
  template <class It>
  void shuffle(It begin, It end) {
    for (auto n = end - begin; n > 1; --n)
      std::swap(begin[n - 1], begin[static_cast<decltype(n)>(below(static_cast<uint64_t>(n)))]);
  }

 private:
  uint64_t s_[4];
  double spare_ = 0;
  bool has_spare_ = false;
};

}  // namespace millwright

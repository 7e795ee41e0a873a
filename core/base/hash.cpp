#include "base/hash.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/files.h"

namespace millwright {

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) { reset(); }
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::reset() {
  // Fetched once: looking the algorithm up by name costs more than hashing a short record.
  static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  if (EVP_DigestInit_ex2(state_->context, algorithm, nullptr) != 1)
    throw std::runtime_error("SHA-256 is not available");
}
void Sha256::update(std::span<const uint8_t> data) { EVP_DigestUpdate(state_->context, data.data(), data.size()); }
void Sha256::update(std::string_view text) { EVP_DigestUpdate(state_->context, text.data(), text.size()); }
Digest Sha256::finish() {
  Digest out;
  EVP_DigestFinal_ex(state_->context, out.data(), nullptr);
  return out;
}

Digest sha256(std::span<const uint8_t> data) {
  thread_local Sha256 hash;
  hash.reset();
  hash.update(data);
  return hash.finish();
}
Digest sha256(std::string_view text) {
  return sha256(std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
}

Result<Digest> sha256_of_file(const std::filesystem::path& path) {
  MW_ASSIGN(const int fd, open_regular_file(path));
  Sha256 hash;
  std::vector<uint8_t> buffer(1 << 18);
  for (;;) {
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const int error = errno;
      ::close(fd);
      return fail_errno("read", path.string(), error);
    }
    if (n == 0) break;
    hash.update(std::span(buffer.data(), static_cast<size_t>(n)));
  }
  ::close(fd);
  return hash.finish();
}

Digest merkle_root(std::vector<Digest> level) {
  if (level.empty()) return sha256(std::string_view{});
  Sha256 hash;
  while (level.size() > 1) {
    const size_t pairs = level.size() / 2;
    for (size_t i = 0; i < pairs; ++i) {
      static constexpr uint8_t kInner = 1;
      hash.reset();
      hash.update(std::span(&kInner, 1));
      hash.update(level[2 * i]);
      hash.update(level[2 * i + 1]);
      level[i] = hash.finish();
    }
    if (level.size() % 2 == 1) level[pairs] = level.back();
    level.resize(pairs + level.size() % 2);
  }
  return level.front();
}

namespace {

constexpr int64_t kPiece = int64_t{16} << 20;

/// SHA-256 of [from, from + kPiece) of an open file, or what there is of it; an errno where reading fails.
tl::expected<Digest, int> hash_piece(int fd, int64_t from) {
  Sha256 hash;
  std::vector<uint8_t> buffer(1 << 18);
  for (int64_t at = from; at < from + kPiece;) {
    const ssize_t n = ::pread(fd, buffer.data(), buffer.size(), at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return tl::make_unexpected(errno);
    if (n == 0) break;
    hash.update(std::span(buffer.data(), static_cast<size_t>(n)));
    at += n;
  }
  return hash.finish();
}

}  // namespace

Result<Digest> merkle_root_of_file(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail_errno("read", path.string(), errno);
  std::error_code unknown;
  const auto bytes = static_cast<int64_t>(std::filesystem::file_size(path, unknown));
  std::vector<Digest> pieces(unknown ? 0 : static_cast<size_t>((bytes + kPiece - 1) / kPiece));
  std::atomic<size_t> next{0};
  std::atomic<int> error{unknown.value()};
  const auto work = [&] {
    for (size_t i = next++; i < pieces.size() && error == 0; i = next++) {
      const auto piece = hash_piece(fd, static_cast<int64_t>(i) * kPiece);
      if (piece) {
        pieces[i] = *piece;
      } else {
        error = piece.error();
      }
    }
  };
  const size_t cores = std::max(1U, std::thread::hardware_concurrency());
  {
    std::vector<std::jthread> others;
    for (size_t i = 1; i < std::min(cores, pieces.size()); ++i) others.emplace_back(work);
    work();
  }
  ::close(fd);
  if (error != 0) return fail_errno("read", path.string(), error);
  return merkle_root(std::move(pieces));
}

Hash128 siphash128(const SipKey& key, std::string_view data) {
  uint64_t v0 = key.k0 ^ 0x736f6d6570736575ULL, v1 = key.k1 ^ 0x646f72616e646f6dULL ^ 0xee;
  uint64_t v2 = key.k0 ^ 0x6c7967656e657261ULL, v3 = key.k1 ^ 0x7465646279746573ULL;
  const auto round = [&] {
    v0 += v1;
    v1 = std::rotl(v1, 13);
    v1 ^= v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16);
    v3 ^= v2;
    v0 += v3;
    v3 = std::rotl(v3, 21);
    v3 ^= v0;
    v2 += v1;
    v1 = std::rotl(v1, 17);
    v1 ^= v2;
    v2 = std::rotl(v2, 32);
  };
  const auto* p = reinterpret_cast<const uint8_t*>(data.data());
  const size_t whole = data.size() / 8;
  for (size_t i = 0; i < whole; ++i, p += 8) {
    uint64_t m;
    std::memcpy(&m, p, 8);
    v3 ^= m;
    round();
    round();
    v0 ^= m;
  }
  uint64_t last = static_cast<uint64_t>(data.size()) << 56;
  for (size_t i = 0; i < data.size() % 8; ++i) last |= static_cast<uint64_t>(p[i]) << (8 * i);
  v3 ^= last;
  round();
  round();
  v0 ^= last;
  v2 ^= 0xee;
  for (int i = 0; i < 4; ++i) round();
  const uint64_t low = v0 ^ v1 ^ v2 ^ v3;
  v1 ^= 0xdd;
  for (int i = 0; i < 4; ++i) round();
  return {low, v0 ^ v1 ^ v2 ^ v3};
}

std::string to_hex(std::span<const uint8_t> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const uint8_t b : bytes) {
    out += kDigits[b >> 4];
    out += kDigits[b & 15];
  }
  return out;
}

std::optional<Bytes> from_hex(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  const auto digit = [](char c) -> int {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  Bytes out;
  for (size_t i = 0; i < hex.size(); i += 2) {
    const int high = digit(hex[i]), low = digit(hex[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<uint8_t>(high << 4 | low));
  }
  return out;
}

void random_bytes(std::span<uint8_t> out) {
  size_t at = 0;
  while (at < out.size()) {
    const ssize_t n = ::getrandom(out.data() + at, out.size() - at, 0);
    if (n < 0) {
      if (errno == EINTR) continue;
      throw std::runtime_error("the operating system gives no random bytes");
    }
    at += static_cast<size_t>(n);
  }
}

Random::Random(uint64_t seed) {
  for (auto& word : s_) {
    uint64_t z = (seed += 0x9E3779B97F4A7C15ULL);
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ z >> 27) * 0x94D049BB133111EBULL;
    word = z ^ z >> 31;
  }
}
uint64_t Random::next() {
  const uint64_t result = std::rotl(s_[1] * 5, 7) * 9;
  const uint64_t t = s_[1] << 17;
  s_[2] ^= s_[0];
  s_[3] ^= s_[1];
  s_[1] ^= s_[2];
  s_[0] ^= s_[3];
  s_[2] ^= t;
  s_[3] = std::rotl(s_[3], 45);
  return result;
}
double Random::uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
uint64_t Random::below(uint64_t n) {
  __extension__ using u128 = unsigned __int128;
  u128 m = static_cast<u128>(next()) * n;
  if (static_cast<uint64_t>(m) < n) {
    const uint64_t threshold = (0 - n) % n;
    while (static_cast<uint64_t>(m) < threshold) m = static_cast<u128>(next()) * n;
  }
  return static_cast<uint64_t>(m >> 64);
}
double Random::normal() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_;
  }
  double u = 0, v = 0, s = 0;
  do {
    u = 2 * uniform() - 1;
    v = 2 * uniform() - 1;
    s = u * u + v * v;
  } while (s >= 1 || s == 0);
  const double f = std::sqrt(-2 * std::log(s) / s);
  spare_ = v * f;
  has_spare_ = true;
  return u * f;
}

}  // namespace millwright

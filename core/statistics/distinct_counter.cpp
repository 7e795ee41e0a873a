#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "detail/byte_io.h"
#include "statistics/summary.h"

namespace millwright::statistics {
namespace {

constexpr int kIndexBits = 12;
constexpr size_t kRegisters = size_t{1} << kIndexBits;
/// What is kept of a hash: enough for 4,096 values to collide once in 130,000 fields, in five bytes.
constexpr int kKeptBits = 40;
constexpr uint64_t kKept = ~uint64_t{0} << (64 - kKeptBits);
constexpr int kMostRank = kKeptBits - kIndexBits + 1;
constexpr uint64_t kZeroStandIn = uint64_t{1} << (64 - kKeptBits);  // 0 means empty in the table

// Ertl (2017), "New cardinality estimation algorithms for HyperLogLog sketches": unbiased over the whole range without
// tables.
double sigma(double x) {
  if (x == 1) return std::numeric_limits<double>::infinity();
  double y = 1, z = x, before = 0;
  do {
    x *= x;
    before = z;
    z += x * y;
    y += y;
  } while (z != before);
  return z;
}
double tau(double x) {
  if (x == 0 || x == 1) return 0;
  double y = 1, z = 1 - x, before = 0;
  do {
    x = std::sqrt(x);
    before = z;
    y *= 0.5;
    z -= (1 - x) * (1 - x) * y;
  } while (z != before);
  return z / 3;
}

uint64_t multiply_fold(uint64_t a, uint64_t b) {
  __extension__ using u128 = unsigned __int128;
  const u128 product = static_cast<u128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}
uint64_t word_at(const char* p) {
  uint64_t word = 0;
  std::memcpy(&word, p, sizeof word);
  return word;
}

}  // namespace

uint64_t quick_hash(std::string_view bytes) {
  constexpr uint64_t k0 = 0xA0761D6478BD642FULL, k1 = 0xE7037ED1A0B428DBULL, k2 = 0x8EBC6AF09C88C6E3ULL;
  const char* p = bytes.data();
  size_t left = bytes.size();
  uint64_t h = k2 ^ bytes.size() * k0;
  for (; left >= 16; left -= 16, p += 16) h = multiply_fold(word_at(p) ^ k0, word_at(p + 8) ^ h);
  char last[16] = {};
  if (left > 0) std::memcpy(last, p, left);
  return quick_hash(multiply_fold(word_at(last) ^ k1, word_at(last + 8) ^ h) ^ h);
}

bool DistinctCounter::insert(uint64_t hash) {
  if ((used_ + 1) * 2 > table_.size()) {
    std::vector<uint64_t> old(std::max<size_t>(16, table_.size() * 2));
    old.swap(table_);
    used_ = 0;
    for (const uint64_t h : old)
      if (h != 0) insert(h);
  }
  const size_t mask = table_.size() - 1;
  for (size_t at = (hash >> (64 - kKeptBits)) & mask;; at = (at + 1) & mask) {
    if (table_[at] == hash) return true;
    if (table_[at] != 0) continue;
    if (used_ == kExact) return false;
    table_[at] = hash;
    ++used_;
    return true;
  }
}

void DistinctCounter::observe(uint64_t hash) {
  const auto rank = static_cast<uint8_t>(std::min(kMostRank, std::countl_zero(hash << kIndexBits) + 1));
  auto& held = registers_[hash >> (64 - kIndexBits)];
  held = std::max(held, rank);
}

void DistinctCounter::spill() {
  registers_.resize(kRegisters);
  for (const uint64_t h : table_)
    if (h != 0) observe(h);
  table_ = {};
  used_ = 0;
}

void DistinctCounter::add(std::span<const uint64_t> hashes, bool many) {
  const auto kept = [](uint64_t hash) {
    hash &= kKept;
    return hash == 0 ? kZeroStandIn : hash;
  };
  size_t i = 0;
  if (registers_.empty() && !many)
    while (i < hashes.size() && insert(kept(hashes[i]))) ++i;
  if (i == hashes.size()) return;
  if (registers_.empty()) spill();
  for (; i < hashes.size(); ++i) observe(kept(hashes[i]));
}

void DistinctCounter::merge(const DistinctCounter& other) {
  if (other.registers_.empty()) {
    std::vector<uint64_t> hashes;
    for (const uint64_t h : other.table_)
      if (h != 0) hashes.push_back(h);
    add(hashes);
    return;
  }
  if (registers_.empty()) spill();
  for (size_t r = 0; r < kRegisters; ++r) registers_[r] = std::max(registers_[r], other.registers_[r]);
}

int64_t DistinctCounter::value() const {
  if (exact()) return static_cast<int64_t>(used_);
  constexpr auto m = static_cast<double>(kRegisters);
  std::array<int64_t, kMostRank + 1> counts{};
  for (const uint8_t r : registers_) ++counts[r];
  double z = m * tau(1 - static_cast<double>(counts[kMostRank]) / m);
  for (size_t k = kMostRank - 1; k >= 1; --k) z = 0.5 * (z + static_cast<double>(counts[k]));
  z += m * sigma(static_cast<double>(counts[0]) / m);
  return std::llround(m * m / (2 * std::log(2.0) * z));
}

void DistinctCounter::save(Bytes& out) const {
  detail::put(out, static_cast<uint8_t>(exact() ? 0 : 1));
  if (!exact()) {
    out.insert(out.end(), registers_.begin(), registers_.end());
    return;
  }
  detail::put(out, static_cast<uint32_t>(used_));
  for (const uint64_t h : table_) {
    if (h == 0) continue;
    for (int byte = 0; byte < kKeptBits / 8; ++byte) out.push_back(static_cast<uint8_t>(h >> (56 - 8 * byte)));
  }
}

Result<DistinctCounter> DistinctCounter::load(std::span<const uint8_t>& in) {
  DistinctCounter counter;
  uint8_t kind = 0;
  if (!detail::take(in, kind) || kind > 1) return detail::damaged();
  if (kind == 1) {
    if (in.size() < kRegisters) return detail::damaged();
    counter.registers_.assign(in.begin(), in.begin() + kRegisters);
    in = in.subspan(kRegisters);
    for (const uint8_t r : counter.registers_)
      if (r > kMostRank) return detail::damaged();
    return counter;
  }
  uint32_t used = 0;
  constexpr size_t width = kKeptBits / 8;
  if (!detail::take(in, used) || used > kExact || in.size() < used * width) return detail::damaged();
  for (uint32_t i = 0; i < used; ++i, in = in.subspan(width)) {
    uint64_t h = 0;
    for (size_t byte = 0; byte < width; ++byte) h |= static_cast<uint64_t>(in[byte]) << (56 - 8 * byte);
    counter.insert(h == 0 ? kZeroStandIn : h);
  }
  return counter;
}

}  // namespace millwright::statistics

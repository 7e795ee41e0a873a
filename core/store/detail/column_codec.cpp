#include "column_codec.h"

#include <zstd.h>

#include <algorithm>
#include <cstring>

namespace millwright::store::detail {
namespace {

constexpr int kLevel = 1;  // immutable files are written once while somebody waits
constexpr size_t kHeader = 18;

/// Smallest width in bytes that holds every difference up to `span`.
uint8_t width_for(uint64_t span) {
  if (span == 0) return 0;
  if (span <= 0xFF) return 1;
  if (span <= 0xFFFF) return 2;
  if (span <= 0xFFFFFFFF) return 4;
  return 8;
}

struct Range {
  int64_t low = INT64_MAX, high = INT64_MIN;
  void take(int64_t v) {
    low = std::min(low, v);
    high = std::max(high, v);
  }
  [[nodiscard]] uint8_t width() const {
    return low > high ? 0 : width_for(static_cast<uint64_t>(high) - static_cast<uint64_t>(low));
  }
};

int64_t difference(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}
int64_t sum(int64_t a, uint64_t b) { return static_cast<int64_t>(static_cast<uint64_t>(a) + b); }

}  // namespace

tl::unexpected<Error> damaged(std::string_view file, std::string_view reason) {
  return fail(ErrorKind::store, "store.damaged", "{file} is damaged: {reason}.",
              {{"file", std::string(file)}, {"reason", std::string(reason)}},
              "Run verify, and restore the project from a backup.");
}

Bytes compress(std::span<const uint8_t> data) {
  Bytes out(ZSTD_compressBound(data.size()));
  const size_t n = ZSTD_compress(out.data(), out.size(), data.data(), data.size(), kLevel);
  out.resize(ZSTD_isError(n) != 0 ? 0 : n);  // with room for the bound it has no way to fail but memory
  return out;
}

Result<Bytes> decompress(std::span<const uint8_t> data, size_t limit) {
  const unsigned long long size = ZSTD_getFrameContentSize(data.data(), data.size());
  if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR || size > limit)
    return damaged("A column", "its size is not what it must be");
  Bytes out(static_cast<size_t>(size));
  const size_t n = ZSTD_decompress(out.data(), out.size(), data.data(), data.size());
  if (ZSTD_isError(n) != 0 || n != out.size()) return damaged("A column", "it cannot be unpacked");
  return out;
}

Bytes encode_integers(std::span<const int64_t> values) {
  Range plain, steps;
  for (size_t i = 0; i < values.size(); ++i) {
    plain.take(values[i]);
    if (i > 0) steps.take(difference(values[i], values[i - 1]));
  }
  const bool by_steps = !values.empty() && steps.width() < plain.width();
  const uint8_t width = by_steps ? steps.width() : plain.width();
  const int64_t first = values.empty() ? 0 : values.front();
  const Range& range = by_steps ? steps : plain;
  const int64_t base = range.low > range.high ? 0 : range.low;
  const size_t begin = by_steps ? 1 : 0;
  Bytes raw(kHeader + (values.size() - std::min(begin, values.size())) * width);
  raw[0] = by_steps ? 1 : 0;
  raw[1] = width;
  std::memcpy(&raw[2], &first, 8);
  std::memcpy(&raw[10], &base, 8);
  uint8_t* at = raw.data() + kHeader;
  for (size_t i = begin; i < values.size(); ++i, at += width) {
    const int64_t v = by_steps ? difference(values[i], values[i - 1]) : values[i];
    const auto offset = static_cast<uint64_t>(v) - static_cast<uint64_t>(base);
    std::memcpy(at, &offset, width);
  }
  return compress(raw);
}

Status decode_integers(std::span<const uint8_t> data, size_t count, std::vector<int64_t>& out) {
  MW_ASSIGN(const Bytes raw, decompress(data, kHeader + count * 8));
  const auto wrong = [] { return damaged("A column", "its length does not fit"); };
  if (raw.size() < kHeader) return wrong();
  const uint8_t mode = raw[0], width = raw[1];
  if (mode > 1 || (width != 0 && width != 1 && width != 2 && width != 4 && width != 8)) return wrong();
  if (mode == 1 && count == 0) return wrong();
  const size_t stored = count - mode;
  if (raw.size() != kHeader + stored * width) return wrong();
  int64_t last = 0, base = 0;
  std::memcpy(&last, &raw[2], 8);
  std::memcpy(&base, &raw[10], 8);
  out.reserve(out.size() + count);
  if (mode == 1) out.push_back(last);
  const uint8_t* at = raw.data() + kHeader;
  for (size_t i = 0; i < stored; ++i, at += width) {
    uint64_t offset = 0;
    std::memcpy(&offset, at, width);
    const int64_t v = sum(base, offset);
    last = mode == 1 ? sum(last, static_cast<uint64_t>(v)) : v;
    out.push_back(last);
  }
  return {};
}

}  // namespace millwright::store::detail

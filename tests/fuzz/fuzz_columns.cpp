// Column chunks and row blocks of a stranger's batch file: an error, or exactly what was asked for; and what decodes
// survives being encoded again.
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "store/batch_file.h"

using namespace millwright;
using namespace millwright::store;

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

void check_chunk(const ColumnChunk& chunk, FieldType type, int64_t rows, size_t dictionary) {
  const auto n = static_cast<size_t>(rows);
  check(chunk.type == type && chunk.rows == rows);
  check(chunk.valid.empty() || chunk.valid.size() * 64 >= n);
  switch (type) {
    case FieldType::real:
      check(chunk.reals.size() == n);
      break;
    case FieldType::category:
      check(chunk.codes.size() == n);
      for (const uint32_t code : chunk.codes) check(code == kMissingCode || code < dictionary);
      break;
    case FieldType::text:
      check(chunk.offsets.size() == n + 1 && chunk.offsets.back() <= chunk.bytes.size());
      for (size_t i = 0; i < n; ++i) check(chunk.offsets[i] <= chunk.offsets[i + 1]);
      break;
    default:
      check(chunk.integers.size() == n);
  }
}

void check_again(const ColumnChunk& chunk, size_t dictionary) {
  const Bytes stored = encode_chunk(chunk);
  const auto again = decode_chunk(stored, chunk.type, chunk.rows, dictionary);
  check(again.has_value());
  for (int64_t row = 0; row < chunk.rows; ++row) {
    const auto i = static_cast<size_t>(row);
    check(again->has(row) == chunk.has(row));
    if (!chunk.has(row)) continue;
    if (chunk.type == FieldType::text)
      check(again->text(row) == chunk.text(row));
    else if (chunk.type == FieldType::real)
      // NaN means missing; one that calls itself present is nothing that an import makes. −0 may come back as 0.
      check(std::isnan(chunk.reals[i]) || again->reals[i] == chunk.reals[i]);
    else if (chunk.type == FieldType::category)
      check(again->codes[i] == chunk.codes[i]);
    else
      check(again->integers[i] == chunk.integers[i]);
  }
}

/// A chunk whose values are the input's bytes, packed, and unpacked with one byte of it changed: so the fuzzer gets
/// behind the compression.
void try_damaged(std::span<const uint8_t> input, FieldType type, size_t place, uint8_t change, size_t dictionary) {
  ColumnChunk chunk;
  chunk.type = type;
  chunk.rows = static_cast<int64_t>(input.size() / 8);
  const auto n = static_cast<size_t>(chunk.rows);
  const auto word = [&](size_t i) {
    uint64_t value = 0;
    std::memcpy(&value, input.data() + i * 8, 8);
    return value;
  };
  if (type == FieldType::text) {
    chunk.bytes.assign(reinterpret_cast<const char*>(input.data()), n * 8);
    for (size_t i = 0; i <= n; ++i) chunk.offsets.push_back(static_cast<uint32_t>(i * 8));
  }
  for (size_t i = 0; i < n; ++i) {
    if (type == FieldType::real)
      chunk.reals.push_back(std::bit_cast<double>(word(i)));
    else if (type == FieldType::category)
      chunk.codes.push_back(dictionary == 0 ? kMissingCode : static_cast<uint32_t>(word(i) % dictionary));
    else if (type == FieldType::boolean)
      chunk.integers.push_back(static_cast<int64_t>(word(i) & 1));
    else if (type != FieldType::text)
      chunk.integers.push_back(static_cast<int64_t>(word(i)));
  }
  if (type == FieldType::category && dictionary == 0) chunk.valid.assign((n + 63) / 64, 0);
  check_again(chunk, dictionary);
  Bytes stored = encode_chunk(chunk);
  if (stored.empty()) return;
  stored[place % stored.size()] ^= change;
  if (const auto damaged = decode_chunk(stored, type, chunk.rows, dictionary))
    check_chunk(*damaged, type, chunk.rows, dictionary);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 4) return 0;
  const std::span<const uint8_t> stored(data + 4, size - 4);
  if (data[0] % 8 == 7) {
    const size_t limit = size_t{data[1]} << 8 | data[2];
    if (const auto plain = decompress(stored, limit)) check(plain->size() <= limit);
    return 0;
  }
  const auto type = static_cast<FieldType>(1 + data[0] % 6);
  if (data[0] >= 0x80) {
    try_damaged(stored, type, data[1], data[2], data[3]);
    return 0;
  }
  const int64_t rows = int64_t{data[1]} << 4 | (data[2] & 15);
  const size_t dictionary = data[3];
  const auto chunk = decode_chunk(stored, type, rows, dictionary);
  if (!chunk) return 0;
  check_chunk(*chunk, type, rows, dictionary);
  check_again(*chunk, dictionary);
  return 0;
}

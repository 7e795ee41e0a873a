// The safetensors format (https://github.com/huggingface/safetensors, "Format"): a length, a JSON header, raw numbers.
// Reading maps the file and trusts nothing in it; writing gives the same bytes as the reference implementation.
#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/result.h"

namespace millwright {

/// In the reference's order; the writer sorts by it, widest first.
enum class TensorType { boolean, u8, i8, f8_e5m2, f8_e4m3, i16, u16, f16, bf16, i32, u32, f32, f64, i64, u64 };

[[nodiscard]] std::string_view to_string(TensorType type);  ///< "F32", "BF16", …
[[nodiscard]] size_t size_of(TensorType type);              ///< bytes of one element

template <class T>
[[nodiscard]] constexpr TensorType tensor_type_of() {
  if constexpr (std::is_same_v<T, float>) return TensorType::f32;
  if constexpr (std::is_same_v<T, double>) return TensorType::f64;
  if constexpr (std::is_same_v<T, int64_t>) return TensorType::i64;
  if constexpr (std::is_same_v<T, int32_t>) return TensorType::i32;
  if constexpr (std::is_same_v<T, int16_t>) return TensorType::i16;
  if constexpr (std::is_same_v<T, int8_t>) return TensorType::i8;
  if constexpr (std::is_same_v<T, uint64_t>) return TensorType::u64;
  if constexpr (std::is_same_v<T, uint32_t>) return TensorType::u32;
  if constexpr (std::is_same_v<T, uint16_t>) return TensorType::u16;
  if constexpr (std::is_same_v<T, uint8_t>) return TensorType::u8;
}

/// A tensor in a mapped file. `bytes` is row-major, little-endian, and need not be aligned.
struct TensorView {
  std::string name;
  TensorType type = TensorType::f32;
  std::vector<uint64_t> shape;
  std::span<const uint8_t> bytes;
  [[nodiscard]] uint64_t elements() const { return bytes.size() / size_of(type); }
};

/// A file opened for reading. Its views live as long as it does.
class SafetensorsFile {
 public:
  /// Checks everything the format says before anything is used: length of the header (at most 100 MB), JSON without
  /// duplicate keys, known types, shapes whose size is that of their bytes, offsets that cover the data once, in order
  /// and without a hole. Errors: bad_input "safetensors.invalid" with what is wrong.
  [[nodiscard]] static Result<SafetensorsFile> open(const fs::path& path);

  [[nodiscard]] const std::vector<TensorView>& tensors() const { return tensors_; }  ///< in the order of their bytes
  [[nodiscard]] const TensorView* find(std::string_view name) const;
  [[nodiscard]] const std::map<std::string, std::string>& metadata() const { return metadata_; }

  /// A copy of a tensor of exactly this type and shape; an error where it is missing or another.
  template <class T>
  [[nodiscard]] Result<std::vector<T>> copy(std::string_view name, std::span<const uint64_t> shape) const {
    const auto view = expect(name, tensor_type_of<T>(), shape);
    if (!view) return tl::make_unexpected(view.error());
    std::vector<T> values((*view)->bytes.size() / sizeof(T));
    if (!values.empty()) std::memcpy(values.data(), (*view)->bytes.data(), (*view)->bytes.size());
    return values;
  }
  [[nodiscard]] Result<const TensorView*> expect(std::string_view name, TensorType type,
                                                 std::span<const uint64_t> shape) const;

 private:
  explicit SafetensorsFile(MappedFile file) : file_(std::move(file)) {}
  MappedFile file_;
  std::vector<TensorView> tensors_;
  std::map<std::string, std::string> metadata_;
};

/// Checks and splits a whole file in memory: what SafetensorsFile::open() does, for tests and fuzzers.
[[nodiscard]] Status parse_safetensors(std::span<const uint8_t> bytes, std::vector<TensorView>& tensors,
                                       std::map<std::string, std::string>& metadata);

/// A tensor to be written; `bytes` must be elements × size.
struct TensorToWrite {
  std::string name;
  TensorType type = TensorType::f32;
  std::vector<uint64_t> shape;
  std::span<const uint8_t> bytes;
};
template <class T>
[[nodiscard]] TensorToWrite tensor_to_write(std::string name, std::vector<uint64_t> shape, std::span<const T> values) {
  return {std::move(name),
          tensor_type_of<T>(),
          std::move(shape),
          {reinterpret_cast<const uint8_t*>(values.data()), values.size_bytes()}};
}

/// The bytes of a file: tensors widest type first and then by name, header padded with blanks to 8 bytes.
[[nodiscard]] Result<std::string> safetensors_bytes(std::vector<TensorToWrite> tensors,
                                                    const std::map<std::string, std::string>& metadata = {});
[[nodiscard]] Status write_safetensors(const fs::path& path, std::vector<TensorToWrite> tensors,
                                       const std::map<std::string, std::string>& metadata = {});

}  // namespace millwright

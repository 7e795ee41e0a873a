// SPDX-License-Identifier: Apache-2.0
// Memory that grows without being initialised: the readers write every byte of it themselves.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

namespace millwright::plugin {

class Buffer {
 public:
  /// Bytes that may be read or written beyond what was asked for: wide loads and stores need no tail loops.
  static constexpr size_t kPadding = 64;

  Buffer() = default;
  Buffer(Buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), capacity_(std::exchange(other.capacity_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { std::free(data_); }

  /// Room for `bytes` and the padding; what was there stays. Grows by half at least. Throws std::bad_alloc.
  void reserve(size_t bytes) {
    if (bytes <= capacity_ && data_ != nullptr) return;
    size_t wanted = capacity_ + capacity_ / 2;
    if (wanted < bytes) wanted = bytes;
    if (wanted < 256) wanted = 256;
    void* grown = std::realloc(data_, wanted + kPadding);
    if (grown == nullptr) throw std::bad_alloc();
    data_ = static_cast<uint8_t*>(grown);
    std::memset(data_ + wanted, 0, kPadding);
    capacity_ = wanted;
  }
  [[nodiscard]] uint8_t* data() { return data_; }
  [[nodiscard]] const uint8_t* data() const { return data_; }
  [[nodiscard]] size_t capacity() const { return capacity_; }
  template <class T>
  [[nodiscard]] T* as() {
    return reinterpret_cast<T*>(data_);
  }

 private:
  uint8_t* data_ = nullptr;
  size_t capacity_ = 0;
};

}  // namespace millwright::plugin

// SPDX-License-Identifier: Apache-2.0
// The host's bytes as a window that moves over them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "plugin_support/buffer.h"
#include "sdk/millwright_plugin.h"

namespace millwright::plugin {

/// The host's read callback failed; becomes MILLWRIGHT_READ_FAILED at the border.
struct ReadFailed {};
/// The source as a whole cannot be read; becomes MILLWRIGHT_BAD_INPUT.
struct BadInput {
  std::string code;
  std::string message;
};

/// Bytes in pieces. Implementations throw ReadFailed.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  /// Up to `capacity` bytes (> 0); 0 at the end.
  virtual size_t read(uint8_t* buffer, size_t capacity) = 0;
};

/// The host's callback; counts what came.
class HostStream final : public ByteStream {
 public:
  explicit HostStream(const millwright_source& source) : source_(source) {}
  size_t read(uint8_t* buffer, size_t capacity) override;
  [[nodiscard]] int64_t bytes_read() const { return bytes_read_; }

 private:
  millwright_source source_;
  int64_t bytes_read_ = 0;
};

/// The window: begin() … begin() + size() is there, followed by Buffer::kPadding bytes that may be touched.
class Window {
 public:
  explicit Window(ByteStream& stream) : stream_(&stream) {}
  /// Reads until `wanted` bytes are in the window or the source ends. Moves the window's bytes: no pointer survives it.
  void fill(size_t wanted);
  void consume(size_t bytes) { begin_ += bytes; }
  [[nodiscard]] uint8_t* begin() { return buffer_.data() + begin_; }
  [[nodiscard]] size_t size() const { return end_ - begin_; }
  [[nodiscard]] std::string_view text() const {
    return {reinterpret_cast<const char*>(buffer_.data()) + begin_, size()};
  }
  /// Nothing comes after what is in the window.
  [[nodiscard]] bool at_end() const { return at_end_; }
  /// Goes on with another stream over the same place (after a change of encoding).
  void set_stream(ByteStream& stream) { stream_ = &stream; }

 private:
  ByteStream* stream_;
  Buffer buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
  bool at_end_ = false;
};

/// Lines ended by LF or CR LF out of a window, with the cost of a long line bounded.
class Lines {
 public:
  Lines(ByteStream& stream, size_t piece, size_t max_line) : window_(stream), piece_(piece), max_line_(max_line) {}
  struct Line {
    std::string_view text;         ///< without its end; valid until the next call
    int64_t number = 0;            ///< from 1
    bool carriage_return = false;  ///< it ended with CR LF
    bool too_long = false;         ///< longer than max_line: text is its first MiB
  };
  /// False at the end of the source.
  [[nodiscard]] bool next(Line& line);
  /// Bytes of lines handed out so far, their ends included.
  [[nodiscard]] int64_t consumed() const { return consumed_; }
  /// Skips a UTF-8 byte order mark; before the first next() only. True where there was one.
  [[nodiscard]] bool skip_bom();

 private:
  [[nodiscard]] bool skip_long(Line& line);
  Window window_;
  size_t piece_;
  size_t max_line_;
  size_t pending_ = 0;  ///< length of the line last handed out, still in the window
  int64_t consumed_ = 0;
  int64_t number_ = 0;
  std::string long_line_;
};

}  // namespace millwright::plugin

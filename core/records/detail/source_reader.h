// The source of an import: a file or standard input, hashed as it is read.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/hash.h"
#include "base/work.h"
#include "sdk/millwright_plugin.h"

namespace millwright::records::detail {

class SourceReader {
 public:
  /// `path` "-" is standard input. Errors: import.source (bad_input).
  [[nodiscard]] static Result<std::unique_ptr<SourceReader>> open(const std::string& path, const Work& work);
  ~SourceReader();
  SourceReader(const SourceReader&) = delete;
  SourceReader& operator=(const SourceReader&) = delete;

  /// The first bytes, and whether they are all.
  [[nodiscard]] std::span<const uint8_t> head() const { return head_; }
  [[nodiscard]] bool head_is_whole() const { return head_is_whole_; }
  [[nodiscard]] const millwright_source* source() const { return &source_; }
  [[nodiscard]] int64_t size() const { return source_.size; }  ///< −1: not known
  [[nodiscard]] int64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }
  /// What went wrong in read(), where something did.
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  /// Reads on to the end, and gives the digest of all of it.
  [[nodiscard]] Result<Digest> finish();
  [[nodiscard]] const std::string& file_name() const { return file_name_; }

 private:
  SourceReader() = default;
  int64_t read(void* buffer, size_t capacity);
  static int64_t read_callback(void* context, void* buffer, size_t capacity);

  int fd_ = -1;
  bool owned_ = false;
  std::string path_, file_name_;
  Work work_;
  millwright_source source_{};
  Bytes head_;
  size_t head_given_ = 0;
  bool head_is_whole_ = false;
  Sha256 hash_;
  std::atomic<int64_t> bytes_ = 0;
  std::optional<Error> error_;
};

}  // namespace millwright::records::detail

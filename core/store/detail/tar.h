// Just enough of POSIX tar (ustar, IEEE Std 1003.1) for backups: plain files, names of up to 255 bytes, sizes beyond
// 8 GB in the base-256 form that GNU tar and bsdtar read. Reading refuses everything else.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "base/files.h"
#include "base/hash.h"
#include "base/result.h"

namespace millwright::store::detail {

/// Writes an archive to a descriptor of FileSystem; hashes what it writes.
class TarWriter {
 public:
  TarWriter(int fd, fs::path path) : fd_(fd), path_(std::move(path)) {}
  /// Begins a file of exactly `size` bytes; put() must then be called for all of them.
  [[nodiscard]] Status begin(const std::string& name, int64_t size);
  [[nodiscard]] Status put(std::span<const uint8_t> data);
  /// Ends the file that was begun.
  [[nodiscard]] Status end();
  /// Ends the archive; the hash of all of it.
  [[nodiscard]] Result<Digest> finish();
  [[nodiscard]] int64_t bytes() const { return bytes_; }

 private:
  [[nodiscard]] Status write(std::span<const uint8_t> data);
  int fd_;
  fs::path path_;
  Sha256 hash_;
  int64_t bytes_ = 0, left_ = 0, size_ = 0;
};

/// Reads an archive from a descriptor; hashes what it reads.
class TarReader {
 public:
  struct Entry {
    std::string name;
    int64_t size = 0;
  };
  TarReader(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  /// The next file; nullopt at the archive's end. What is left of the one before is skipped.
  [[nodiscard]] Result<std::optional<Entry>> next();
  /// Up to out.size() bytes of the file; 0 at its end.
  [[nodiscard]] Result<size_t> read(std::span<uint8_t> out);
  /// Reads on to the end of the file on disk; the hash of all of it.
  [[nodiscard]] Result<Digest> finish();
  [[nodiscard]] int64_t bytes() const { return bytes_; }

 private:
  [[nodiscard]] Result<size_t> fetch(std::span<uint8_t> out);
  [[nodiscard]] Status fetch_block(std::span<uint8_t> block);
  [[nodiscard]] tl::unexpected<Error> damaged(std::string_view reason) const;
  int fd_;
  std::string path_;
  Sha256 hash_;
  int64_t bytes_ = 0, left_ = 0, padding_ = 0;
};

}  // namespace millwright::store::detail

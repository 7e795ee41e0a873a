// Files that survive: written to a temporary name, synced, renamed, the folder synced. Every change to the disk outside
// SQLite goes through FileSystem, so that a fault test can stand in for it and cut the power.
#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/result.h"

namespace millwright {

namespace fs = std::filesystem;

/// The few operations that change the disk. The default is POSIX; tests replace it.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  /// Returns a descriptor, or -errno. Flags as for open(2); O_CLOEXEC is added.
  virtual int open(const fs::path& path, int flags, unsigned mode) = 0;
  /// Writes all of it; 0 or -errno.
  virtual int write(int fd, std::span<const uint8_t> data) = 0;
  virtual int sync(int fd) = 0;
  virtual int close(int fd) = 0;
  virtual int rename(const fs::path& from, const fs::path& to) = 0;
  virtual int remove(const fs::path& path) = 0;
  virtual int make_folder(const fs::path& path) = 0;
  /// Makes the entries of a folder durable.
  virtual int sync_folder(const fs::path& path) = 0;
};

[[nodiscard]] FileSystem& file_system();
/// For fault tests only; nullptr puts POSIX back. Not to be called while others use files.
void set_file_system(FileSystem* replacement);
/// The real one, for a stand-in to build on.
[[nodiscard]] FileSystem& posix_file_system();

/// Opens a file to read it; the descriptor is the caller's. Error: bad_input "file.not_regular" for a folder, a pipe or
/// a device, from which reading may never end; never waits.
[[nodiscard]] Result<int> open_regular_file(const fs::path& path);
/// The whole of a regular file. Errors: those of open_regular_file(); bad_input "file.too_large".
[[nodiscard]] Result<std::string> read_file(const fs::path& path, uint64_t largest = UINT64_MAX);
/// The same for what a person names, which may be a pipe.
[[nodiscard]] Result<std::string> read_file_or_pipe(const fs::path& path);
enum class LineRead { line, end, too_long, unreadable };
/// The next line of a stream without its LF; a last line needs none. Reads no more than about `longest` bytes of one.
[[nodiscard]] LineRead read_line(std::istream& input, std::string& line, size_t longest);
/// Whole or not at all, also through a power cut: temporary name beside it, sync, rename, sync of the folder.
[[nodiscard]] Status write_file_atomically(const fs::path& path, std::string_view content);
/// The same for a content in pieces, which need not be put together before.
[[nodiscard]] Status write_file_atomically(const fs::path& path, std::span<const std::string_view> pieces);
/// mkdir -p, each new folder's parent synced.
[[nodiscard]] Status make_folders(const fs::path& path);
/// Renames and syncs both folders.
[[nodiscard]] Status rename_durably(const fs::path& from, const fs::path& to);
[[nodiscard]] Status sync_file(const fs::path& path);
[[nodiscard]] Status sync_folder(const fs::path& path);
/// Removes a file; that it is not there is fine.
[[nodiscard]] Status remove_file(const fs::path& path);

/// An appending file: events of a job, exports. Each append is one write; sync() makes it durable.
class AppendFile {
 public:
  [[nodiscard]] static Result<AppendFile> open(const fs::path& path);
  AppendFile(AppendFile&& other) noexcept;
  AppendFile& operator=(AppendFile&& other) noexcept;
  ~AppendFile();
  [[nodiscard]] Status append(std::string_view text);
  [[nodiscard]] Status sync();

 private:
  AppendFile(int fd, fs::path path) : fd_(fd), path_(std::move(path)) {}
  int fd_ = -1;
  fs::path path_;
};

/// An advisory lock on a file (open file description lock): held by this object, dropped when it or its process goes.
class FileLock {
 public:
  /// nullopt when somebody else holds it. The file is made when missing.
  [[nodiscard]] static Result<std::optional<FileLock>> try_lock(const fs::path& path);
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

/// A file mapped read-only. Shrinking it under the map kills readers (SIGBUS): only for files that are never changed in
/// place.
class MappedFile {
 public:
  /// Errors: those of open_regular_file().
  [[nodiscard]] static Result<MappedFile> open(const fs::path& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();
  [[nodiscard]] std::span<const uint8_t> bytes() const { return {data_, size_}; }
  [[nodiscard]] std::string_view text() const { return {reinterpret_cast<const char*>(data_), size_}; }

 private:
  MappedFile(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  const uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

/// True where the path lies on a network file system (NFS, SMB, 9p, FUSE's sshfs …): WAL needs a local one.
[[nodiscard]] bool on_network_file_system(const fs::path& path);
/// Free bytes for this user where path lies; 0 when it cannot be told.
[[nodiscard]] uint64_t free_space(const fs::path& path);
/// Folder of the running program.
[[nodiscard]] fs::path program_folder();

}  // namespace millwright

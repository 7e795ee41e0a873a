#include "base/files.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <istream>

#include "base/ids.h"

namespace millwright {
namespace {

class Posix final : public FileSystem {
 public:
  int open(const fs::path& path, int flags, unsigned mode) override {
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
    return fd < 0 ? -errno : fd;
  }
  int write(int fd, std::span<const uint8_t> data) override {
    while (!data.empty()) {
      const ssize_t n = ::write(fd, data.data(), data.size());
      if (n < 0) {
        if (errno == EINTR) continue;
        return -errno;
      }
      data = data.subspan(static_cast<size_t>(n));
    }
    return 0;
  }
  int sync(int fd) override { return ::fsync(fd) == 0 ? 0 : -errno; }
  int close(int fd) override { return ::close(fd) == 0 ? 0 : -errno; }
  int rename(const fs::path& from, const fs::path& to) override {
    return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : -errno;
  }
  int remove(const fs::path& path) override { return ::remove(path.c_str()) == 0 ? 0 : -errno; }
  int make_folder(const fs::path& path) override { return ::mkdir(path.c_str(), 0777) == 0 ? 0 : -errno; }
  int sync_folder(const fs::path& path) override {
    const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return -errno;
    const int result = ::fsync(fd) == 0 ? 0 : -errno;
    ::close(fd);
    return result;
  }
};

FileSystem* replaced = nullptr;

std::span<const uint8_t> as_bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
fs::path folder_of(const fs::path& path) {
  const fs::path parent = path.parent_path();
  return parent.empty() ? fs::path(".") : parent;
}

}  // namespace

FileSystem& posix_file_system() {
  static Posix instance;
  return instance;
}
FileSystem& file_system() { return replaced != nullptr ? *replaced : posix_file_system(); }
void set_file_system(FileSystem* replacement) { replaced = replacement; }

namespace {

std::string_view sort_of(mode_t mode) {
  return S_ISDIR(mode) ? "a folder" : S_ISFIFO(mode) ? "a pipe" : S_ISSOCK(mode) ? "a socket" : "a device";
}

/// Reads to the end and closes.
Result<std::string> read_all(int fd, const fs::path& path, uint64_t largest) {
  std::string content;
  char buffer[1 << 16];
  int error = 0;
  for (;;) {
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) error = errno;
    if (n <= 0) break;
    content.append(buffer, static_cast<size_t>(n));
    if (content.size() > largest) break;
  }
  ::close(fd);
  if (error != 0) return fail_errno("read", path.string(), error);
  if (content.size() > largest)
    return fail(ErrorKind::bad_input, "file.too_large", "{path} is too large: it may have {size} bytes.",
                {{"path", path.string()}, {"size", std::to_string(largest)}});
  return content;
}

}  // namespace

Result<int> open_regular_file(const fs::path& path) {
  // Opening a pipe waits for its writer, unless asked not to; to a file that makes no difference.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return fail_errno("read", path.string(), errno);
  struct stat info {};
  const int error = ::fstat(fd, &info) == 0 ? 0 : errno;
  if (error == 0 && S_ISREG(info.st_mode)) return fd;
  ::close(fd);
  if (error != 0) return fail_errno("read", path.string(), error);
  return fail(ErrorKind::bad_input, "file.not_regular", "Cannot read {path}: it is {sort}, not a file.",
              {{"path", path.string()}, {"sort", std::string(sort_of(info.st_mode))}});
}

Result<std::string> read_file(const fs::path& path, uint64_t largest) {
  MW_ASSIGN(const int fd, open_regular_file(path));
  return read_all(fd, path, largest);
}

Result<std::string> read_file_or_pipe(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail_errno("read", path.string(), errno);
  return read_all(fd, path, UINT64_MAX);
}

LineRead read_line(std::istream& input, std::string& line, size_t longest) {
  line.clear();
  char piece[1 << 14];
  for (;;) {
    input.getline(piece, sizeof piece);
    const auto n = static_cast<size_t>(input.gcount());
    if (input.bad()) return LineRead::unreadable;
    if (n == 0 && line.empty()) return LineRead::end;
    const bool full = input.fail() && !input.eof();  // the line goes on
    line.append(piece, full || input.eof() ? n : n - 1);
    if (line.size() > longest) return LineRead::too_long;
    if (!full) return LineRead::line;
    input.clear(input.rdstate() & ~std::ios::failbit);
  }
}

Status write_file_atomically(const fs::path& path, std::string_view content) {
  return write_file_atomically(path, std::span(&content, 1));
}

Status write_file_atomically(const fs::path& path, std::span<const std::string_view> pieces) {
  FileSystem& files = file_system();
  const fs::path temporary = path.string() + ".tmp-" + tail(new_uuid());
  const int fd = files.open(temporary, O_WRONLY | O_CREAT | O_EXCL, 0666);
  if (fd < 0) return fail_errno("write", temporary.string(), -fd);
  int error = 0;
  for (size_t i = 0; i < pieces.size() && error == 0; ++i) error = files.write(fd, as_bytes(pieces[i]));
  if (error == 0) error = files.sync(fd);
  const int closed = files.close(fd);
  if (error == 0) error = closed;
  if (error == 0) error = files.rename(temporary, path);
  if (error == 0) error = files.sync_folder(folder_of(path));
  if (error != 0) {
    (void)files.remove(temporary);
    return fail_errno("write", path.string(), -error);
  }
  return {};
}

Status make_folders(const fs::path& path) {
  if (path.empty()) return {};
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return {};
  const fs::path parent = path.parent_path();
  if (!parent.empty() && parent != path) MW_TRY(make_folders(parent));
  const int error = file_system().make_folder(path);
  if (error != 0 && error != -EEXIST) return fail_errno("make the folder", path.string(), -error);
  if (error == -EEXIST && !fs::is_directory(path, ignored))
    return fail_errno("make the folder", path.string(), ENOTDIR);
  return sync_folder(folder_of(path));
}

Status rename_durably(const fs::path& from, const fs::path& to) {
  const int error = file_system().rename(from, to);
  if (error != 0) return fail_errno("rename", from.string(), -error);
  MW_TRY(sync_folder(folder_of(to)));
  if (folder_of(from) != folder_of(to)) MW_TRY(sync_folder(folder_of(from)));
  return {};
}

Status sync_file(const fs::path& path) {
  const int fd = file_system().open(path, O_RDWR, 0);
  if (fd < 0) return fail_errno("sync", path.string(), -fd);
  const int error = file_system().sync(fd);
  (void)file_system().close(fd);
  if (error != 0) return fail_errno("sync", path.string(), -error);
  return {};
}

Status sync_folder(const fs::path& path) {
  const int error = file_system().sync_folder(path);
  if (error != 0) return fail_errno("sync", path.string(), -error);
  return {};
}

Status remove_file(const fs::path& path) {
  const int error = file_system().remove(path);
  if (error != 0 && error != -ENOENT) return fail_errno("remove", path.string(), -error);
  return {};
}

Result<AppendFile> AppendFile::open(const fs::path& path) {
  const int fd = file_system().open(path, O_WRONLY | O_CREAT | O_APPEND, 0666);
  if (fd < 0) return fail_errno("write", path.string(), -fd);
  return AppendFile(fd, path);
}
AppendFile::AppendFile(AppendFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}
AppendFile& AppendFile::operator=(AppendFile&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(path_, other.path_);
  return *this;
}
AppendFile::~AppendFile() {
  if (fd_ >= 0) (void)file_system().close(fd_);
}
Status AppendFile::append(std::string_view text) {
  const int error = file_system().write(fd_, as_bytes(text));
  if (error != 0) return fail_errno("write", path_.string(), -error);
  return {};
}
Status AppendFile::sync() {
  const int error = file_system().sync(fd_);
  if (error != 0) return fail_errno("sync", path_.string(), -error);
  return {};
}

Result<std::optional<FileLock>> FileLock::try_lock(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) return fail_errno("lock", path.string(), errno);
  struct flock request {};
  request.l_type = F_WRLCK;
  request.l_whence = SEEK_SET;
  if (::fcntl(fd, F_OFD_SETLK, &request) == 0) return std::optional(FileLock(fd));
  const int error = errno;
  ::close(fd);
  if (error == EAGAIN || error == EACCES) return std::optional<FileLock>();
  return fail_errno("lock", path.string(), error);
}
FileLock::FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}
FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);
}

Result<MappedFile> MappedFile::open(const fs::path& path) {
  MW_ASSIGN(const int fd, open_regular_file(path));
  struct stat info {};
  if (::fstat(fd, &info) != 0) {
    const int error = errno;
    ::close(fd);
    return fail_errno("read", path.string(), error);
  }
  const auto size = static_cast<size_t>(info.st_size);
  if (size == 0) {
    ::close(fd);
    return MappedFile(nullptr, 0);
  }
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  const int error = errno;
  ::close(fd);
  if (data == MAP_FAILED) return fail_errno("map", path.string(), error);
  return MappedFile(static_cast<const uint8_t*>(data), size);
}
MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}
MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<uint8_t*>(data_), size_);
}

bool on_network_file_system(const fs::path& path) {
  fs::path at = fs::absolute(path);
  struct statfs info {};
  while (::statfs(at.c_str(), &info) != 0) {
    if (errno != ENOENT || at == at.parent_path()) return false;
    at = at.parent_path();
  }
  static constexpr uint32_t kCifs = 0xFF534D42, kSmb2 = 0xFE534D42, kNinep = 0x01021997, kCeph = 0x00C36400;
  static constexpr uint32_t kAfs = 0x5346414F, kFuse = 0x65735546;
  const auto type = static_cast<uint32_t>(info.f_type);
  if (type == kFuse) return false;  // FUSE may be local (ntfs-3g); sshfs shows itself by missing locks when opened
  return type == NFS_SUPER_MAGIC || type == SMB_SUPER_MAGIC || type == kCifs || type == kSmb2 || type == kNinep ||
         type == kCeph || type == kAfs || type == CODA_SUPER_MAGIC;
}

uint64_t free_space(const fs::path& path) {
  struct statvfs info {};
  if (::statvfs(path.c_str(), &info) != 0) return 0;
  return static_cast<uint64_t>(info.f_bavail) * info.f_frsize;
}

fs::path program_folder() {
  std::error_code ignored;
  return fs::read_symlink("/proc/self/exe", ignored).parent_path();
}

}  // namespace millwright

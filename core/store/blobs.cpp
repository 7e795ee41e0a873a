#include "store/blobs.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/ids.h"
#include "detail/project_state.h"

namespace millwright::store {
namespace {

constexpr size_t kPiece = 1 << 20;

/// What the content comes from: fills the buffer, returns how much, 0 at the end, or -errno.
using Source = std::function<int64_t(std::span<uint8_t>)>;

/// A temporary file in blobs/, removed unless it was renamed.
struct Temporary {
  fs::path path, lock_file;
  std::optional<FileLock> lock;
  int fd = -1;
  ~Temporary() {
    if (fd >= 0) (void)file_system().close(fd);
    (void)remove_file(path);
    (void)remove_file(lock_file);
  }
};

Status begin(Temporary& temporary, const fs::path& folder) {
  MW_ASSIGN(temporary.lock, detail::lock_anew([&] {
              temporary.path = folder / (".tmp-" + tail(new_uuid()));
              return temporary.lock_file = temporary.path.string() + ".lock";
            }));
  temporary.fd = file_system().open(temporary.path, O_WRONLY | O_CREAT | O_EXCL, 0666);
  if (temporary.fd < 0) return fail_errno("write", temporary.path.string(), -temporary.fd);
  return {};
}

bool is_there(const fs::path& path, int64_t bytes) {
  std::error_code error;
  return fs::is_regular_file(fs::symlink_status(path, error)) &&
         fs::file_size(path, error) == static_cast<uintmax_t>(bytes);
}

Result<BlobRef> put(Project& project, const Source& source, std::string_view from) {
  if (project.read_only())
    return fail(ErrorKind::store, "store.read_only", "The project {path} is read-only.",
                {{"path", project.folder().string()}},
                "Check the permissions of its folder and files; nothing was changed.");
  Temporary temporary;
  MW_TRY(begin(temporary, project.blobs_folder()));
  Sha256 hash;
  BlobRef blob;
  std::vector<uint8_t> piece(kPiece);
  for (;;) {
    const int64_t n = source(piece);
    if (n < 0) return fail_errno("read", from, static_cast<int>(-n));
    if (n == 0) break;
    const auto part = std::span(piece).first(static_cast<size_t>(n));
    hash.update(part);
    blob.bytes += n;
    if (const int error = file_system().write(temporary.fd, part); error != 0)
      return fail_errno("write", temporary.path.string(), -error);
  }
  blob.sha256 = hash.finish();
  const fs::path target = path_of_blob(project, blob.sha256);
  if (is_there(target, blob.bytes)) {
    // Renamed by somebody who may have been cut off before the folder was synced.
    MW_TRY(sync_folder(target.parent_path()));
    MW_TRY(sync_folder(project.blobs_folder()));
    return blob;
  }
  int error = file_system().sync(temporary.fd);
  const int closed = file_system().close(std::exchange(temporary.fd, -1));
  if (error == 0) error = closed;
  if (error != 0) return fail_errno("write", temporary.path.string(), -error);
  MW_TRY(make_folders(target.parent_path()));
  MW_TRY(sync_folder(project.blobs_folder()));  // the folder may be there, made a moment ago and not yet synced
  MW_TRY(rename_durably(temporary.path, target));
  return blob;
}

}  // namespace

Result<BlobRef> put_blob(Project& project, std::string_view content) {
  const Source source = [&](std::span<uint8_t> out) -> int64_t {
    const size_t n = std::min(out.size(), content.size());
    std::copy_n(content.begin(), n, out.begin());
    content.remove_prefix(n);
    return static_cast<int64_t>(n);
  };
  return put(project, source, "the content");
}

Result<BlobRef> put_blob_file(Project& project, const fs::path& file) {
  MW_ASSIGN(const int fd, open_regular_file(file));
  const Source source = [&](std::span<uint8_t> out) -> int64_t {
    for (;;) {
      const ssize_t n = ::read(fd, out.data(), out.size());
      if (n < 0 && errno == EINTR) continue;
      return n < 0 ? -errno : n;
    }
  };
  auto result = put(project, source, file.string());
  ::close(fd);
  return result;
}

Status publish_blob(Transaction& transaction, const BlobRef& blob, std::string_view media) {
  MW_ASSIGN(Statement insert, transaction.db().prepare("INSERT INTO blob(sha256, bytes, media, created_ms) "
                                                       "VALUES (?, ?, ?, ?) ON CONFLICT(sha256) DO NOTHING"));
  return insert.with(blob.sha256, blob.bytes, media, transaction.time_ms()).run();
}

fs::path path_of_blob(const Project& project, const Digest& sha256) {
  const std::string hex = to_hex(sha256);
  return project.blobs_folder() / hex.substr(0, 2) / hex.substr(2);
}

}  // namespace millwright::store

#include "source_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace millwright::records::detail {
namespace {

constexpr size_t kHead = 64 * 1024;

tl::unexpected<Error> cannot_read(const std::string& path, int error) {
  return fail(ErrorKind::bad_input, "import.source", "{file} cannot be read: {why}.",
              {{"file", path == "-" ? "standard input" : path}, {"why", std::strerror(error)}});
}

}  // namespace

Result<std::unique_ptr<SourceReader>> SourceReader::open(const std::string& path, const Work& work) {
  std::unique_ptr<SourceReader> reader(new SourceReader);
  reader->path_ = path;
  reader->work_ = work;
  if (path == "-") {
    reader->fd_ = STDIN_FILENO;
  } else {
    reader->fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (reader->fd_ < 0) return cannot_read(path, errno);
    reader->owned_ = true;
    reader->file_name_ = fs::path(path).filename().string();
  }
  struct stat about {};
  if (::fstat(reader->fd_, &about) != 0) return cannot_read(path, errno);
  if (S_ISDIR(about.st_mode)) return cannot_read(path, EISDIR);
  reader->source_.struct_size = sizeof(millwright_source);
  reader->source_.context = reader.get();
  reader->source_.name = reader->file_name_.empty() ? nullptr : reader->file_name_.c_str();
  reader->source_.size = reader->owned_ && S_ISREG(about.st_mode) ? about.st_size : -1;
  reader->source_.read = read_callback;
  if (reader->source_.size >= 0) ::posix_fadvise(reader->fd_, 0, 0, POSIX_FADV_SEQUENTIAL);
  Bytes head(kHead);
  size_t have = 0;
  while (have < head.size()) {
    const int64_t n = reader->read(head.data() + have, head.size() - have);
    if (n < 0) return tl::make_unexpected(*reader->error_);
    if (n == 0) {
      reader->head_is_whole_ = true;
      break;
    }
    have += static_cast<size_t>(n);
  }
  head.resize(have);
  reader->head_ = std::move(head);
  return reader;
}

SourceReader::~SourceReader() {
  if (owned_ && fd_ >= 0) ::close(fd_);
}

int64_t SourceReader::read(void* buffer, size_t capacity) {
  for (;;) {
    if (work_.stopped()) {
      error_ = Error{ErrorKind::cancelled, "cancelled", "Stopped; nothing was published.", {}, {}};
      return -1;
    }
    const ssize_t n = ::read(fd_, buffer, capacity);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      error_ = cannot_read(path_, errno).value();
      return -1;
    }
    hash_.update(std::span(static_cast<const uint8_t*>(buffer), static_cast<size_t>(n)));
    bytes_.fetch_add(n, std::memory_order_relaxed);
    return n;
  }
}

int64_t SourceReader::read_callback(void* context, void* buffer, size_t capacity) {
  auto* self = static_cast<SourceReader*>(context);
  if (self->head_given_ < self->head_.size()) {
    const size_t n = std::min(capacity, self->head_.size() - self->head_given_);
    std::memcpy(buffer, self->head_.data() + self->head_given_, n);
    self->head_given_ += n;
    return static_cast<int64_t>(n);
  }
  return self->read(buffer, capacity);
}

Result<Digest> SourceReader::finish() {
  Bytes rest(1 << 18);
  for (;;) {
    const int64_t n = read(rest.data(), rest.size());
    if (n < 0) return tl::make_unexpected(*error_);
    if (n == 0) return hash_.finish();
  }
}

}  // namespace millwright::records::detail

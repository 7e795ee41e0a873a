#include "tar.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace millwright::store::detail {
namespace {

constexpr size_t kBlock = 512;
constexpr int64_t kLargestOctal = 077777777777;  // 11 digits

/// The header's fields, by their place (IEEE Std 1003.1, ustar Interchange Format).
struct Header {
  char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100], magic[6], version[2],
      user[32], group[32], major[8], minor[8], prefix[155], rest[12];
};
static_assert(sizeof(Header) == kBlock);

unsigned sum_of(const Header& header) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(&header);
  unsigned sum = 0;
  for (size_t i = 0; i < kBlock; ++i) {
    const bool own = i >= offsetof(Header, checksum) && i < offsetof(Header, checksum) + sizeof header.checksum;
    sum += own ? ' ' : bytes[i];
  }
  return sum;
}

void put_size(Header& header, int64_t size) {
  if (size <= kLargestOctal) {
    std::snprintf(header.size, sizeof header.size, "%011llo", static_cast<unsigned long long>(size));
    return;
  }
  header.size[0] = static_cast<char>(0x80);
  for (int i = 11; i > 3; --i, size >>= 8) header.size[i] = static_cast<char>(size & 0xFF);
}

std::optional<int64_t> number_of(const char* field, size_t length) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(field);
  int64_t value = 0;
  if (bytes[0] == 0x80) {
    for (size_t i = 1; i < length; ++i) {
      if (value > (INT64_MAX >> 8)) return std::nullopt;
      value = value << 8 | bytes[i];
    }
    return value;
  }
  bool any = false;
  for (size_t i = 0; i < length && bytes[i] != 0 && bytes[i] != ' '; ++i) {
    if (bytes[i] < '0' || bytes[i] > '7') return std::nullopt;
    value = value << 3 | (bytes[i] - '0');
    any = true;
  }
  return any ? std::optional(value) : std::nullopt;
}

std::string text_of(const char* field, size_t length) { return {field, ::strnlen(field, length)}; }

}  // namespace

Status TarWriter::write(std::span<const uint8_t> data) {
  if (const int error = file_system().write(fd_, data); error != 0) return fail_errno("write", path_.string(), -error);
  hash_.update(data);
  bytes_ += static_cast<int64_t>(data.size());
  return {};
}

Status TarWriter::begin(const std::string& name, int64_t size) {
  Header header{};
  if (name.size() <= sizeof header.name) {
    std::copy(name.begin(), name.end(), header.name);
  } else {
    const size_t cut = name.find('/', name.size() - sizeof header.name - 1);
    if (cut == std::string::npos || cut > sizeof header.prefix)
      return fail(ErrorKind::store, "backup.name", "The name {name} is too long for a backup.", {{"name", name}});
    std::copy(name.begin(), name.begin() + static_cast<std::ptrdiff_t>(cut), header.prefix);
    std::copy(name.begin() + static_cast<std::ptrdiff_t>(cut) + 1, name.end(), header.name);
  }
  std::snprintf(header.mode, sizeof header.mode, "0000644");
  std::snprintf(header.uid, sizeof header.uid, "0000000");
  std::snprintf(header.gid, sizeof header.gid, "0000000");
  std::snprintf(header.mtime, sizeof header.mtime, "00000000000");
  put_size(header, size);
  header.type = '0';
  std::memcpy(header.magic, "ustar", 6);
  std::memcpy(header.version, "00", 2);
  std::snprintf(header.checksum, sizeof header.checksum, "%06o", sum_of(header));
  header.checksum[7] = ' ';
  left_ = size_ = size;
  return write({reinterpret_cast<const uint8_t*>(&header), kBlock});
}

Status TarWriter::put(std::span<const uint8_t> data) {
  left_ -= static_cast<int64_t>(data.size());
  return write(data);
}

Status TarWriter::end() {
  if (left_ != 0)
    return fail(ErrorKind::store, "backup.changed", "A file changed its size while {path} was written.",
                {{"path", path_.string()}}, "Try again.");
  static constexpr uint8_t kZeros[kBlock] = {};
  const auto padding = static_cast<size_t>((kBlock - static_cast<uint64_t>(size_) % kBlock) % kBlock);
  return padding == 0 ? Status{} : write(std::span(kZeros).first(padding));
}

Result<Digest> TarWriter::finish() {
  const Bytes zeros(2 * kBlock);
  MW_TRY(write(zeros));
  return hash_.finish();
}

tl::unexpected<Error> TarReader::damaged(std::string_view reason) const {
  return fail(ErrorKind::bad_input, bytes_ <= static_cast<int64_t>(kBlock) ? "backup.not_a_backup" : "backup.damaged",
              bytes_ <= static_cast<int64_t>(kBlock) ? "{file} is not a backup of a project."
                                                     : "The backup {file} is damaged: {reason}.",
              {{"file", path_}, {"reason", std::string(reason)}}, "Nothing was restored.");
}

Result<size_t> TarReader::fetch(std::span<uint8_t> out) {
  size_t at = 0;
  while (at < out.size()) {
    const ssize_t n = ::read(fd_, out.data() + at, out.size() - at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("read", path_, errno);
    if (n == 0) break;
    at += static_cast<size_t>(n);
  }
  hash_.update(out.first(at));
  bytes_ += static_cast<int64_t>(at);
  return at;
}

Status TarReader::fetch_block(std::span<uint8_t> block) {
  MW_ASSIGN(const size_t n, fetch(block));
  if (n != block.size()) return damaged("it ends too early");
  return {};
}

Result<std::optional<TarReader::Entry>> TarReader::next() {
  Bytes skip(1 << 16);
  for (left_ += padding_, padding_ = 0; left_ > 0;) {
    const auto part = std::span(skip).first(static_cast<size_t>(std::min<int64_t>(left_, 1 << 16)));
    MW_TRY(fetch_block(part));
    left_ -= static_cast<int64_t>(part.size());
  }
  Header header{};
  MW_TRY(fetch_block({reinterpret_cast<uint8_t*>(&header), kBlock}));
  const auto* raw = reinterpret_cast<const uint8_t*>(&header);
  if (std::all_of(raw, raw + kBlock, [](uint8_t b) { return b == 0; })) return std::nullopt;
  const auto checksum = number_of(header.checksum, sizeof header.checksum);
  if (std::memcmp(header.magic, "ustar", 5) != 0 || !checksum || *checksum != static_cast<int64_t>(sum_of(header)))
    return damaged("a header does not add up");
  const auto size = number_of(header.size, sizeof header.size);
  if (!size) return damaged("a size cannot be read");
  Entry entry{text_of(header.name, sizeof header.name), *size};
  if (const std::string prefix = text_of(header.prefix, sizeof header.prefix); !prefix.empty())
    entry.name = prefix + '/' + entry.name;
  if (header.type != '0' && header.type != '\0')
    return fail(ErrorKind::bad_input, "backup.hostile",
                "The backup {file} holds something that is no plain file: {name}.",
                {{"file", path_}, {"name", entry.name}}, "Nothing was restored.");
  left_ = entry.size;
  padding_ = static_cast<int64_t>((kBlock - static_cast<uint64_t>(entry.size) % kBlock) % kBlock);
  return entry;
}

Result<size_t> TarReader::read(std::span<uint8_t> out) {
  const auto part = out.first(static_cast<size_t>(std::min<int64_t>(left_, static_cast<int64_t>(out.size()))));
  MW_TRY(fetch_block(part));
  left_ -= static_cast<int64_t>(part.size());
  return part.size();
}

Result<Digest> TarReader::finish() {
  Bytes rest(1 << 16);
  for (;;) {
    MW_ASSIGN(const size_t n, fetch(rest));
    if (n == 0) return hash_.finish();
  }
}

}  // namespace millwright::store::detail

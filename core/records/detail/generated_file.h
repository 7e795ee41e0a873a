// A file that is written from its beginning to its end, in large pieces.
#pragma once

#include <cerrno>
#include <cstdio>
#include <memory>
#include <string>

#include "base/files.h"

namespace millwright::records::detail {

class GeneratedFile {
 public:
  [[nodiscard]] static Result<GeneratedFile> create(const fs::path& path) {
    GeneratedFile out;
    out.path_ = path;
    out.file_.reset(std::fopen(path.c_str(), "wb"));
    if (!out.file_) return fail_errno("write", path.string(), errno);
    return out;
  }
  [[nodiscard]] std::string& buffer() { return buffer_; }
  [[nodiscard]] Status flush_when_full() { return buffer_.size() < kPiece ? Status() : flush(); }
  [[nodiscard]] Status finish() {
    MW_TRY(flush());
    if (std::fflush(file_.get()) != 0) return fail_errno("write", path_.string(), errno);
    return {};
  }

 private:
  static constexpr size_t kPiece = 1 << 20;
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  Status flush() {
    if (std::fwrite(buffer_.data(), 1, buffer_.size(), file_.get()) != buffer_.size())
      return fail_errno("write", path_.string(), errno);
    buffer_.clear();
    return {};
  }
  fs::path path_;
  std::unique_ptr<std::FILE, Close> file_;
  std::string buffer_;
};

}  // namespace millwright::records::detail

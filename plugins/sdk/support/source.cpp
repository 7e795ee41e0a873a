// SPDX-License-Identifier: Apache-2.0
#include "plugin_support/source.h"

#include <algorithm>

namespace millwright::plugin {

size_t HostStream::read(uint8_t* buffer, size_t capacity) {
  const int64_t got = source_.read(source_.context, buffer, capacity);
  if (got < 0 || static_cast<uint64_t>(got) > capacity) throw ReadFailed{};
  bytes_read_ += got;
  return static_cast<size_t>(got);
}

void Window::fill(size_t wanted) {
  if (begin_ > 0) {
    if (end_ > begin_) std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  buffer_.reserve(wanted);
  while (end_ < wanted && !at_end_) {
    const size_t got = stream_->read(buffer_.data() + end_, wanted - end_);
    end_ += got;
    at_end_ = got == 0;
  }
  std::memset(buffer_.data() + end_, 0, Buffer::kPadding);
}

bool Lines::skip_bom() {
  window_.fill(std::max(piece_, size_t{3}));
  if (!window_.text().starts_with("\xEF\xBB\xBF")) return false;
  window_.consume(3);
  consumed_ += 3;
  return true;
}

bool Lines::next(Line& line) {
  window_.consume(pending_);
  pending_ = 0;
  size_t searched = 0;
  for (;;) {
    const std::string_view text = window_.text();
    const void* found =
        text.size() > searched ? std::memchr(text.data() + searched, '\n', text.size() - searched) : nullptr;
    if (found == nullptr && !window_.at_end()) {
      if (text.size() > max_line_ + 2) return skip_long(line);
      searched = text.size();
      window_.fill(std::max(piece_, text.size() * 2));
      continue;
    }
    if (found == nullptr && text.empty()) return false;
    const size_t length = found ? static_cast<size_t>(static_cast<const char*>(found) - text.data()) : text.size();
    pending_ = found ? length + 1 : length;
    consumed_ += static_cast<int64_t>(pending_);
    line.number = ++number_;
    line.text = text.substr(0, length);
    line.carriage_return = found != nullptr && line.text.ends_with('\r');
    if (line.carriage_return) line.text.remove_suffix(1);
    line.too_long = line.text.size() > max_line_;
    if (line.too_long) line.text = line.text.substr(0, (size_t{1} << 20) + 1);
    return true;
  }
}

bool Lines::skip_long(Line& line) {
  constexpr size_t kKept = (size_t{1} << 20) + 1;
  long_line_.clear();
  bool ended = false;
  while (!ended) {
    const std::string_view text = window_.text();
    const size_t end = text.find('\n');
    ended = end != std::string_view::npos;
    const size_t taken = ended ? end + 1 : text.size();
    long_line_ += text.substr(0, std::min(end, kKept - long_line_.size()));
    window_.consume(taken);
    consumed_ += static_cast<int64_t>(taken);
    if (!ended && window_.at_end()) break;
    if (!ended) window_.fill(piece_);
  }
  line = {long_line_, ++number_, ended && long_line_.ends_with('\r'), true};
  if (line.carriage_return) line.text.remove_suffix(1);
  return true;
}

}  // namespace millwright::plugin

// A queue between two threads of the import. Who fails closes it, and both ends see it.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

namespace millwright::records::detail {

template <class T>
class BoundedQueue {
 public:
  explicit BoundedQueue(size_t capacity) : capacity_(capacity) {}
  /// False when the queue was closed: nobody will take it.
  bool push(T value) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return closed_ || items_.size() < capacity_; });
    if (closed_) return false;
    items_.push_back(std::move(value));
    lock.unlock();
    filled_.notify_one();
    return true;
  }
  /// nullopt at the end.
  std::optional<T> pop() {
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [&] { return closed_ || ended_ || !items_.empty(); });
    if (closed_ || items_.empty()) return std::nullopt;
    std::optional<T> value(std::move(items_.front()));
    items_.pop_front();
    lock.unlock();
    room_.notify_one();
    return value;
  }
  /// Nothing more will come; what is there can still be taken.
  void end() {
    const std::scoped_lock lock(mutex_);
    ended_ = true;
    filled_.notify_all();
  }
  /// Stops both sides at once.
  void close() {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    items_.clear();
    filled_.notify_all();
    room_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable room_, filled_;
  std::deque<T> items_;
  size_t capacity_;
  bool closed_ = false, ended_ = false;
};

}  // namespace millwright::records::detail

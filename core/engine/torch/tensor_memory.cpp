#include "torch/tensor_memory.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <map>
#include <mutex>
#include <new>
#include <unordered_map>

#include "torch/compat.h"

namespace millwright::engine {
namespace {

constexpr size_t kAlignment = 64;            // a cache line, and the widest vector
constexpr size_t kSmall = size_t{32} << 10;  // below: malloc's
// Is asked of the system at least. What is not touched costs nothing but address space: little of it where that is
// limited.
constexpr size_t kChunk = size_t{1} << 30, kLimitedChunk = size_t{32} << 20;

size_t chunk_size() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY ? kLimitedChunk : kChunk;
}

/// First fit by address: what is low in the region is used again and again, what is high is left alone. Neighbours that
/// are free are one.
class TensorMemory final : public c10::Allocator {
 public:
#if MW_TORCH_AT_LEAST(2, 3)
  c10::DataPtr allocate(size_t bytes) override { return place(bytes); }
  void copy_data(void* to, const void* from, size_t bytes) const override { std::memcpy(to, from, bytes); }
#else
  c10::DataPtr allocate(size_t bytes) const override { return const_cast<TensorMemory*>(this)->place(bytes); }
#endif
  c10::DeleterFnPtr raw_deleter() const override { return &release; }

  static TensorMemory& instance() {
    static auto* const only = new TensorMemory;  // outlives every tensor
    return *only;
  }

 private:
  c10::DataPtr place(size_t bytes) {
    void* const at = bytes == 0 ? nullptr : bytes < kSmall ? small(bytes) : large(bytes);
    return {at, at, &release, c10::Device(c10::DeviceType::CPU)};
  }

  static void* small(size_t bytes) {
    void* const at = std::aligned_alloc(kAlignment, (bytes + kAlignment - 1) / kAlignment * kAlignment);
    if (at == nullptr) throw std::bad_alloc();
    return at;
  }

  void* large(size_t bytes) {
    if (bytes > SIZE_MAX / 2) throw std::bad_alloc();
    const size_t size = (bytes + kAlignment - 1) / kAlignment * kAlignment;
    const std::scoped_lock lock(mutex_);
    auto found = std::find_if(free_.begin(), free_.end(), [&](const auto& gap) { return gap.second >= size; });
    if (found == free_.end()) found = grow(size);
    char* const at = found->first;
    const size_t left = found->second - size;
    live_.emplace(at, size);
    free_.erase(found);
    if (left > 0) free_.emplace(at + size, left);
    return at;
  }

  std::map<char*, size_t>::iterator grow(size_t size) {
    const size_t bytes = (size + chunk_ - 1) / chunk_ * chunk_;
    void* const chunk =
        ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (chunk == MAP_FAILED) throw std::bad_alloc();
    (void)::madvise(chunk, bytes, MADV_HUGEPAGE);  // fewer misses in the tables of pages; a system may not have it
    return put_back(static_cast<char*>(chunk), bytes);
  }

  std::map<char*, size_t>::iterator put_back(char* at, size_t size) {
    auto next = free_.lower_bound(at);
    if (next != free_.end() && at + size == next->first) {
      size += next->second;
      next = free_.erase(next);
    }
    if (next != free_.begin())
      if (const auto before = std::prev(next); before->first + before->second == at) {
        before->second += size;
        return before;
      }
    return free_.emplace_hint(next, at, size);
  }

  static void release(void* at) {
    if (at == nullptr) return;
    TensorMemory& memory = instance();
    {
      const std::scoped_lock lock(memory.mutex_);
      if (const auto found = memory.live_.find(static_cast<char*>(at)); found != memory.live_.end()) {
        memory.put_back(found->first, found->second);
        memory.live_.erase(found);
        return;
      }
    }
    std::free(at);
  }

  const size_t chunk_ = chunk_size();
  std::mutex mutex_;
  std::map<char*, size_t> free_;            ///< gaps: begin and bytes; no two of them touch
  std::unordered_map<char*, size_t> live_;  ///< large tensors
};

}  // namespace

void keep_tensors_apart() { c10::SetCPUAllocator(&TensorMemory::instance(), /*priority=*/1); }

}  // namespace millwright::engine

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
#include <utility>

#include "torch/compat.h"

namespace millwright::engine {
namespace {

constexpr size_t kAlignment = 64;            // a cache line, and the widest vector
constexpr size_t kSmall = size_t{32} << 10;  // below: malloc's
// Is asked of the system at least. What is not touched costs nothing but address space: little of it where that is
// limited.
constexpr size_t kChunk = size_t{1} << 30, kLimitedChunk = size_t{32} << 20;

constexpr size_t kPage = 4096;  // of the processors that this is built for; larger ones only refuse to be given back

size_t chunk_size() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY ? kLimitedChunk : kChunk;
}

using Blocks = std::map<char*, size_t>;  // begin and bytes; blocks move from one list to another without a new node

/// Holds the lock, and lets the thread know.
struct Inside {
  explicit Inside(std::mutex& mutex) : lock(mutex) { here = true; }
  ~Inside() { here = false; }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
  std::scoped_lock<std::mutex> lock;
  static thread_local bool here;
};
thread_local bool Inside::here = false;

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

  /// Called by operator new where it finds no memory: what the region has to spare may be what is missing.
  static void make_room() {
    if (!instance().give_back()) throw std::bad_alloc();
  }

 private:
  c10::DataPtr place(size_t bytes) {
    void* const at = bytes == 0 ? nullptr : bytes < kSmall ? small(bytes) : large(bytes);
    return {at, at, &release, c10::Device(c10::DeviceType::CPU)};
  }

  void* small(size_t bytes) {
    const size_t size = (bytes + kAlignment - 1) / kAlignment * kAlignment;
    void* at = std::aligned_alloc(kAlignment, size);
    if (at == nullptr && give_back()) at = std::aligned_alloc(kAlignment, size);
    if (at == nullptr) throw std::bad_alloc();
    return at;
  }

  void* large(size_t bytes) {
    if (bytes > SIZE_MAX / 2) throw std::bad_alloc();
    const size_t size = (bytes + kAlignment - 1) / kAlignment * kAlignment;
    const Inside inside(mutex_);
    Blocks::node_type block = make_block();  // may throw: before anything is changed
    auto found = std::find_if(free_.begin(), free_.end(), [&](const auto& gap) { return gap.second >= size; });
    if (found == free_.end()) found = grow(size);
    char* const at = found->first;
    if (const size_t left = found->second - size; left > 0) {
      Blocks::node_type rest = free_.extract(found);
      rest.key() = at + size;
      rest.mapped() = left;
      free_.insert(std::move(rest));
    } else {
      free_.erase(found);
    }
    block.key() = at;
    block.mapped() = size;
    live_.insert(std::move(block));
    return at;
  }

  Blocks::iterator grow(size_t size) {
    const size_t bytes = (size + chunk_ - 1) / chunk_ * chunk_;
    Blocks::node_type block = make_block();
    void* chunk = map(bytes);
    if (chunk == MAP_FAILED && unmap_gaps()) chunk = map(bytes);
    if (chunk == MAP_FAILED) throw std::bad_alloc();
    (void)::madvise(chunk, bytes, MADV_HUGEPAGE);  // fewer misses in the tables of pages; a system may not have it
    block.key() = static_cast<char*>(chunk);
    block.mapped() = bytes;
    return put_back(std::move(block));
  }

  static void* map(size_t bytes) {
    return ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  }

  /// Gaps go back to the system, but for less than a page at their ends; false where there was nothing to give.
  bool unmap_gaps() {
    bool any = false;
    for (auto gap = free_.begin(); gap != free_.end();) {
      char* const begin = up_to_page(gap->first);
      char* const end = down_to_page(gap->first + gap->second);
      if (begin >= end || ::munmap(begin, static_cast<size_t>(end - begin)) != 0) {
        ++gap;
        continue;
      }
      any = true;
      // What is left at the end gets no block of its own, which would take memory: it is lost, a page at most.
      gap->second = static_cast<size_t>(begin - gap->first);
      gap = gap->second == 0 ? free_.erase(gap) : std::next(gap);
    }
    return any;
  }
  static char* down_to_page(char* at) { return at - reinterpret_cast<uintptr_t>(at) % kPage; }
  static char* up_to_page(char* at) { return down_to_page(at + kPage - 1); }

  /// Memory for somebody else, who found none.
  bool give_back() {
    if (Inside::here) return false;  // the list of blocks itself finds none
    const Inside inside(mutex_);
    return unmap_gaps();
  }

  static Blocks::node_type make_block() {
    Blocks one;
    return one.extract(one.emplace(nullptr, 0).first);
  }

  Blocks::iterator put_back(Blocks::node_type&& block) {
    const auto next = free_.lower_bound(block.key());
    if (next != free_.end() && block.key() + block.mapped() == next->first) {
      block.mapped() += next->second;
      free_.erase(next);
    }
    const auto after = free_.lower_bound(block.key());
    if (after != free_.begin())
      if (const auto before = std::prev(after); before->first + before->second == block.key()) {
        before->second += block.mapped();
        return before;
      }
    return free_.insert(std::move(block)).position;
  }

  static void release(void* at) {
    if (at == nullptr) return;
    TensorMemory& memory = instance();
    {
      const Inside inside(memory.mutex_);
      if (const auto found = memory.live_.find(static_cast<char*>(at)); found != memory.live_.end()) {
        memory.put_back(memory.live_.extract(found));
        return;
      }
    }
    std::free(at);
  }

  const size_t chunk_ = chunk_size();
  std::mutex mutex_;
  Blocks free_;  ///< gaps: no two of them touch
  Blocks live_;  ///< large tensors
};

}  // namespace

void keep_tensors_apart() {
  c10::SetCPUAllocator(&TensorMemory::instance(), /*priority=*/1);
  std::set_new_handler(&TensorMemory::make_room);
}

}  // namespace millwright::engine

// Work shared among threads where who does what makes no difference.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace millwright::engine::detail {

/// Calls body(i) for i in 0..count.
template <class F>
void in_parallel(int threads, size_t count, const F& body) {
  std::atomic<size_t> next{0};
  const auto work = [&] {
    for (size_t i = next++; i < count; i = next++) body(i);
  };
  std::vector<std::jthread> helpers;
  for (int t = 1; t < std::min<int>(threads, static_cast<int>(count)); ++t) helpers.emplace_back(work);
  work();
}

}  // namespace millwright::engine::detail

// Work on many chunks on all cores.
#pragma once

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/result.h"

namespace millwright::records::detail {

/// body(i) for i in 0 … n − 1, in any order; the first error stops the rest.
template <class Body>
Status for_each_parallel(int64_t n, Body body) {
  const auto threads = static_cast<int64_t>(std::clamp<unsigned>(std::thread::hardware_concurrency(), 1, 8));
  if (n < 3 || threads == 1) {
    for (int64_t i = 0; i < n; ++i) MW_TRY(body(i));
    return {};
  }
  std::atomic<int64_t> next = 0;
  std::atomic<bool> failed = false;
  std::mutex lock;
  std::optional<Error> error;
  const auto work = [&] {
    for (int64_t i = next++; i < n && !failed; i = next++) {
      Status done = body(i);
      if (done) continue;
      const std::scoped_lock guard(lock);
      if (!error) error = std::move(done).error();
      failed = true;
    }
  };
  std::vector<std::thread> helpers;
  for (int64_t t = 1; t < std::min(threads, n); ++t) helpers.emplace_back(work);
  work();
  for (std::thread& helper : helpers) helper.join();
  if (error) return tl::make_unexpected(std::move(*error));
  return {};
}

}  // namespace millwright::records::detail

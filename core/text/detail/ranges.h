// A loop over rows shared among a few threads, each with one stretch of it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <thread>
#include <vector>

namespace millwright::text::detail {

/// Calls body(part, begin, end) for `parts` stretches that cover 0..count in order, each on a thread of its own.
template <class Body>
void in_stretches(int parts, size_t count, Body&& body) {
  const auto n = static_cast<size_t>(std::max(parts, 1));
  std::vector<std::jthread> threads;
  for (size_t part = 1; part < n; ++part)
    threads.emplace_back([&body, part, n, count] { body(part, count * part / n, count * (part + 1) / n); });
  body(size_t{0}, size_t{0}, count / n);
}

}  // namespace millwright::text::detail

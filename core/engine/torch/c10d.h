// What the groups of ranks have in common, whoever sums for them. Only for units in builds with torch's c10d.
#pragma once

#include <c10/util/Exception.h>

#include <chrono>
#include <new>
#include <string>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "engine/device_trouble.h"
#include "engine/ranks.h"
#include "torch/compat.h"
#include "torch/guard.h"

namespace millwright::engine {

inline constexpr std::chrono::minutes kPatience{10};  // with ranks that neither come nor go

/// What is thrown when the other side is not there; this rank's own device may be what is gone, too.
inline tl::unexpected<Error> lost_rank(const std::string& reason) {
  if (says_device_gone(reason)) return device_gone(reason);
  return fail(ErrorKind::job, "train.lost_rank", "A rank of this training is gone: {reason}",
              {{"reason", reason.substr(0, reason.find('\n'))}},
              "Start all ranks again: the training goes on from its last checkpoint.");
}

template <class F>
Status with_others(F&& work) {
  try {
    work();
    return {};
  } catch (const c10::Error& error) {
    return lost_rank(error.what_without_backtrace());
  } catch (const std::bad_alloc&) {
    return out_of_memory();
  } catch (const std::exception& error) {
    return lost_rank(error.what());
  }
}

/// Where ranks find each other: the first one keeps it. Throws where it does not come.
inline c10::intrusive_ptr<c10d::TCPStore> open_store(const Ranks& ranks) {
  c10d::TCPStoreOptions store;
  store.port = ranks.port;
  store.isServer = ranks.first();
  store.numWorkers = static_cast<size_t>(ranks.size);
  store.timeout = kPatience;
#if MW_TORCH_AT_LEAST(2, 4)
  store.useLibUV = false;  // Debian's libtorch comes without it
#endif
  return c10::make_intrusive<c10d::TCPStore>(ranks.address, store);
}

}  // namespace millwright::engine

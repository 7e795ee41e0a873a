// Exceptions of libtorch end here: what calls into it is run through guarded().
#pragma once

#include <c10/util/Exception.h>

#include <new>
#include <string>

#include "base/result.h"
#include "engine/device_trouble.h"
#include "torch/compat.h"

namespace millwright::engine {

inline tl::unexpected<Error> out_of_memory() {
  return fail(ErrorKind::job, "train.out_of_memory", "There was not enough memory on the device.", {},
              "Use a smaller batch_size or max_length, or a smaller model.");
}

inline tl::unexpected<Error> torch_failed(const std::string& reason) {
  if (says_device_gone(reason)) return device_gone(reason);
  return fail(ErrorKind::job, "engine.torch", "libtorch failed: {reason}", {{"reason", reason}});
}

/// What `work` returns (a Result or a Status); errors: job "train.out_of_memory", "train.device_gone", "engine.torch".
template <class F>
auto guarded(F&& work) -> decltype(work()) {
  try {
    return work();
  } catch (const c10::Error& error) {
    if (compat::is_out_of_memory(error)) return out_of_memory();
    return torch_failed(error.what_without_backtrace());
  } catch (const std::bad_alloc&) {
    return out_of_memory();
  } catch (const std::exception& error) {
    return torch_failed(error.what());
  }
}

}  // namespace millwright::engine

// libtorch, loaded when something asks for it and not before.
#pragma once

#include "base/json.h"
#include "base/result.h"

namespace millwright::engine {

/// Loads the module that links libtorch (millwright-torch.so beside the program) and starts it with so many threads, in
/// deterministic mode. BLAS kernels are chosen for the processor before the library loads. Returns
/// {"version","threads", "deterministic","devices",…}. Error: job "engine.no_torch".
[[nodiscard]] Result<Json> start_torch(int threads);

}  // namespace millwright::engine

#include "engine/torch.h"

#include <dlfcn.h>
#include <stdlib.h>

#include <string>

#include "base/files.h"
#include "detail/torch_module.h"

namespace millwright::engine {
namespace {

tl::unexpected<Error> no_torch(std::string reason) {
  return fail(ErrorKind::job, "engine.no_torch", "libtorch cannot be used: {reason}", {{"reason", std::move(reason)}},
              "Run packaging/setup, or build with MILLWRIGHT_ENGINE=ON.");
}

/// OpenBLAS picks Haswell kernels on newer AMD processors, at half the speed: name the kernels, but only where the
/// processor has AVX-512. It reads the environment when it is loaded.
void choose_blas_kernels(int threads) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl"))
    ::setenv("OPENBLAS_CORETYPE", "SkylakeX", 0);
#endif
  const std::string count = std::to_string(threads);
  ::setenv("OMP_NUM_THREADS", count.c_str(), 0);
  ::setenv("OPENBLAS_NUM_THREADS", count.c_str(), 0);
}

}  // namespace

Result<Json> start_torch(int threads) {
  choose_blas_kernels(threads);
  const fs::path path = program_folder() / "millwright-torch.so";
  void* const module = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr) return no_torch(::dlerror());
  const auto abi = reinterpret_cast<int (*)()>(::dlsym(module, "millwright_torch_abi"));
  const auto start = reinterpret_cast<const char* (*)(int, int)>(::dlsym(module, "millwright_torch_start"));
  if (abi == nullptr || start == nullptr || abi() != MILLWRIGHT_TORCH_ABI)
    return no_torch(path.string() + " is of another version.");
  const char* const description = start(threads, 1);
  if (description == nullptr) return no_torch("it failed to start.");
  return parse_json(description, "libtorch's description");
}

}  // namespace millwright::engine

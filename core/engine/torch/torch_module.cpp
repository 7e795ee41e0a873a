// The one unit that sees libtorch, in a module of its own: loading libtorch costs a quarter of a second and 140 MB, and
// the linear baseline needs none of it.
#include "detail/torch_module.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <torch/version.h>

#include <nlohmann/json.hpp>
#include <string>

extern "C" {

int millwright_torch_abi(void) { return MILLWRIGHT_TORCH_ABI; }

const char* millwright_torch_start(int threads, int deterministic) {
  static std::string text;
  try {
    // Torch starts with one thread on some machines: never leave it to chance.
    at::set_num_threads(threads);
    at::globalContext().setDeterministicAlgorithms(deterministic != 0, /*warn_only=*/false);
    nlohmann::ordered_json devices = nlohmann::ordered_json::array();
    devices.push_back({{"name", "cpu"}, {"kind", "cpu"}});
    if (at::hasCUDA())
      for (int i = 0; i < static_cast<int>(at::detail::getCUDAHooks().getNumGPUs()); ++i)
        devices.push_back({{"name", "cuda:" + std::to_string(i)}, {"kind", "cuda"}});
    text = nlohmann::ordered_json{{"version", TORCH_VERSION},
                                  {"threads", at::get_num_threads()},
                                  {"deterministic", at::globalContext().deterministicAlgorithms()},
                                  {"openmp", at::hasOpenMP()},
                                  {"lapack", at::hasLAPACK()},
                                  {"mkldnn", at::hasMKLDNN()},
                                  {"devices", devices}}
               .dump();
    return text.c_str();
  } catch (...) {
    return nullptr;
  }
}

}  // extern "C"
